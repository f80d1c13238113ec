// @ts-check
// What the reader can set in the line view: heads, the cut, rows or columns.

import { headColour, inkOn } from "../shared/colour.js";
import { element, oneStop } from "../shared/elements.js";
import { digits } from "../shared/format.js";
import { rgb } from "../shared/theme.js";

/** @import { LinesHeader, LinesValues } from "../payloads.js" */
/** @import { Theme } from "../shared/theme.js" */
/** @typedef {Omit<LinesValues, "query">} Settings */

/**
 * The heads that are on after one of them was switched; null for all.
 *
 * @param {number[] | null} on
 * @param {number} head
 * @param {number} heads
 */
export function toggledHeads(on, head, heads) {
  const all = on ?? [...Array(heads).keys()];
  const next = all.includes(head) ? all.filter((each) => each !== head) : [...all, head];
  return next.length === heads ? null : next.sort((a, b) => a - b);
}

/**
 * Only this head; all again where it is the only one already.
 *
 * @param {number[] | null} on
 * @param {number} head
 */
export const onlyHead = (on, head) => (on?.length === 1 && on[0] === head ? null : [head]);

export class Controls {
  chips = element("div", { class: "chips", role: "group" });
  cutKind = element("select");
  cut = element("input", { type: "range" });
  cutValue = element("output");
  turn = element("button", { type: "button", class: "plain" });
  everything = element("button", { type: "button", class: "plain" });
  unlock = element("button", { type: "button", class: "plain", hidden: true });
  box = element(
    "div",
    { class: "controls" },
    this.cutKind,
    this.cut,
    this.cutValue,
    this.everything,
    this.turn,
    this.unlock,
  );
  /** @type {HTMLButtonElement[]} */
  buttons = [];

  /**
   * `change(settings)` is called with what the reader changes, `turn()` and `unlock()` for the
   * buttons of these names.
   *
   * @param {() => Settings} settings
   * @param {{change(change: Partial<Settings>): void, turn(): void, unlock(): void}} actions
   */
  constructor(settings, actions) {
    this.settings = settings;
    this.actions = actions;
    this.makeStop = oneStop(this.chips, "button");
    this.cutKind.addEventListener("change", () => {
      actions.change({ cut: this.cutKind.value === "count" ? "count" : "weight" });
    });
    this.cut.addEventListener("input", () => {
      const value = Number(this.cut.value);
      actions.change(settings().cut === "weight" ? { threshold: value } : { count: value });
    });
    this.everything.addEventListener("click", () => {
      actions.change({ everything: !settings().everything });
    });
    this.turn.addEventListener("click", actions.turn);
    this.unlock.addEventListener("click", actions.unlock);
  }

  /**
   * @param {LinesHeader["labels"]} labels
   * @param {number} heads
   */
  fill(labels, heads) {
    this.cutKind.replaceChildren(
      element("option", { value: "weight" }, labels.by_weight),
      element("option", { value: "count" }, labels.by_count),
    );
    this.cutKind.setAttribute("aria-label", labels.cut);
    this.everything.textContent = labels.everything;
    this.turn.textContent = labels.turn;
    this.unlock.textContent = labels.unlock;
    this.chips.setAttribute("aria-label", labels.head);
    this.buttons = [...Array(heads).keys()].map((head) => {
      const chip = element("button", { type: "button", class: "chip" }, `H${head}`);
      // A double click is two clicks first: those cancel out.
      chip.addEventListener("click", () => {
        this.actions.change({ heads: toggledHeads(this.settings().heads, head, heads) });
      });
      chip.addEventListener("dblclick", () => {
        this.actions.change({ heads: onlyHead(this.settings().heads, head) });
      });
      return chip;
    });
    const all = element("button", { type: "button", class: "plain" }, labels.all);
    all.addEventListener("click", () => this.actions.change({ heads: null }));
    this.chips.replaceChildren(...this.buttons, all);
    this.makeStop(0);
  }

  /** @param {Theme} theme */
  colour(theme) {
    this.buttons.forEach((chip, head) => {
      const colour = headColour(head, theme);
      chip.style.setProperty("--head", colour);
      chip.style.setProperty("--ink", inkOn(rgb(colour)));
    });
  }

  /** Show the settings as they are now. */
  update() {
    const { heads, cut, threshold, count, locked, everything } = this.settings();
    this.buttons.forEach((chip, head) => {
      chip.setAttribute("aria-pressed", String(heads === null || heads.includes(head)));
    });
    const byWeight = cut === "weight";
    this.cutKind.value = cut;
    this.cut.setAttribute("aria-label", this.cutKind.selectedOptions[0].text);
    Object.assign(
      this.cut,
      byWeight
        ? { min: 0, max: 0.5, step: 0.01, value: threshold }
        : { min: 1, max: 500, step: 1, value: count },
    );
    this.cutValue.textContent = byWeight ? digits(threshold, 2) : String(count);
    this.everything.setAttribute("aria-pressed", String(everything));
    this.unlock.hidden = locked === null;
  }
}
