// @ts-check
// The cells of the table: strips of colour, numbers, bars, and the names of rows.

import { indexedBitmap } from "../shared/canvas.js";
import { css, inkOn, tableColour } from "../shared/colour.js";
import { element } from "../shared/elements.js";
import { allDigits, digits, shareDigits } from "../shared/format.js";
import { clamp, scaleIndex } from "../shared/scale.js";
import { formula } from "./formula.js";
import { cellAt, cellKey, shown, vector } from "./sheet_view.js";

/** @import { CellShown, Edges, Pattern } from "../payloads.js" */
/** @import { Column, SheetView } from "./sheet_view.js" */
/** @import { State } from "./state.js" */

/** Columns in which a pair that may not be looked at has no number. */
const CUT = new Set(["masked_scores", "shifted_scores"]);

/**
 * A scale of colours from its lowest to its highest value.
 *
 * @param {Uint8ClampedArray} colours
 */
export function colourBar(colours) {
  const indices = Uint8Array.from({ length: 256 }, (_, index) => index);
  return indexedBitmap(indices, 1, 256, colours);
}

/**
 * A mark over one number of a strip.
 *
 * @param {string} name
 * @param {number} dim
 * @param {number} count
 */
function stripMark(name, dim, count) {
  const mark = element("i", { class: name });
  mark.style.left = `${(dim / count) * 100}%`;
  mark.style.width = `${100 / count}%`;
  return mark;
}

/**
 * A vector as a strip of colours: one pixel per number, enlarged by the browser.
 *
 * @param {State} state
 * @param {Column} column
 * @param {Float32Array} values
 * @param {Pattern | null} pattern
 * @param {number | Edges} row
 * @param {boolean} isSelected
 */
export function stripCell(state, column, values, pattern, row, isSelected) {
  const indices = Uint8Array.from(values, (value) => scaleIndex(value, column.low, column.high));
  const cell = element(
    "div",
    { class: "strip", role: "cell", "data-column": column.id, "data-row": row },
    indexedBitmap(indices, 1, values.length, state.signed),
  );
  if (isSelected) cell.append(stripMark("mark", state.dim, values.length));
  if (!state.lit.size) return cell;
  const lit = [...values.keys()].filter((dim) =>
    isLit(state, cellAt(state.sheetView, pattern, row, dim)),
  );
  if (lit.length === values.length) cell.classList.add("lit");
  else cell.append(...lit.map((dim) => stripMark("mark litmark", dim, values.length)));
  return cell;
}

/**
 * @param {State} state
 * @param {CellShown | null} cell
 */
const isLit = (state, cell) => cell !== null && state.lit.has(cellKey(cell));

/**
 * Show whether a cell takes part in the answer to a question, or is what it is about.
 *
 * @param {State} state
 * @param {HTMLElement} node
 * @param {CellShown | null} cell
 */
function markAsked(state, node, cell) {
  if (!cell) return;
  node.classList.toggle("lit", isLit(state, cell));
  node.classList.toggle("asked-cell", state.askedKey === cellKey(cell));
}

/**
 * The colour behind a number, held back so that the digits stay the first thing to read.
 *
 * @param {State} state
 * @param {Pick<Column, "low" | "high">} column
 * @param {number} value
 */
function numberColour({ signed, probability }, { low, high }, value) {
  if (low < 0) return tableColour(signed, scaleIndex((value / high) * 0.66, -1, 1));
  return tableColour(probability, scaleIndex((value / high) * 0.5, 0, 1));
}

/**
 * @param {State} state
 * @param {Column} column
 * @param {number} value
 */
function numberCell(state, column, value) {
  const { decimals } = state.sheetView;
  const text = column.low < 0 ? digits(value, decimals) : shareDigits(value, decimals);
  const attributes = { class: "number", role: "cell", title: allDigits(value) };
  const cell = element("div", { ...attributes, "data-column": column.id }, text);
  const colour = numberColour(state, column, value);
  cell.style.background = css(colour);
  cell.style.color = inkOn(colour);
  return cell;
}

/**
 * @param {State} state
 * @param {Column} column
 * @param {number} value
 */
function barCell(state, column, value) {
  const bar = element("i", { class: "fill" });
  bar.style.width = `${clamp(value, [0, 1]) * 100}%`;
  const text = element("span", {}, shareDigits(value, state.sheetView.decimals));
  const attributes = { class: "barcell", role: "cell", title: allDigits(value) };
  return element("div", { ...attributes, "data-column": column.id }, bar, text);
}

/**
 * @param {State} state
 * @param {Column} column
 * @param {number} row
 */
export function bodyCell(state, column, row) {
  const { sheetView } = state;
  if (sheetView.masked[row] && CUT.has(column.id)) {
    return element("div", { class: "number cut", role: "cell" }, "−∞");
  }
  if (column.kind === "strip") {
    const values = vector(sheetView, column.id, row);
    return stripCell(state, column, values, column.cell, row, row === state.row);
  }
  const make = column.kind === "bar" ? barCell : numberCell;
  const cell = make(state, column, column.values[row]);
  markAsked(state, cell, cellAt(sheetView, column.cell, row));
  return cell;
}

/**
 * A cell of the first or last row; empty before its step.
 *
 * @param {State} state
 * @param {Column} column
 * @param {Edges} part
 */
export function edgeCell(state, column, part) {
  const { sheetView } = state;
  const values = (part === "head" ? sheetView.headRow : sheetView.footRow)[column.id];
  const since = sheetView.revealedAt[`${part}:${column.id}`] ?? Infinity;
  if (!values || since > state.step) return element("div", { role: "cell" });
  const { symbol, cell: pattern } = sheetView[part][column.id];
  if (column.kind === "strip") return stripCell(state, column, values, pattern, part, true);
  const attributes = { class: "number total", role: "cell", title: allDigits(values[0]) };
  const data = { "data-part": part, "data-column": column.id };
  const text = ` ${shown(state, values[0])}`;
  const cell = element("div", { ...attributes, ...data }, formula(symbol), text);
  markAsked(state, cell, cellAt(sheetView, pattern, part));
  return cell;
}

/**
 * @param {SheetView} sheetView
 * @param {number} row
 */
export function rowLabel(sheetView, row) {
  const { text, label, special } = sheetView.rows[row];
  const name = `token${special ? " special" : ""}`;
  return element("div", { class: name, role: "rowheader", title: label }, text);
}
