// @ts-check
// The tokens as chips: a click or Enter acts on one, arrow keys move among them.

import { element, eventElement, isModified, isRepeat } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { clamp } from "../shared/scale.js";

/** @import { ChipLegend, ChipShown, TokenChipsHeader, TokenChipsValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */

/**
 * The chip that a key leads to; null where it leads nowhere.
 *
 * @param {string} key
 * @param {number} position
 * @param {number} count
 */
export function nextChip(key, position, count) {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key === "ArrowLeft" || key === "ArrowUp") return clamp(position - 1, [0, last]);
  if (key === "ArrowRight" || key === "ArrowDown") return clamp(position + 1, [0, last]);
  return null;
}

/**
 * One chip as a button; a chip without an action cannot be pressed but can be read.
 *
 * @param {ChipShown} chip
 * @param {number} position
 */
function makeChip(chip, position) {
  return element(
    "button",
    {
      class: `chip ${chip.state}${chip.segment ? " second" : ""}`,
      type: "button",
      "data-position": position,
      "aria-disabled": chip.action ? null : "true",
      tabindex: "-1",
      title: chip.action || null,
      "aria-label": [chip.text, chip.note, chip.action].filter(Boolean).join(". "),
    },
    element("span", { class: "token" }, chip.text),
    element("span", { class: "note", "aria-hidden": "true" }, chip.note),
  );
}

/** @param {ChipLegend} entry */
const makeEntry = ({ state, text }) =>
  element("span", { class: "entry" }, element("span", { class: `sample ${state}` }), text);

class TokenChips {
  row = element("div", { class: "chips", role: "group" });
  legend = element("div", { class: "legend quiet" });
  /** @type {ChipShown[]} */
  chips = [];
  /** @type {HTMLButtonElement[]} */
  buttons = [];
  /** @type {number | null} */
  selected = null;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.emit = emit;
    root.append(this.row, this.legend);
    this.row.addEventListener("click", (event) => {
      const position = this.positionOf(event);
      if (position === null || isRepeat(event)) return;
      this.makeStop(position);
      if (this.chips[position].action) this.emit("select", { position });
    });
    this.row.addEventListener("pointerover", (event) => this.hover(this.positionOf(event)));
    this.row.addEventListener("pointerleave", () => this.hover(null));
    this.row.addEventListener("keydown", (event) => this.walk(event));
  }

  /** @param {{header: TokenChipsHeader}} payload */
  show({ header }) {
    const focused = this.buttons.findIndex((button) => button.matches(":focus"));
    this.chips = header.chips;
    this.buttons = header.chips.map(makeChip);
    this.row.setAttribute("aria-label", header.label);
    this.row.replaceChildren(...this.buttons);
    const first = Math.max(
      0,
      this.chips.findIndex((chip) => chip.action),
    );
    const stop = Math.min(focused < 0 ? first : focused, this.chips.length - 1);
    this.makeStop(stop);
    if (focused >= 0) this.buttons[stop]?.focus();
    this.legend.replaceChildren(...header.legend.map(makeEntry));
    this.markSelected();
  }

  /** @param {Partial<TokenChipsValues>} values */
  select({ position }) {
    this.selected = position ?? null;
    this.markSelected();
  }

  repaint() {}

  /** @param {Event} event */
  positionOf(event) {
    const button = eventElement(event, ".chip");
    return button ? Number(button.dataset.position) : null;
  }

  /** @param {number} position of the one that the tab key leads to */
  makeStop(position) {
    this.buttons.forEach((button, index) => {
      button.tabIndex = index === position ? 0 : -1;
    });
  }

  markSelected() {
    this.buttons.forEach((button, index) => {
      button.classList.toggle("selected", index === this.selected);
    });
  }

  /** @param {number | null} position */
  hover(position) {
    const group = position === null ? null : this.chips[position].group;
    this.buttons.forEach((button, index) => {
      const chip = this.chips[index];
      button.classList.toggle("together", chip.action !== "" && chip.group === group);
    });
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const position = this.positionOf(event);
    if (position === null || isModified(event)) return;
    const target = nextChip(event.key, position, this.chips.length);
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    this.makeStop(target);
    this.buttons[target].focus();
  }
}

export const mount = mountWith((root, emit) => new TokenChips(root, emit));
