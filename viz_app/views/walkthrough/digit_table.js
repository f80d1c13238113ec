// @ts-check
// Rows of aligned digits, one column per dimension or token.

import { element, eventElement } from "../shared/elements.js";
import { allDigits, digits } from "../shared/format.js";

/** @import { CellShown } from "../payloads.js" */
/** @import { CellNumber } from "./formula.js" */
/** @typedef {{label: Node | string, numbers: CellNumber[]}} DigitRow */

/**
 * Returns the table, and the cell that an event in it is about.
 *
 * @param {number} decimals
 * @param {string} kind what the columns are
 * @param {string[]} headings
 * @param {DigitRow[]} rows
 * @param {number} chosen column; -1 for none
 */
export function digitTable(decimals, kind, headings, rows, chosen) {
  const head = headings.map((heading, index) =>
    element("th", { class: index === chosen ? "chosen" : null, scope: "col" }, heading),
  );
  /** @type {Map<Element, CellShown | null>} */
  const cells = new Map();
  const body = rows.map(({ label, numbers }) => {
    const made = numbers.map(({ value, cell }, index) => {
      const place = { "data-index": index, class: index === chosen ? "chosen" : null };
      const td = element("td", { ...place, title: allDigits(value) }, digits(value, decimals));
      cells.set(td, cell);
      return td;
    });
    return element("tr", {}, element("th", { scope: "row" }, label), ...made);
  });
  const node = element(
    "table",
    { class: "digits" },
    element("thead", {}, element("tr", {}, element("th", {}, kind), ...head)),
    element("tbody", {}, ...body),
  );
  const cellOf = (/** @type {Event} */ event) => {
    const td = eventElement(event, "td");
    return td ? (cells.get(td) ?? null) : null;
  };
  return { node, cellOf };
}

/** @typedef {ReturnType<typeof digitTable>} DigitTable */
