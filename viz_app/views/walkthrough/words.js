// The words of a step: title, what to see, formula, the same with the student's own numbers, checks.

import { element } from "../shared/elements.js";
import { fill, smallNumber } from "../shared/format.js";
import { arithmetic } from "./arithmetic.js";
import { formula, formulaLine, marked } from "./formula.js";
import { currentStep, selected, shown } from "./lesson.js";

function shapesText(lesson, step) {
  const line = element("p", { class: "shapes" });
  const { words } = lesson;
  step.shapes.forEach(([symbol, axes], index) => {
    const sizes = axes.map((axis) => `${words[`axis_${axis}`]} ${lesson.sizes[axis]}`);
    line.append(index ? "   " : "", formula(symbol), ` [${sizes.join(" × ") || words.one_number}]`);
  });
  return line;
}

/**
 * Returns the boxes {lead, filled, table, check, layerCheck, why} and {paint, paintArithmetic}.
 *
 * `choose(row, dim)` and `question(cell)` answer a click on a digit.
 */
export function lessonWords(state, { choose, question }) {
  const title = element("h3", { "aria-live": "polite" });
  const see = element("p", { class: "see" });
  const general = element("div");
  const shapes = element("div");
  const lead = element(
    "div",
    { class: "lead" },
    element("div", {}, title, see),
    element("div", { class: "formulas" }, general, shapes),
  );
  const filled = element("div", { class: "filled" });
  const table = element("div", { class: "scroll digitbox", tabindex: "0" });
  const check = element("p", { class: "check" });
  const layerCheck = element("p", { class: "quiet" });
  const why = element("details", { class: "why" });

  let cellOf = () => null; // of a td in the table

  table.addEventListener("click", (event) => {
    const digit = event.target.closest("td");
    if (!digit) return;
    const cell = cellOf(digit);
    const index = Number(digit.dataset.index);
    if (currentStep(state).id === "context") choose(index, state.dim);
    else choose(state.row, index);
    question(cell);
  });

  /** Keep the chosen dimension in sight. */
  function scrollToChosen() {
    const chosen = table.querySelector("td.chosen");
    if (!chosen) return;
    const left = chosen.offsetLeft - 90;
    const right = chosen.offsetLeft + chosen.offsetWidth;
    if (left < table.scrollLeft || right > table.scrollLeft + table.clientWidth) {
      table.scrollLeft = left;
    }
  }

  function paintArithmetic() {
    const step = currentStep(state);
    state.keyText = state.lesson.rows[state.row].label;
    const cells = [];
    const show = marked((value) => shown(state, value), cells);
    const { filled: lines, table: made } = arithmetic(state, step, show);
    filled.replaceChildren(
      ...lines.map(([latex, args]) => formulaLine(latex, args, cells, question)),
    );
    table.hidden = !made;
    const before = table.scrollLeft;
    table.replaceChildren(...(made ? [made.node] : []));
    cellOf = made?.cellOf;
    table.scrollLeft = before;
    scrollToChosen();
    see.textContent = fill(step.see, selected(state));
  }

  function paintChecks() {
    const { lesson } = state;
    const { words } = lesson;
    const step = currentStep(state);
    check.hidden = !step.check;
    if (step.check) {
      check.textContent = `✓ ${fill(words.step_check, {
        exact: smallNumber(step.check[0]),
        rounded: smallNumber(step.check[1]),
        decimals: lesson.decimals,
      })}`;
    }
    layerCheck.hidden = lesson.layer_check === null;
    if (lesson.layer_check !== null) {
      layerCheck.textContent = fill(words.layer_check, {
        layer: lesson.layer,
        difference: smallNumber(lesson.layer_check),
      });
    }
  }

  return {
    lead,
    filled,
    table,
    check,
    layerCheck,
    why,
    paintArithmetic,
    paint() {
      const { lesson } = state;
      const step = currentStep(state);
      title.textContent = `${lesson.part_title} · ${fill(step.title, selected(state))}`;
      general.replaceChildren(formulaLine(step.formula, [], [], question));
      shapes.replaceChildren(shapesText(lesson, step));
      paintChecks();
      why.replaceChildren(
        element("summary", {}, lesson.words.why),
        ...step.why.map((paragraph) => element("p", {}, fill(paragraph, selected(state)))),
        element("p", { class: "quiet" }, `${lesson.words.source}: ${step.source}`),
      );
    },
  };
}
