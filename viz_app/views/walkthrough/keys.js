// @ts-check
// The keyboard: left and right change the step, up and down the row, with shift the dimension.

import { isModified, STEP_EVENT } from "../shared/elements.js";

/**
 * @typedef {{
 *   step(by: number): void,
 *   row(by: number): void,
 *   dim(by: number): void,
 *   question(): void,
 * }} Moves
 */

/**
 * What a key does; null where it does nothing.
 *
 * @param {string} key
 * @param {boolean} withShift
 * @param {boolean} inTable
 * @param {Moves} moves
 */
export function moveOf(key, withShift, inTable, moves) {
  if (key === "ArrowLeft") return () => (withShift ? moves.dim(-1) : moves.step(-1));
  if (key === "ArrowRight") return () => (withShift ? moves.dim(1) : moves.step(1));
  if (!inTable) return null;
  if (key === "ArrowUp") return () => moves.row(-1);
  if (key === "ArrowDown") return () => moves.row(1);
  return key === "Enter" ? () => moves.question() : null;
}

/**
 * Listens until `close()` is called; `allowed()` says whether there is anything to move in.
 *
 * @param {HTMLElement} root
 * @param {HTMLElement} table
 * @param {() => boolean} allowed
 * @param {Moves} moves
 */
export function arrowKeys(root, table, allowed, moves) {
  function onKey(/** @type {KeyboardEvent} */ event) {
    if (isModified(event) || !allowed()) return;
    // Fields have arrow keys of their own.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target instanceof HTMLInputElement) return;
    const move = moveOf(event.key, event.shiftKey, event.target === table, moves);
    if (!move) return;
    event.preventDefault();
    move();
  }

  // Arrow keys also work before anything on the page has the focus.
  const onPageKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.composedPath()[0] === document.body && root.checkVisibility()) onKey(event);
  };
  // A presenter's keys, which the frame of the app follows.
  const onStep = (/** @type {Event} */ event) => {
    if (!(event instanceof CustomEvent) || !allowed() || !root.checkVisibility()) return;
    event.preventDefault();
    moves.step(event.detail);
  };
  root.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onPageKey);
  document.addEventListener(STEP_EVENT, onStep);
  const close = () => {
    document.removeEventListener("keydown", onPageKey);
    document.removeEventListener(STEP_EVENT, onStep);
  };
  return { close };
}
