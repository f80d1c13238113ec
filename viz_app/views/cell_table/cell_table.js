// @ts-check
// A table of coloured cells. Arrow keys move, Enter or a click chooses.

import { colourTable, css, inkOn, tableColour } from "../shared/colour.js";
import { element, eventElement, isModified, takeArrow } from "../shared/elements.js";
import { digits } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { clamp, scaleIndex } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";

/** @import { CellTableArrays, CellTableHeader, CellTableValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Theme } from "../shared/theme.js" */
/** @typedef {import("../shared/payload.js").Payload<CellTableHeader, CellTableArrays>} CellTablePayload */
/** @typedef {{row: number, column: number}} Place */

/**
 * The scale as a strip with its two ends in digits.
 *
 * @param {CellTableHeader} header
 * @param {Theme} theme
 */
function legendParts({ kind, low, high, decimals, legend }, theme) {
  const table = colourTable(kind, theme);
  const stops = [0, 64, 128, 191, 255].map((index) => css(tableColour(table, index)));
  const strip = element("span", { class: "strip", "aria-hidden": "true" });
  strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const few = Math.min(decimals, 2);
  const ends = [digits(low, low === 0 ? 0 : few), digits(high, few)];
  return [ends[0], strip, ends[1], element("span", {}, legend)];
}

/**
 * What stands in a cell, and what pointing at it shows.
 *
 * @param {CellTableHeader} header
 * @param {number} value NaN for an empty cell
 * @param {Place} place
 */
export function cellTexts({ rows, columns, texts, decimals }, value, { row, column }) {
  const number = Number.isNaN(value) ? "" : digits(value, decimals);
  const text = texts ? texts[row][column] : number;
  const full = texts ? `${text} ${number}` : text;
  return { text, title: `${rows[row]} · ${columns[column]}: ${full}` };
}

/** @param {CellTablePayload} payload */
function makeTable({ header, arrays }) {
  const marked = new Set(header.marked);
  const head = element(
    "tr",
    {},
    header.corner
      ? element("th", { scope: "col", class: "corner" }, header.corner)
      : element("td", { class: "corner" }),
    ...header.columns.map((column) => element("th", { scope: "col" }, column)),
  );
  const body = header.rows.map((label, row) => {
    const cells = header.columns.map((_, column) => {
      const value = arrays.values[row * header.columns.length + column];
      const { text, title } = cellTexts(header, value, { row, column });
      const place = { "data-row": row, "data-column": column, tabindex: "-1" };
      return element("td", { ...place, title, class: header.texts ? "words" : null }, text);
    });
    const attributes = { class: marked.has(row) ? "marked" : null };
    return element("tr", attributes, element("th", { scope: "row" }, label), ...cells);
  });
  const attributes = { "aria-label": header.label, role: "grid" };
  return element("table", attributes, element("thead", {}, head), element("tbody", {}, ...body));
}

class CellTable {
  scroller = element("div", { class: "cells" });
  legend = element("div", { class: "legend quiet" });
  /** @type {CellTablePayload | null} */
  payload = null;
  /** @type {Place} */
  focus = { row: 0, column: 0 };
  /** @type {Place | null} */
  selected = null;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.root = root;
    this.emit = emit;
    root.append(this.scroller, this.legend);
    this.scroller.addEventListener("click", (event) => {
      const place = this.placeOf(event);
      if (place) this.choose(place);
    });
    this.scroller.addEventListener("keydown", (event) => this.walk(event));
  }

  /** @param {CellTablePayload} next */
  show(next) {
    this.payload = next;
    const { header } = next;
    this.scroller.classList.toggle("active", header.active);
    this.scroller.classList.toggle("coded", header.texts !== null);
    this.scroller.replaceChildren(makeTable(next));
    this.moveTo(this.within(this.focus.row, this.focus.column), false);
    this.repaint();
    this.markSelected();
  }

  /** @param {Partial<CellTableValues>} values */
  select({ row, column }) {
    this.selected = row == null || column == null ? null : { row, column };
    this.markSelected();
  }

  repaint() {
    if (!this.payload) return;
    const { header, arrays } = this.payload;
    const theme = readTheme(this.root);
    const table = colourTable(header.kind, theme);
    for (const cell of this.scroller.querySelectorAll("td")) {
      if (!cell.dataset.row) continue;
      const [row, column] = [Number(cell.dataset.row), Number(cell.dataset.column)];
      const value = arrays.values[row * header.columns.length + column];
      if (Number.isNaN(value)) continue;
      const colour = tableColour(table, scaleIndex(value, header.low, header.high));
      cell.style.background = css(colour);
      cell.style.color = inkOn(colour);
    }
    this.legend.replaceChildren(...legendParts(header, theme));
  }

  /**
   * @param {number} row
   * @param {number} column
   */
  within(row, column) {
    const { rows = [], columns = [] } = this.payload?.header ?? {};
    const last = { row: Math.max(rows.length - 1, 0), column: Math.max(columns.length - 1, 0) };
    return { row: clamp(row, [0, last.row]), column: clamp(column, [0, last.column]) };
  }

  /**
   * @param {Place} place
   * @returns {HTMLElement | null}
   */
  cellAt({ row, column }) {
    return this.scroller.querySelector(`td[data-row="${row}"][data-column="${column}"]`);
  }

  /** @param {Event} event */
  placeOf(event) {
    const cell = eventElement(event, "td[data-row]");
    return cell && { row: Number(cell.dataset.row), column: Number(cell.dataset.column) };
  }

  markSelected() {
    this.scroller.querySelector("td.selected")?.classList.remove("selected");
    const cell = this.selected && this.cellAt(this.selected);
    if (!cell) return;
    cell.classList.add("selected");
    // into sight within the table; the page itself stays where it is
    const head = this.scroller.querySelector("thead")?.offsetHeight ?? 0;
    const inside = cell.getBoundingClientRect();
    const outside = this.scroller.getBoundingClientRect();
    if (inside.top < outside.top + head || inside.bottom > outside.bottom) {
      this.scroller.scrollTop += inside.top - outside.top - this.scroller.clientHeight / 2;
    }
  }

  /**
   * @param {Place} place
   * @param {boolean} withFocus
   */
  moveTo(place, withFocus) {
    this.cellAt(this.focus)?.setAttribute("tabindex", "-1");
    this.focus = place;
    const cell = this.cellAt(place);
    cell?.setAttribute("tabindex", "0");
    if (withFocus) cell?.focus();
  }

  /** @param {Place} place */
  choose(place) {
    this.moveTo(place, true);
    if (!this.payload?.header.active) return;
    this.selected = place;
    this.markSelected();
    this.emit("select", { ...place });
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const place = this.placeOf(event);
    if (!place || isModified(event)) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      this.choose(place);
      return;
    }
    const step = takeArrow(event);
    if (step) this.moveTo(this.within(place.row + step[0], place.column + step[1]), true);
  }
}

export const mount = mountWith((root, emit) => new CellTable(root, emit));
