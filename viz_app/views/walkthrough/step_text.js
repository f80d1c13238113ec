// @ts-check
// The texts of a step: title, what to see, formula, the same with the student's numbers, checks.

import { element, eventElement } from "../shared/elements.js";
import { fill, smallNumber } from "../shared/format.js";
import { arithmetic } from "./arithmetic.js";
import { clickable, formula, formulaLine } from "./formula.js";
import { currentStep, selected, shown } from "./sheet_view.js";

/** @import { CellShown, WalkthroughLabel, StepShown } from "../payloads.js" */
/** @import { DigitTable } from "./digit_table.js" */
/** @import { SheetView } from "./sheet_view.js" */
/** @import { State } from "./state.js" */

/**
 * What goes in and comes out, with the sizes of this model.
 *
 * @param {SheetView} sheetView
 * @param {StepShown} step
 */
function shapesLine({ labels, sizes }, step) {
  const line = element("p", { class: "shapes" });
  step.shapes.forEach(([symbol, axes], index) => {
    const named = axes.map((axis) => {
      const label = /** @type {WalkthroughLabel} */ (`axis_${axis}`);
      return `${labels[label]} ${sizes[axis]}`;
    });
    const text = ` [${named.join(" × ") || labels.one_number}]`;
    line.append(index ? "   " : "", formula(symbol), text);
  });
  return line;
}

export class StepText {
  title = element("h3", { "aria-live": "polite" });
  see = element("p", { class: "see" });
  general = element("div");
  shapes = element("div");
  lead = element(
    "div",
    { class: "lead" },
    element("div", {}, this.title, this.see),
    element("div", { class: "formulas" }, this.general, this.shapes),
  );
  filled = element("div", { class: "filled" });
  table = element("div", { class: "scroll digitbox", tabindex: "0" });
  check = element("p", { class: "check" });
  layerCheck = element("p", { class: "quiet" });
  why = element("details", { class: "why" });
  /** @type {DigitTable | null} */
  digits = null;

  /**
   * `choose(row, dim)` and `question(cell)` answer a click on a digit.
   *
   * @param {State} state
   * @param {{
   *   choose(row: number, dim: number): void,
   *   question(cell: CellShown | null): void,
   * }} actions
   */
  constructor(state, actions) {
    this.state = state;
    this.actions = actions;
    this.table.addEventListener("click", (event) => {
      const digit = eventElement(event, "td");
      if (!digit) return;
      const cell = this.digits?.cellOf(event) ?? null;
      const index = Number(digit.dataset.index);
      if (currentStep(state).id === "context") actions.choose(index, state.dim);
      else actions.choose(state.row, index);
      actions.question(cell);
    });
  }

  paint() {
    const { sheetView } = this.state;
    const { labels } = sheetView;
    const step = currentStep(this.state);
    const values = selected(this.state);
    this.title.textContent = `${sheetView.part_title} · ${fill(step.title, values)}`;
    this.general.replaceChildren(formulaLine(step.formula, [], [], () => {}));
    this.shapes.replaceChildren(shapesLine(sheetView, step));
    this.#paintChecks(sheetView, step);
    this.why.replaceChildren(
      element("summary", {}, labels.why),
      ...step.why.map((paragraph) => element("p", {}, fill(paragraph, values))),
      element("p", { class: "quiet" }, `${labels.source}: ${step.source}`),
    );
  }

  /** The formula with the numbers of the selected row, and those that it was made from. */
  paintArithmetic() {
    const { state } = this;
    const step = currentStep(state);
    /** @type {CellShown[]} */
    const cells = [];
    const show = clickable((value) => shown(state, value), cells);
    const { filled, table = null } = arithmetic(state, step, show);
    const lines = filled.map(([latex, args = []]) =>
      formulaLine(latex, args, cells, this.actions.question),
    );
    this.filled.replaceChildren(...lines);
    this.digits = table;
    this.table.hidden = !table;
    const before = this.table.scrollLeft;
    this.table.replaceChildren(...(table?.nodes ?? []));
    this.table.scrollLeft = before;
    this.#scrollToChosen();
    this.see.textContent = fill(step.see, selected(state));
  }

  /** Keep the chosen dimension in sight. */
  #scrollToChosen() {
    const chosen = this.table.querySelector("td.chosen");
    if (!(chosen instanceof HTMLElement)) return;
    const left = chosen.offsetLeft - 90;
    const right = chosen.offsetLeft + chosen.offsetWidth;
    const { scrollLeft, clientWidth } = this.table;
    if (left < scrollLeft || right > scrollLeft + clientWidth) this.table.scrollLeft = left;
  }

  /**
   * @param {SheetView} sheetView
   * @param {StepShown} step
   */
  #paintChecks({ labels, decimals, layer, layer_check: difference }, { check }) {
    this.check.hidden = !check;
    if (check) {
      const [exact, rounded] = check.map(smallNumber);
      this.check.textContent = `✓ ${fill(labels.step_check, { exact, rounded, decimals })}`;
    }
    this.layerCheck.hidden = difference === null;
    if (difference === null) return;
    const values = { layer, difference: smallNumber(difference) };
    this.layerCheck.textContent = fill(labels.layer_check, values);
  }
}
