// The cells of the table: strips of colour, numbers, bars, and the names of rows.

import { indexedBitmap } from "../shared/canvas.js";
import { css, inkOn, tableColour } from "../shared/colour.js";
import { element } from "../shared/elements.js";
import { allDigits, digits, shareDigits } from "../shared/format.js";
import { scaleIndex } from "../shared/scale.js";
import { cellAt, cellKey, vector } from "./lesson.js";

/** A vector as a strip of colours: one pixel per number, enlarged by the browser. */
function paintStrip(values, low, high, colours) {
  const indices = Uint8Array.from(values, (value) => scaleIndex(value, low, high));
  return indexedBitmap(indices, 1, values.length, colours);
}

/** A scale of colours from its lowest to its highest value. */
export function colourBar(colours) {
  return indexedBitmap(
    Uint8Array.from({ length: 256 }, (_, index) => index),
    1,
    256,
    colours,
  );
}

export function stripCell(values, column, pattern, state, row, selected) {
  const cell = element(
    "div",
    { class: "strip", role: "cell", "data-column": column.id, "data-row": row },
    paintStrip(values, column.low, column.high, state.signed),
  );
  if (selected) {
    const mark = element("i", { class: "mark" });
    mark.style.left = `${(state.dim / values.length) * 100}%`;
    mark.style.width = `${100 / values.length}%`;
    cell.append(mark);
  }
  if (state.lit.size) {
    const lit = [...values.keys()].filter((dim) => {
      const at = cellAt(state.lesson, pattern, row, dim);
      return at && state.lit.has(cellKey(at));
    });
    if (lit.length === values.length) cell.classList.add("lit");
    else {
      for (const dim of lit) {
        const mark = element("i", { class: "mark litmark" });
        mark.style.left = `${(dim / values.length) * 100}%`;
        mark.style.width = `${100 / values.length}%`;
        cell.append(mark);
      }
    }
  }
  return cell;
}

function numberCell(value, column, state) {
  const cell = element(
    "div",
    { class: "number", role: "cell", title: allDigits(value), "data-column": column.id },
    (column.low < 0 ? digits : shareDigits)(value, state.lesson.decimals),
  );
  const signed = column.low < 0;
  // Held back to two thirds of the scale, so that the digits stay the first thing to read.
  const share = signed ? (value / column.high) * 0.66 : (value / column.high) * 0.5;
  const colours = signed ? state.signed : state.probability;
  const colour = tableColour(colours, signed ? scaleIndex(share, -1, 1) : scaleIndex(share, 0, 1));
  cell.style.background = css(colour);
  cell.style.color = inkOn(colour);
  return cell;
}

function barCell(value, column, state) {
  const bar = element("i", { class: "fill" });
  bar.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return element(
    "div",
    { class: "barcell", role: "cell", title: allDigits(value), "data-column": column.id },
    bar,
    element("span", {}, shareDigits(value, state.lesson.decimals)),
  );
}

export function bodyCell(state, column, row) {
  const { lesson } = state;
  if (lesson.masked[row] && ["masked_scores", "shifted_scores"].includes(column.id)) {
    return element("div", { class: "number cut", role: "cell" }, "−∞");
  }
  if (column.kind === "strip") {
    const values = vector(lesson, column.id, row);
    return stripCell(values, column, column.cell, state, row, row === state.row);
  }
  const value = column.values[row];
  const cell =
    column.kind === "bar" ? barCell(value, column, state) : numberCell(value, column, state);
  const at = cellAt(lesson, column.cell, row);
  if (at && state.lit.has(cellKey(at))) cell.classList.add("lit");
  if (at && state.askedKey === cellKey(at)) cell.classList.add("asked-cell");
  return cell;
}

export function rowLabel(lesson, row) {
  const { text, label, special } = lesson.rows[row];
  const cell = element("div", { class: "token", role: "rowheader", title: label }, text);
  if (special) cell.classList.add("special");
  return cell;
}
