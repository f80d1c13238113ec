// @ts-check
// The entry point that Streamlit and exported files call, around a view.

import { channel } from "./channel.js";
import { css } from "./colour.js";
import { element } from "./elements.js";
import { unpack } from "./payload.js";
import { readTheme } from "./theme.js";

/**
 * What `build(root, emit)` returns. show gets what unpack returns and, where the selection came
 * first, its values; select gets what mount.signal sent; repaint follows a theme switch.
 *
 * @typedef {{
 *   show(payload: any, values: any): void,
 *   select(values: any): void,
 *   repaint(): void,
 *   close?(): void,
 * }} View
 */
/** @typedef {(name: string, value: unknown) => void} Emit tells Python of a click */
/** @typedef {{data: any, parentElement: HTMLElement, setTriggerValue: Emit}} Mounted from Streamlit */
/**
 * @typedef {{
 *   root: HTMLElement,
 *   view: View,
 *   data: Uint8Array | null,
 *   emit: Emit,
 *   answered(): void,
 *   listening: import("./channel.js").Channel | null,
 *   listener: (values: unknown) => void,
 * }} Entry
 */

const ANSWER = 2000; // milliseconds for which an answer is waited for

/**
 * The same emit, deaf to what was said already until the page has answered. Streamlit breaks off the
 * run that a second click finds at work, and what its callback had put into a text box is lost.
 *
 * @param {Emit} emit
 */
export function withoutRepeats(emit) {
  let said = "";
  let when = 0;
  return {
    /** @type {Emit} */
    emit(name, value) {
      const saying = JSON.stringify([name, value]);
      const now = performance.now();
      if (saying === said && now - when < ANSWER) return;
      said = saying;
      when = now;
      emit(name, value);
    },
    answered() {
      said = "";
    },
  };
}

const KEY = Symbol.for("headlight.views");

const shared = /** @type {any} */ (globalThis);

/** @type {WeakMap<HTMLElement, Entry>} */
const entries = (shared[KEY] ??= new WeakMap());

/**
 * @param {(root: HTMLElement, emit: Emit) => View} build makes the elements once
 * @param {HTMLElement} parent
 * @param {Emit} emit
 */
function open(build, parent, emit) {
  const root = element("div", { class: "headlight" });
  parent.append(root);
  const once = withoutRepeats((name, value) => entry.emit(name, value));
  const view = build(root, once.emit);
  /** @type {Entry} */
  const entry = {
    root,
    view,
    data: null,
    emit,
    answered: once.answered,
    listening: null,
    listener: (values) => view.select(values),
  };
  entries.set(parent, entry);
  // A canvas painted before the page's font is there keeps the wrong one.
  if (document.fonts?.status === "loading") {
    document.fonts.ready.then(() => entries.has(parent) && view.repaint());
  }
  return entry;
}

/**
 * @param {Entry} entry
 * @param {Uint8Array} data
 */
function show(entry, data) {
  entry.data = data;
  const payload = unpack(data);
  const line = channel(payload.header.view);
  const first = entry.listening !== line;
  entry.view.show(payload, first ? line.values : null);
  if (!first) return;
  entry.listening?.listeners.delete(entry.listener);
  line.listeners.add(entry.listener);
  entry.listening = line;
  if (line.values) entry.view.select(line.values);
}

/**
 * @param {Entry} entry
 * @param {HTMLElement} parent
 */
function close(entry, parent) {
  entry.listening?.listeners.delete(entry.listener);
  entry.view.close?.();
  entry.root.remove();
  entries.delete(parent);
}

/**
 * Streamlit calls what this returns for every new payload and theme, and what that returns once the
 * view has gone.
 *
 * @param {(root: HTMLElement, emit: Emit) => View} build
 */
export function mountWith(build) {
  return (/** @type {Mounted} */ { data, parentElement, setTriggerValue }) => {
    const entry = entries.get(parentElement) ?? open(build, parentElement, setTriggerValue);
    entry.emit = setTriggerValue;
    entry.answered();
    const theme = readTheme(entry.root);
    entry.root.style.colorScheme = theme.dark ? "dark" : "light";
    entry.root.style.setProperty("--mark", css(theme.mark));
    if (entry.data === data) entry.view.repaint();
    else show(entry, data);
    return () => close(entry, parentElement);
  };
}
