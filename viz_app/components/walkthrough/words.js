// The words of a step: title, what to see, formula, the same with the student's own numbers, checks.

function shapesText(lesson, step) {
  const line = element("p", { class: "shapes" });
  const { words } = lesson;
  step.shapes.forEach(([symbol, axes], index) => {
    const sizes = axes.map((axis) => `${words[`axis_${axis}`]} ${lesson.sizes[axis]}`);
    line.append(
      index ? "   " : "",
      formula(symbol),
      ` [${sizes.join(" × ") || words.one_number}]`,
    );
  });
  return line;
}

/** Returns the boxes {lead, filled, table, check, layerCheck, why} and {paint, paintArithmetic}. */
function lessonWords(state, { choose }) {
  const title = element("h3", { "aria-live": "polite" });
  const see = element("p", { class: "see" });
  const general = element("div", { class: "formula" });
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

  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    const index = Number(cell.dataset.index);
    if (currentStep(state).id === "context") choose(index, state.dim);
    else choose(state.row, index);
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
    const { filled: lines, table: made } = ARITHMETIC[step.id](state, (value) => shown(state, value));
    filled.replaceChildren(
      ...lines.map(([latex, args]) => {
        const line = element("div", { class: "formula" });
        line.append(formula(latex, args, true));
        return line;
      }),
    );
    table.hidden = !made;
    const before = table.scrollLeft;
    table.replaceChildren(...(made ? [made] : []));
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
      general.replaceChildren(formula(step.formula, [], true));
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
