// @ts-check
// Formulas as MathML, with digits that can be clicked.

import { element } from "../shared/elements.js";
import { breakLatex, readLatex } from "./latex.js";

/** @import { CellShown } from "../payloads.js" */
/** @import { MathNode } from "./latex.js" */
/** @typedef {{value: number, cell: CellShown | null}} CellNumber a number of the trace, and which */
/** @typedef {(number: number | CellNumber) => string} Show writes a number for a formula */
/** @typedef {(cell: CellShown) => void} Question asks where a number comes from */

const MATH = "http://www.w3.org/1998/Math/MathML";

/**
 * @param {MathNode} node
 * @returns {MathMLElement}
 */
function mathElement({ tag, text, children = [], attributes = {}, cell }) {
  const made = document.createElementNS(MATH, tag);
  if (text !== undefined) made.textContent = text;
  made.append(...children.map(mathElement));
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (cell !== undefined) made.dataset.digit = String(cell);
  return made;
}

/**
 * A formula; `large` for a line of its own. See latex.js for the commands.
 *
 * @param {string} latex
 * @param {string[]} args
 */
export function formula(latex, args = [], large = false) {
  const row = readLatex(latex, args);
  const attributes = { displaystyle: String(large) };
  return mathElement({ tag: "math", children: [row], attributes });
}

/**
 * A way to write the numbers of a formula: those that show a cell go on the list and can be clicked.
 *
 * @param {(value: number) => string} write
 * @param {CellShown[]} list
 * @returns {Show}
 */
export function clickable(write, list) {
  return (number) => {
    if (typeof number === "number") return write(number);
    const text = write(number.value);
    return number.cell ? `\\cell{${list.push(number.cell) - 1}}{${text}}` : text;
  };
}

/**
 * A formula that breaks in front of = and + where the line is too short for it.
 *
 * @param {string} latex
 * @param {string[]} args
 * @param {CellShown[]} cells that its numbers were written by `clickable` with
 * @param {Question} question called when such a number is clicked
 */
export function formulaLine(latex, args, cells, question) {
  const line = element("div", { class: "formula" });
  for (const piece of breakLatex(latex)) {
    const math = formula(piece, args, true);
    const sign = math.firstElementChild?.firstElementChild;
    if (sign?.localName === "mo") sign.setAttribute("form", "infix"); // with room on both sides
    line.append(element("wbr"), math);
  }
  for (const digit of line.querySelectorAll("[data-digit]")) {
    const cell = cells[Number(digit.getAttribute("data-digit"))];
    digit.addEventListener("click", () => question(cell));
  }
  return line;
}
