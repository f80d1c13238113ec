// @ts-check
// Rows of aligned digits, one column per dimension or token, in as many lines as it takes.

import { element, eventElement } from "../shared/elements.js";
import { allDigits, digits } from "../shared/format.js";

/** @import { CellShown } from "../payloads.js" */
/** @import { CellNumber } from "./formula.js" */
/** @typedef {{label: Node | string, numbers: CellNumber[]}} DigitRow */

/**
 * Returns the tables, one per line, and the cell that an event in it is about.
 *
 * @param {number} decimals
 * @param {string} kind what the columns are
 * @param {string[]} headings
 * @param {DigitRow[]} rows
 * @param {number} chosen column; -1 for none
 * @param {number} [perLine] columns in one line
 */
export function digitTable(decimals, kind, headings, rows, chosen, perLine = headings.length) {
  /** @type {Map<Element, CellShown | null>} */
  const cells = new Map();
  const mark = (/** @type {number} */ index) => (index === chosen ? "chosen" : null);

  const oneLine = (/** @type {number} */ start) => {
    const head = headings
      .slice(start, start + perLine)
      .map((heading, index) =>
        element("th", { class: mark(start + index), scope: "col" }, heading),
      );
    const body = rows.map(({ label, numbers }) => {
      const made = numbers.slice(start, start + perLine).map(({ value, cell }, index) => {
        const place = { "data-index": start + index, class: mark(start + index) };
        const td = element("td", { ...place, title: allDigits(value) }, digits(value, decimals));
        cells.set(td, cell);
        return td;
      });
      const name = typeof label === "string" ? label : label.cloneNode(true);
      return element("tr", {}, element("th", { scope: "row" }, name), ...made);
    });
    return element(
      "table",
      { class: "digits" },
      element("thead", {}, element("tr", {}, element("th", {}, kind), ...head)),
      element("tbody", {}, ...body),
    );
  };
  const lines = Math.ceil(headings.length / perLine);
  const nodes = Array.from({ length: lines }, (_, line) => oneLine(line * perLine));
  const cellOf = (/** @type {Event} */ event) => {
    const td = eventElement(event, "td");
    return td ? (cells.get(td) ?? null) : null;
  };
  return { nodes, cellOf };
}

/** @typedef {ReturnType<typeof digitTable>} DigitTable */
