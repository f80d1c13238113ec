// @ts-check
// The tokens of the line view as buttons on both sides of the plot.

import { pixels } from "../shared/colour.js";
import { element, eventElement, languageOf } from "../shared/elements.js";

/** @import { LinesPlace, Side, Token } from "../payloads.js" */
/** @import { Size } from "./layout.js" */

const GROUP = 16; // tokens in one element, which the browser skips while it is out of sight
/** @type {Side[]} */
const SIDES = ["query", "key"];

/**
 * @param {Token} token
 * @param {Side} side
 * @param {boolean} isStop
 */
function makeButton(token, side, isStop) {
  const kind = `${token.upright ? " upright" : ""}${token.special ? " special" : ""}`;
  return element(
    "button",
    {
      type: "button",
      // One stop for the tab key per side; the arrow keys move along.
      tabindex: isStop ? "0" : "-1",
      dir: "auto",
      lang: languageOf(token.text),
      title: token.label,
      class: `token ${side}${kind}`,
    },
    token.text,
  );
}

export class Tokens {
  /** @type {Record<Side, HTMLButtonElement[]>} */
  buttons = { query: [], key: [] };
  /** @type {Record<Side, HTMLElement[]>} */
  groups = { query: [], key: [] };
  /** @type {Record<string, HTMLButtonElement | null>} class name → the button that has it */
  marked = {};

  /** @param {HTMLElement} plot */
  constructor(plot) {
    this.plot = plot;
  }

  get isEmpty() {
    return this.buttons.query.length === 0;
  }

  remove() {
    for (const group of [...this.groups.query, ...this.groups.key]) group.remove();
    this.buttons = { query: [], key: [] };
    this.groups = { query: [], key: [] };
    this.marked = {};
  }

  /** @param {Token[]} tokens */
  make(tokens) {
    for (const side of SIDES) {
      const made = tokens.map((token, index) => makeButton(token, side, index === 0));
      this.buttons[side] = made;
      for (let first = 0; first < made.length; first += GROUP) {
        const group = element("div", { class: `group ${side}` });
        group.append(...made.slice(first, first + GROUP));
        this.groups[side].push(group);
      }
      this.plot.append(...this.groups[side]);
    }
  }

  /** @param {Size} size */
  place(size) {
    const { across, step, label } = size;
    this.plot.classList.toggle("across", across);
    this.plot.style.setProperty(
      "--token",
      `${across ? pixels("text") : Math.min(pixels("text"), step * 0.82)}px`,
    );
    this.plot.style.setProperty("--step", `${step}px`);
    this.plot.style.setProperty("--label", `${label}px`);
    const far = (across ? size.height : size.width) - label;
    for (const side of SIDES) {
      this.groups[side].forEach((group, index) => {
        const start = `${index * GROUP * step}px`;
        const length = `${group.children.length * step}px`;
        const off = side === "query" ? "0" : `${far}px`;
        const [left, top, width, height] = across
          ? [start, off, length, `${label}px`]
          : [off, start, `${label}px`, length];
        Object.assign(group.style, { left, top, width, height });
      });
    }
  }

  /**
   * The token that an event is about; null between the tokens.
   *
   * @param {Event} event
   * @returns {LinesPlace | null}
   */
  placeOf(event) {
    const found = eventElement(event, ".token");
    if (!found) return null;
    const side = found.classList.contains("query") ? "query" : "key";
    return { side, index: this.buttons[side].indexOf(/** @type {HTMLButtonElement} */ (found)) };
  }

  /** @param {LinesPlace} place */
  focus({ side, index }) {
    const target = this.buttons[side][index];
    if (!target) return;
    for (const button of this.buttons[side]) button.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }

  /**
   * Give one token a class, and take it from the one that had it.
   *
   * @param {string} name
   * @param {LinesPlace | null} place
   */
  mark(name, place) {
    const button = place ? this.buttons[place.side][place.index] : null;
    if (this.marked[name] === button) return;
    this.marked[name]?.classList.remove(name);
    button?.classList.add(name);
    this.marked[name] = button;
  }
}
