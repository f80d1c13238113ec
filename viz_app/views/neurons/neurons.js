// @ts-check
// A table with one row per key: the key vector, query ⊙ key, and the numbers that come of them.
// Blue is negative, orange-red positive; all keys share one scale, and so do all products.

import { sizeCanvas } from "../shared/canvas.js";
import { colourTable, css, tableColour } from "../shared/colour.js";
import {
  element,
  languageOf,
  placeIn,
  pointIn,
  takeArrow,
  termPieces,
  tooltip,
  watchWidth,
} from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { clamp, largest, scaleIndex } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";
import { cellWidth, NARROW, nextStrip, productsOf } from "./layout.js";

/** @import { NeuronsArrays, NeuronsColumn, NeuronsHeader } from "../payloads.js" */
/** @typedef {import("../shared/payload.js").Payload<NeuronsHeader, NeuronsArrays>} NeuronsPayload */
/**
 * @typedef {{
 *   canvas: HTMLCanvasElement,
 *   values: Float32Array,
 *   top: number,
 *   row: number | null,
 * }} Strip `row` is null for the query's
 */

const HEIGHT = 16;
/** @type {NeuronsColumn[]} */
const NUMBERS = ["dot", "root"];

/**
 * What is said of one dimension of a strip.
 *
 * @param {NeuronsPayload} payload
 * @param {number | null} row
 * @param {number} dimension
 */
export function describeDimension({ header, arrays }, row, dimension) {
  const q = arrays.query[dimension];
  if (row === null) return `q[${dimension}] = ${digits(q, 3)}`;
  const k = arrays.keys[row * arrays.query.length + dimension];
  return fill(header.labels.tip, {
    token: header.tokens[row].label,
    dimension,
    q: digits(q, 3),
    k: digits(k, 3),
    product: digits(q * k, 3),
  });
}

/** @param {NeuronsHeader["terms"]} terms */
function headRow(terms) {
  const names = /** @type {NeuronsColumn[]} */ (Object.keys(terms));
  const titles = names.map((name) =>
    element("th", { class: NUMBERS.includes(name) && "number" }, ...termPieces(terms[name])),
  );
  return element("tr", {}, element("td"), ...titles);
}

class Neurons {
  caption = element("div", { class: "readout", "aria-live": "polite" });
  table = element("table", { tabindex: "0" });
  /** @type {NeuronsPayload | null} */
  payload = null;
  /** @type {Strip[]} */
  strips = [];
  /** @type {{strip: Strip, index: number} | null} under the pointer or the arrow keys */
  current = null;

  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    root.append(this.caption, element("div", { class: "scroll" }, this.table));
    this.tip = tooltip(root);
    this.table.addEventListener("keydown", (event) => this.walk(event));
    this.stopWatching = watchWidth(root, () => this.repaint());
  }

  /** @param {NeuronsPayload} next */
  show(next) {
    this.payload = next;
    this.current = null;
    this.tip.hide();
    const { labels } = next.header;
    this.caption.textContent = labels.keys_help;
    this.table.setAttribute("aria-label", labels.keys_help);
    this.build(next);
    this.repaint();
  }

  select() {}

  close() {
    this.stopWatching();
  }

  get count() {
    return this.payload?.arrays.query.length ?? 0;
  }

  get width() {
    return cellWidth(this.root.clientWidth, this.count);
  }

  /** @param {NeuronsPayload} payload */
  build({ header, arrays }) {
    const { query, keys } = arrays;
    const products = productsOf(query, keys);
    const tops = { keys: largest(keys), products: largest(products) };
    this.strips = [];
    const first = element(
      "tr",
      { class: "query" },
      element("th", { scope: "row" }, header.labels.query),
      element("td", {}, this.addStrip(query, largest(query), null)),
    );
    const rows = header.tokens.map((token, row) => {
      const part = (/** @type {Float32Array} */ values) =>
        values.subarray(row * this.count, (row + 1) * this.count);
      return element(
        "tr",
        {},
        element("th", { scope: "row", dir: "auto", lang: languageOf(token.label) }, token.label),
        element("td", {}, this.addStrip(part(keys), tops.keys, row)),
        element("td", {}, this.addStrip(part(products), tops.products, row)),
        ...this.numbers(arrays, row),
      );
    });
    this.table.replaceChildren(
      element("thead", {}, headRow(header.terms)),
      element("tbody", {}, first, ...rows),
    );
  }

  /**
   * @param {NeuronsArrays} arrays
   * @param {number} row
   */
  numbers({ dots, scores, weights, closed }, row) {
    const bar = element("div", { class: "bar" });
    bar.style.width = `${clamp(weights[row], [0, 1]) * 100}%`;
    const score = closed[row] ? "−∞" : digits(scores[row], 2);
    return [
      element("td", { class: "number" }, digits(dots[row], 2)),
      element("td", { class: "number" }, score),
      element("td", { class: "weight" }, bar, element("span", {}, digits(weights[row], 3))),
    ];
  }

  /**
   * @param {Float32Array} values
   * @param {number} top of the scale
   * @param {number | null} row
   */
  addStrip(values, top, row) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const strip = { canvas, values, top, row };
    canvas.addEventListener("pointermove", (event) => {
      const index = Math.floor(pointIn(event, canvas.getBoundingClientRect())[0] / this.width);
      if (index < 0 || index >= this.count) return;
      const bounds = this.root.getBoundingClientRect();
      this.point(strip, index, ...pointIn(event, bounds));
    });
    canvas.addEventListener("pointerleave", () => {
      this.current = null;
      this.tip.hide();
    });
    this.strips.push(strip);
    return canvas;
  }

  /**
   * @param {Strip} strip
   * @param {number} index
   * @param {number} x
   * @param {number} y
   */
  point(strip, index, x, y) {
    if (!this.payload) return;
    this.current = { strip, index };
    const text = describeDimension(this.payload, strip.row, index);
    this.tip.show(text, x, y);
    this.caption.textContent = text;
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const step = takeArrow(event);
    if (!step || !this.strips.length) return;
    const at = this.current ? this.strips.indexOf(this.current.strip) : 0;
    const strip = this.strips[step[0] ? nextStrip(at, step[0], this.strips.length) : at];
    const index = clamp((this.current?.index ?? -1) + step[1], [0, this.count - 1]);
    const [left, top] = placeIn(strip.canvas, this.root);
    this.point(strip, index, left + index * this.width, top);
  }

  repaint() {
    if (!this.payload) return;
    const theme = readTheme(this.root);
    const colours = colourTable("signed", theme);
    const { width } = this;
    this.table.classList.toggle("narrow", this.root.clientWidth < NARROW);
    for (const { canvas, values, top } of this.strips) {
      const context = sizeCanvas(canvas, width * values.length, HEIGHT);
      values.forEach((value, index) => {
        context.fillStyle = css(tableColour(colours, scaleIndex(value, -top, top)));
        context.fillRect(index * width, 0, width - (width > 6 ? 1 : 0), HEIGHT);
      });
    }
    const fill = css(tableColour(colourTable("probability", theme), 140), 0.55);
    for (const bar of this.table.querySelectorAll("div.bar")) {
      if (bar instanceof HTMLElement) bar.style.background = fill;
    }
  }
}

export const mount = mountWith((root) => new Neurons(root));
