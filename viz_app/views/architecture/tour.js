// @ts-check
// The tour: one step per part of the board, which lights up while the rest fades.

import { element } from "../shared/elements.js";

/** @import { ArchitectureTour } from "../payloads.js" */

const KEY = "headlight.tour";

/** Whether this reader has sent the tour away before; private windows may refuse to say. */
function isOver() {
  try {
    return localStorage.getItem(KEY) === "over";
  } catch {
    return false;
  }
}

function remember() {
  try {
    localStorage.setItem(KEY, "over");
  } catch {
    // then it is offered again next time
  }
}

/**
 * @param {string} text
 * @param {() => void} act
 * @param {string} [label]
 */
function makeButton(text, act, label) {
  const made = element("button", { type: "button", "aria-label": label }, text);
  made.addEventListener("click", act);
  return made;
}

export class Tour {
  box = element("div", { class: "tour" });
  /** @type {number | null} the step; -1: offered, null: sent away */
  step = isOver() ? null : -1;
  /** @type {ArchitectureTour | null} */
  labels = null;

  /**
   * @param {HTMLElement} board whose parts name their step in "data-step"
   * @param {() => boolean} isStacked
   */
  constructor(board, isStacked) {
    this.board = board;
    this.isStacked = isStacked;
  }

  /** @param {number | null} step */
  go(step) {
    const root = this.box.getRootNode();
    const active =
      root instanceof ShadowRoot || root instanceof Document ? root.activeElement : null;
    const hadFocus = this.box.contains(active);
    this.step = step;
    if (step === null) remember();
    this.draw();
    if (hadFocus) this.mainButton()?.focus();
    if (step === null || step < 0 || !this.isStacked()) return;
    const part = this.board.querySelector(`.column[data-step="${step}"]`);
    part?.scrollIntoView({ block: "center" });
  }

  /** @returns {HTMLElement | null} */
  mainButton() {
    return this.box.querySelector("button.main") ?? this.box.querySelector("button");
  }

  /**
   * @param {ArchitectureTour} labels
   * @param {number} step
   */
  stepParts(labels, step) {
    const isLast = step === labels.steps.length - 1;
    const go = (/** @type {number | null} */ next) => () => this.go(next);
    const main = isLast ? makeButton(labels.done, go(null)) : makeButton(labels.next, go(step + 1));
    main.classList.add("main");
    return [
      element("span", { class: "count" }, `${step + 1}/${labels.steps.length}`),
      element("span", { class: "words", "aria-live": "polite" }, labels.steps[step]),
      step > 0 ? makeButton("←", go(step - 1), labels.back) : "",
      main,
      isLast ? "" : makeButton("✕", go(null), labels.no),
    ];
  }

  draw() {
    const { labels, step } = this;
    if (!labels) return;
    if (step === null) {
      this.box.replaceChildren(makeButton(labels.again, () => this.go(0)));
    } else if (step < 0) {
      this.box.replaceChildren(
        element("span", { class: "words" }, labels.offer),
        makeButton(labels.start, () => this.go(0)),
        makeButton(labels.no, () => this.go(null)),
      );
    } else {
      this.box.replaceChildren(...this.stepParts(labels, step));
    }
    const isGoing = step !== null && step >= 0;
    this.box.classList.toggle("folded", step === null);
    this.box.classList.toggle("going", isGoing);
    this.board.classList.toggle("touring", isGoing);
    for (const node of this.board.querySelectorAll("[data-step]")) {
      if (node instanceof HTMLElement) {
        node.classList.toggle("lit", Number(node.dataset.step) === step);
      }
    }
  }
}
