// @ts-check
// Where a number comes from: the arithmetic of one cell with its operands, each of which leads on.

import { element } from "../shared/elements.js";
import { fill, smallNumber } from "../shared/format.js";
import { digitTable } from "./digit_table.js";
import { clickable, formulaLine } from "./formula.js";
import { ORIGINS } from "./origins.js";
import { shown } from "./sheet_view.js";

/** @import { Asked, CellShown, OperandsShown } from "../payloads.js" */
/** @import { Show } from "./formula.js" */
/** @import { Change, SheetView } from "./sheet_view.js" */
/**
 * `follow(cell)` is called for an operand that is clicked.
 *
 * @typedef {{
 *   follow(cell: CellShown): void,
 *   back(): void,
 *   close(): void,
 *   show(place: Change): void,
 * }} Actions
 */

/** @param {OperandsShown} group */
const numbersOf = ({ stage, layer, indices, values }) =>
  values.map((value, index) => ({ value, cell: { stage, layer, index: indices[index] } }));

/**
 * The arithmetic of a cell as LaTeX; null for a number that was learned.
 *
 * @param {Asked} asked
 * @param {Show} show
 */
export function originLatex(asked, show) {
  const operands = asked.groups.map((group) => [group.role, numbersOf(group).map(show)]);
  return ORIGINS[asked.operation](Object.fromEntries(operands), asked);
}

/**
 * Operands of the same number go into one table.
 *
 * @param {OperandsShown[]} groups
 * @returns {OperandsShown[][]}
 */
export function groupsByLength(groups) {
  /** @type {Map<number, OperandsShown[]>} */
  const byLength = new Map();
  for (const group of groups) {
    const { length } = group.values;
    byLength.set(length, [...(byLength.get(length) ?? []), group]);
  }
  return [...byLength.values()];
}

/**
 * @param {OperandsShown[]} groups of the same number of values
 * @param {number} decimals
 * @param {Actions["follow"]} follow
 */
function operandTable(groups, decimals, follow) {
  const headings = groups[0].headings.slice(0, groups[0].values.length);
  const rows = groups.map((group) => ({ label: group.name, numbers: numbersOf(group) }));
  const { nodes, cellOf } = digitTable(decimals, "", headings, rows, -1);
  const [node] = nodes;
  node.classList.add("operands");
  for (const cell of node.querySelectorAll("td")) {
    cell.tabIndex = 0;
    cell.setAttribute("role", "button");
  }
  const go = (/** @type {Event} */ event) => {
    const cell = cellOf(event);
    if (cell) follow(cell);
  };
  node.addEventListener("click", go);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    go(event);
  });
  return element("div", { class: "scroll" }, node);
}

/**
 * @param {Asked} asked
 * @param {SheetView["labels"]} labels
 * @param {Actions} actions
 */
function makeButtons({ trail, place }, labels, actions) {
  const button = (/** @type {string} */ label, /** @type {() => void} */ action) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", action);
    return made;
  };
  return element(
    "div",
    { class: "asked-buttons" },
    trail > 1 ? button(`← ${labels.asked_back}`, actions.back) : null,
    place ? button(`${labels.asked_show} →`, () => actions.show(place)) : null,
    button(`✕ ${labels.asked_close}`, actions.close),
  );
}

/**
 * Everything about one asked cell.
 *
 * @param {Asked} asked
 * @param {SheetView} sheetView
 * @param {Actions} actions
 */
export function provenancePanel(asked, sheetView, actions) {
  const { labels, decimals } = sheetView;
  const write = (/** @type {number} */ value) => shown({ sheetView }, value);
  /** @type {CellShown[]} */
  const cells = [];
  const text = originLatex(asked, clickable(write, cells));
  const result = write(asked.value);
  const heading = element(
    "div",
    { class: "asked-head" },
    element("strong", {}, fill(labels.asked, { value: result })),
    element("span", { class: "quiet" }, asked.name),
  );
  const attributes = { class: "asked", "aria-live": "polite" };
  const panel = element("section", attributes, heading, makeButtons(asked, labels, actions));
  if (text === null) {
    panel.append(element("p", {}, labels.asked_learned));
    return panel;
  }
  panel.append(
    element("p", {}, asked.how),
    formulaLine(`${result} = ${text}`, [], cells, actions.follow),
    ...groupsByLength(asked.groups).map((groups) => operandTable(groups, decimals, actions.follow)),
  );
  if (asked.rest !== null) {
    const count = asked.total - asked.shown;
    const rest = fill(labels.asked_rest, { shown: asked.shown, count, rest: write(asked.rest) });
    panel.append(element("p", { class: "quiet" }, rest));
  }
  const difference = smallNumber(Math.abs(asked.recomputed - asked.value));
  panel.append(element("p", { class: "check" }, `✓ ${fill(labels.asked_check, { difference })}`));
  return panel;
}
