// @ts-check
// The tokens as chips: a click or Enter acts on one, arrow keys move among them.

import { element, eventElement, isRepeat, languageOf, oneStop } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

/** @import { ChipLegend, ChipShown, TokenChipsHeader, TokenChipsValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */

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
    },
    element("span", { class: "token", lang: languageOf(chip.text) }, chip.text),
    element("span", { class: "note" }, chip.note),
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
      if (this.chips[position].action) this.emit("select", { position });
    });
    this.row.addEventListener("pointerover", (event) => this.hover(this.positionOf(event)));
    this.row.addEventListener("pointerleave", () => this.hover(null));
    this.makeStop = oneStop(this.row, ".chip");
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
}

export const mount = mountWith((root, emit) => new TokenChips(root, emit));
