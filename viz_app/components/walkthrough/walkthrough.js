// The lesson: a table per sheet whose columns appear left to right, with the step's formula, its
// arithmetic in digits and its check. Steps, rows and dimensions change here, without the server;
// another sheet, or where a number comes from, is asked of it.

const SETTLED_MS = 600; // a step is reported once the student has stayed on it for so long
const PLAY_MS = 2200;
const PATIENCE_MS = 2000; // after which a request that nothing came of is made again
const LAG_MS = 8000; // for so long after a report the page may answer from before it
const BESIDE_FROM = 1000; // width from which an answer stands beside the table
const ASKED_WIDTH = 400;

// The student's last step, kept outside the view: the page may answer from before it, when its
// address lags behind, and Streamlit may take the view down and put it up again.
const moved = { from: null, to: null, at: -Infinity };

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

function labelled(control) {
  const name = element("span");
  return { control, name, box: element("label", {}, name, control) };
}

function build(root, emit) {
  root.classList.add("walkthrough");
  const state = { lesson: null, step: 0, row: 0, dim: 0, shown: [], lit: new Set() };
  const pickers = {
    layer: labelled(element("select")),
    head: labelled(element("select")),
    query: labelled(element("select")),
    unit: labelled(element("input", { type: "number", min: 0, inputmode: "numeric" })),
    choice: labelled(element("select")),
  };
  const partsBox = element("div", { class: "parts", role: "group" });
  const stepsList = element("div", { class: "pills" });
  const back = element("button", { type: "button", class: "go" }, "‹");
  const forward = element("button", { type: "button", class: "go" }, "›");
  const play = element("button", { type: "button", class: "go play" }, "▶");
  const title = element("h3", { "aria-live": "polite" });
  const see = element("p", { class: "see" });
  const general = element("div", { class: "formula" });
  const filled = element("div", { class: "filled" });
  const shapes = element("div");
  const hiddenNote = element("p", { class: "quiet", hidden: true });
  const pictureBox = element("div", { class: "picture", hidden: true });
  const header = element("div", { class: "line header", role: "row" });
  const headRow = element("div", { class: "line headrow", role: "row" });
  const rowsBox = element("div", { class: "rows", role: "rowgroup" });
  const footRow = element("div", { class: "line footrow", role: "row" });
  const sheet = element(
    "div",
    { class: "sheet", role: "table", tabindex: "0" },
    element("div", { class: "top" }, header, headRow),
    rowsBox,
    footRow,
  );
  const table = element("div", { class: "scroll digitbox", tabindex: "0" });
  const guessBox = element("div", { hidden: true });
  const guessSwitch = element("input", { type: "checkbox" });
  const guessName = element("span");
  const guessLabel = element("label", { class: "guess-switch", hidden: true }, guessSwitch, guessName);
  const askedBox = element("div", { class: "askedbox", hidden: true });
  const check = element("p", { class: "check" });
  const layerCheck = element("p", { class: "quiet" });
  const why = element("details", { class: "why" });
  root.append(
    element(
      "div",
      { class: "where" },
      element(
        "div",
        { class: "pickers" },
        ...["layer", "head", "query"].map((name) => pickers[name].box),
      ),
      partsBox,
    ),
    element(
      "div",
      { class: "nav" },
      back,
      stepsList,
      forward,
      play,
      pickers.unit.box,
      pickers.choice.box,
      guessLabel,
    ),
    element(
      "div",
      { class: "lead" },
      element("div", {}, title, see),
      element("div", { class: "formulas" }, general, shapes),
    ),
    guessBox,
    filled,
    pictureBox,
    element("div", { class: "work" }, sheet, askedBox),
    hiddenNote,
    table,
    check,
    layerCheck,
    why,
  );
  const tip = tooltip(root);
  let layout = null;
  let timer = null;
  let playing = null;
  let repeating = null;

  const show = (value) => digits(value, state.lesson.decimals);
  const currentStep = () => state.lesson.steps[state.step];
  const rowText = (row) => state.lesson.rows[row].label;

  // --- table -----------------------------------------------------------------------------------

  function lineCells(line, label, cellOf) {
    line.replaceChildren(label, ...state.shown.map(cellOf));
    line.style.gridTemplateColumns = state.template;
  }

  function paintHeader() {
    const added = currentStep().reveals.map(columnOf);
    const operands = currentStep().operands.map(columnOf);
    lineCells(
      header,
      element("div", { class: "token", role: "columnheader" }, state.lesson.words.row_kind),
      (column) => {
        const cell = element("div", { role: "columnheader", class: `title ${column.kind}` });
        cell.append(formula(column.symbol));
        if (added.includes(column.id)) cell.classList.add("added");
        else if (operands.includes(column.id)) cell.classList.add("operand");
        return cell;
      },
    );
  }

  function edgeCell(part, column) {
    const { lesson } = state;
    const values = lesson[`${part}Row`][column.id];
    const since = lesson.revealedAt[`${part}:${column.id}`] ?? Infinity;
    if (!values || since > state.step) return element("div", { role: "cell" });
    const { symbol, cell: pattern } = lesson[part][column.id];
    if (column.kind === "strip") return stripCell(values, column, pattern, state, part, true);
    const cell = element("div", {
      class: "number total",
      role: "cell",
      title: allDigits(values[0]),
      "data-part": part,
      "data-column": column.id,
    });
    cell.append(formula(symbol), ` ${show(values[0])}`);
    const at = cellAt(lesson, pattern, part);
    if (at && state.lit.has(cellKey(at))) cell.classList.add("lit");
    if (at && state.askedKey === cellKey(at)) cell.classList.add("asked-cell");
    return cell;
  }

  function paintEdge(line, part, label) {
    const { lesson } = state;
    line.hidden = !state.shown.some(
      ({ id }) => (lesson.revealedAt[`${part}:${id}`] ?? Infinity) <= state.step,
    );
    if (!line.hidden) lineCells(line, label, (column) => edgeCell(part, column));
  }

  function paintRows() {
    const { rows } = state.lesson;
    const top = Math.max(0, sheet.scrollTop - rowsBox.offsetTop);
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 8);
    const last = Math.min(rows.length, first + Math.ceil(sheet.clientHeight / ROW_HEIGHT) + 16);
    state.window = [first, last];
    const added = currentStep().reveals;
    const made = [];
    for (let row = first; row < last; row += 1) {
      const line = element("div", {
        class: "line row",
        role: "row",
        "data-row": row,
        "aria-rowindex": row + 1,
        "aria-selected": row === state.row ? "true" : null,
      });
      line.style.top = `${row * ROW_HEIGHT}px`;
      if (state.lesson.sheet === "attention" && row === state.lesson.query) {
        line.classList.add("itself");
      }
      lineCells(line, rowLabel(state.lesson, row), (column) => {
        const cell = bodyCell(state, column, row);
        if (added.includes(column.id)) cell.classList.add("fresh");
        return cell;
      });
      made.push(line);
    }
    rowsBox.replaceChildren(...made);
  }

  function paintTable() {
    const { lesson } = state;
    const { columns, hidden } = visibleColumns(lesson, currentStep(), state.step, layout);
    state.shown = columns;
    state.template = [layout.label, ...columns.map(layout.of)].map((size) => `${size}px`).join(" ");
    const width = layout.label + columns.reduce((sum, column) => sum + layout.of(column) + GAP, 0);
    rowsBox.style.height = `${lesson.rows.length * ROW_HEIGHT}px`;
    rowsBox.style.minWidth = `${width}px`;
    hiddenNote.hidden = hidden === 0;
    hiddenNote.textContent = fill(lesson.words.hidden_columns, { count: hidden });
    paintHeader();
    paintEdge(
      headRow,
      "head",
      element(
        "div",
        { class: "token itself", role: "rowheader" },
        formula("q"),
        ` ${state.queryText}`,
      ),
    );
    paintEdge(
      footRow,
      "foot",
      element("div", { class: "token", role: "rowheader" }, lesson.words.result),
    );
    paintRows();
  }

  function paintPicture() {
    const { lesson } = state;
    const picture = lesson.pictures[currentStep().id];
    pictureBox.hidden = !picture;
    if (!picture) return;
    const [outputs, inputs] = picture.shape;
    const canvas = indexedBitmap(picture.pixels, outputs, inputs, state.signed);
    const frame = element("div", { class: "frame" }, canvas);
    frame.style.height = `${Math.min(160, Math.max(64, outputs * 3))}px`;
    const marks = [
      ["top", lesson.unit.chosen / outputs, "height", 1 / outputs],
      ["left", state.row / inputs, "width", 1 / inputs],
    ];
    for (const [side, share, extent, size] of marks) {
      if (share < 0 || share >= 1) continue;
      const mark = element("i", { class: `mark whole-${extent}` });
      mark.style[side] = `${share * 100}%`;
      mark.style[extent] = `${size * 100}%`;
      frame.append(mark);
    }
    frame.addEventListener("click", (event) => {
      const box = frame.getBoundingClientRect();
      choose(Math.floor(((event.clientX - box.left) / box.width) * inputs), state.dim);
      const unit = Math.floor(((event.clientY - box.top) / box.height) * outputs);
      if (unit !== lesson.unit.chosen && !lesson.alone) ask({ unit });
    });
    const caption = element("p", { class: "quiet" });
    caption.append(
      formula(picture.symbol),
      ` ${fill(lesson.words.picture, { outputs, inputs, high: show(picture.high) })}`,
    );
    pictureBox.replaceChildren(frame, caption);
  }

  // --- words and arithmetic ----------------------------------------------------------------------

  /** What the placeholders in the lesson's words stand for. */
  function selected() {
    const { lesson } = state;
    return {
      query: state.queryText,
      key: rowText(state.row),
      unit: lesson.unitText ?? "",
      layer: lesson.layer,
      head: lesson.head_index,
      heads: lesson.heads,
      size: lesson.sizes.head_size,
      hidden: lesson.sizes.hidden,
      inner: lesson.sizes.inner,
      vocab: lesson.sizes.vocab,
      tokens: lesson.tokens.length,
    };
  }

  function paintArithmetic() {
    state.keyText = rowText(state.row);
    const { filled: lines, table: made } = ARITHMETIC[currentStep().id](state, show);
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
    const chosen = table.querySelector("td.chosen");
    if (chosen) {
      const left = chosen.offsetLeft - 90;
      const right = chosen.offsetLeft + chosen.offsetWidth;
      if (left < table.scrollLeft || right > table.scrollLeft + table.clientWidth) {
        table.scrollLeft = left;
      }
    }
    see.textContent = fill(currentStep().see, selected());
  }

  function paintWords() {
    const { lesson } = state;
    const step = currentStep();
    const { words } = lesson;
    Object.assign(root.dataset, {
      step: step.id,
      layer: lesson.layer,
      sheet: lesson.sheet,
      difference: step.check?.[0] ?? "",
    });
    title.textContent = `${lesson.part_title} · ${fill(step.title, selected())}`;
    general.replaceChildren(formula(step.formula, [], true));
    shapes.replaceChildren(shapesText(lesson, step));
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
    why.replaceChildren(
      element("summary", {}, words.why),
      ...step.why.map((paragraph) => element("p", {}, fill(paragraph, selected()))),
      element("p", { class: "quiet" }, `${words.source}: ${step.source}`),
    );
    [...stepsList.children].forEach((pill, index) => {
      pill.setAttribute("aria-current", index === state.step ? "step" : "false");
      pill.classList.toggle("done", index < state.step);
    });
    const pill = stepsList.children[state.step];
    const left = pill.offsetLeft - stepsList.offsetLeft;
    if (left < stepsList.scrollLeft) stepsList.scrollLeft = left - 8;
    if (left + pill.offsetWidth > stepsList.scrollLeft + stepsList.clientWidth) {
      stepsList.scrollLeft = left + pill.offsetWidth - stepsList.clientWidth + 8;
    }
    back.disabled = state.step === 0 && !lesson.before;
    forward.disabled = state.step === lesson.steps.length - 1 && !lesson.after;
  }

  function paintAsked() {
    const { asked, lesson } = state;
    askedBox.hidden = !asked;
    if (!asked) return askedBox.replaceChildren();
    askedBox.replaceChildren(
      provenancePanel(asked, lesson.words, show, lesson.decimals, {
        follow: (cell) => emit("ask", { cell }),
        back: () => emit("ask", { back: true }),
        close: () => emit("ask", { close: true }),
        show: (place) => ask(place),
      }),
    );
  }

  // --- guessing ----------------------------------------------------------------------------------

  /** Whether the weights wait for a guess: asked once per head and token, and only if wanted. */
  function guessPending() {
    const { lesson } = state;
    return (
      currentStep().id === "attention_probs" &&
      wantsGuess(lesson) &&
      playing === null &&
      state.guessedFor !== guessSubject() &&
      rowsToGuess(lesson).length === 3
    );
  }

  function guessSubject() {
    const { lesson } = state;
    return [lesson.layer, lesson.head_index, lesson.query, ...lesson.tokens.map((t) => t.text)].join();
  }

  function paintGuess() {
    const { lesson } = state;
    const pending = guessPending();
    guessLabel.hidden = lesson.part !== "attention" || lesson.alone;
    guessName.textContent = lesson.words.guess;
    guessSwitch.checked = wantsGuess(lesson);
    root.classList.toggle("guessing", pending);
    guessBox.hidden = !pending && !(currentStep().id === "attention_probs" && state.verdict);
    if (pending) {
      if (guessBox.dataset.subject === guessSubject()) return; // half answered: leave it
      guessBox.dataset.subject = guessSubject();
      const rows = rowsToGuess(lesson);
      guessBox.replaceChildren(
        guessPanel(lesson, rows, state.queryText, (guessed) => {
          state.guessedFor = guessSubject();
          state.verdict = guessed && judge(lesson, rows, guessed);
          guessBox.dataset.subject = "";
          paint();
        }),
      );
    } else if (state.verdict && state.guessedFor === guessSubject()) {
      const { verdict, order } = state.verdict;
      const named = order.map((row) => lesson.rows[row].label).join(" > ");
      guessBox.replaceChildren(
        element("p", { class: "guess" }, fill(lesson.words[`guess_${verdict}`], { order: named })),
      );
    } else {
      guessBox.hidden = true;
    }
  }

  guessSwitch.addEventListener("change", () => {
    setWantsGuess(guessSwitch.checked);
    paint();
  });

  function paint() {
    // The sheet and the step to stand on come one after the other; before both there is nothing.
    if (!layout || state.wanted === undefined) return;
    paintGuess();
    paintPicture();
    paintTable();
    paintArithmetic();
    paintWords();
  }

  // --- moving ------------------------------------------------------------------------------------

  function report() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.reported = currentStep().id;
      emit("step", { step: state.reported });
    }, SETTLED_MS);
  }

  /** Ask the server for another place in the lesson; what is not named stays. */
  function ask(place) {
    clearTimeout(timer);
    const { lesson } = state;
    state.target = {
      step: currentStep().id,
      layer: lesson.layer,
      head: lesson.head_index,
      query: lesson.query,
      ...place,
    };
    state.reported = state.target.step;
    moved.at = -Infinity;
    send(state.target, 3);
  }

  /** A click is lost now and then when two runs of the page fall together, so it is repeated. */
  function send(target, attempts) {
    emit("select", target);
    clearTimeout(repeating);
    repeating = setTimeout(() => {
      if (state.target !== target) return;
      if (attempts > 1) send(target, attempts - 1);
      else state.target = null;
    }, PATIENCE_MS);
  }

  function goTo(step) {
    const { lesson } = state;
    if (step === state.step) return;
    if (state.target) return; // another sheet is on its way
    const outside = step < 0 ? lesson.before : step >= lesson.steps.length ? lesson.after : null;
    if (step < 0 || step >= lesson.steps.length) {
      if (outside) ask({ step: outside[0], layer: outside[1] });
      return;
    }
    if (lesson.steps[step].sheet !== lesson.sheet) {
      ask({ step: lesson.steps[step].id });
      return;
    }
    state.reported ??= currentStep().id; // what the page knows, should it still be telling us
    moved.from ??= state.reported;
    moved.to = lesson.steps[step].id;
    moved.at = performance.now();
    state.step = step;
    paint();
    report();
  }

  function choose(row, dim) {
    const { rows, sizes } = state.lesson;
    state.row = Math.max(0, Math.min(rows.length - 1, row));
    state.dim = Math.max(0, Math.min(sizes.head_size - 1, dim));
    scrollToRow();
    paintPicture();
    paintTable();
    paintArithmetic();
  }

  function scrollToRow() {
    const top = rowsBox.offsetTop + state.row * ROW_HEIGHT;
    const sticky = header.offsetHeight + (headRow.hidden ? 0 : headRow.offsetHeight);
    const foot = footRow.hidden ? 0 : footRow.offsetHeight;
    const bottom = sheet.scrollTop + sheet.clientHeight - foot;
    if (top - sticky < sheet.scrollTop) sheet.scrollTop = top - sticky;
    else if (top + ROW_HEIGHT > bottom) sheet.scrollTop += top + ROW_HEIGHT - bottom;
  }

  function setPlaying(on) {
    clearInterval(playing);
    playing = on
      ? setInterval(() => {
          if (forward.disabled) setPlaying(false);
          else goTo(state.step + 1);
        }, PLAY_MS)
      : null;
    play.textContent = on ? "❚❚" : "▶";
    play.setAttribute("aria-label", on ? state.lesson.words.pause : state.lesson.words.play);
    play.title = play.getAttribute("aria-label");
  }

  // --- events ------------------------------------------------------------------------------------

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (!state.lesson || state.wanted === undefined) return;
    // Fields have arrow keys of their own.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target instanceof HTMLInputElement) return;
    const inTable = event.target === sheet;
    const moves = {
      ArrowLeft: () => (event.shiftKey ? choose(state.row, state.dim - 1) : goTo(state.step - 1)),
      ArrowRight: () => (event.shiftKey ? choose(state.row, state.dim + 1) : goTo(state.step + 1)),
      ArrowUp: inTable && (() => choose(state.row - 1, state.dim)),
      ArrowDown: inTable && (() => choose(state.row + 1, state.dim)),
      Enter: inTable && (() => askAtRow()),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    setPlaying(false);
    move();
  }

  /** Ask where the selected row's newest number comes from. */
  function askAtRow() {
    const added = currentStep().reveals.map(columnOf);
    const column = state.shown.filter(({ id }) => added.includes(id)).at(-1) ?? state.shown.at(-1);
    const at = column && cellAt(state.lesson, column.cell, state.row, state.dim);
    if (at && !state.lesson.alone) emit("ask", { cell: at, fresh: true });
  }

  // Arrow keys also work before anything on the page has the focus.
  const onPageKey = (event) => {
    if (event.composedPath()[0] === document.body && root.checkVisibility()) onKey(event);
  };

  function dimensionAt(event) {
    const strip = event.target.closest(".strip");
    if (!strip) return null;
    const box = strip.getBoundingClientRect();
    const size = state.lesson.sizes.head_size;
    const dim = Math.floor(((event.clientX - box.left) / box.width) * size);
    return { strip, dim: Math.max(0, Math.min(size - 1, dim)) };
  }

  for (const [name, { control }] of Object.entries(pickers)) {
    control.addEventListener("change", () => {
      if (control.value === "") return;
      const value = Number(control.value);
      const candidate = state.lesson.sheet === "mlm_logits";
      if (name === "choice") ask({ [candidate ? "candidate" : "unit"]: value });
      else if (name === "unit") {
        ask({ unit: Math.max(0, Math.min(state.lesson.unit.count - 1, Math.trunc(value))) });
      } else ask({ [name]: value });
    });
  }
  root.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onPageKey);
  for (const [button, direction] of [[back, -1], [forward, 1]]) {
    button.addEventListener("click", () => {
      setPlaying(false);
      goTo(state.step + direction);
    });
  }
  play.addEventListener("click", () => setPlaying(playing === null));
  stepsList.addEventListener("click", (event) => {
    const pill = event.target.closest("button");
    if (!pill) return;
    setPlaying(false);
    goTo([...stepsList.children].indexOf(pill));
  });
  partsBox.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    setPlaying(false);
    if (button.dataset.part !== state.lesson.part) ask({ step: button.dataset.step });
  });
  sheet.addEventListener("click", (event) => {
    const at = dimensionAt(event);
    const line = event.target.closest("[data-row].row");
    const row = line ? Number(line.dataset.row) : state.row;
    const number = event.target.closest(".number, .barcell, .strip");
    const { lesson } = state;
    if (line || at) choose(row, at ? at.dim : state.dim);
    if (!number?.dataset.column) return;
    const part = line ? null : (number.dataset.part ?? number.dataset.row);
    const pattern = part
      ? lesson[part][number.dataset.column].cell
      : lesson.byId[number.dataset.column].cell;
    const cell = cellAt(lesson, pattern, part ?? row, state.dim);
    if (cell && !lesson.alone) emit("ask", { cell, fresh: true });
  });
  sheet.addEventListener("pointermove", (event) => {
    const at = dimensionAt(event);
    if (!at) return tip.hide();
    const { lesson } = state;
    const { column, row } = at.strip.dataset;
    const values =
      row === "head" || row === "foot"
        ? lesson[`${row}Row`][column]
        : vector(lesson, column, Number(row));
    const box = root.getBoundingClientRect();
    tip.show(
      fill(lesson.words.dimension_value, { dim: at.dim, value: allDigits(values[at.dim]) }),
      event.clientX - box.left,
      event.clientY - box.top,
    );
  });
  sheet.addEventListener("pointerleave", () => tip.hide());
  sheet.addEventListener("scroll", () => {
    if (!state.window) return;
    const top = Math.max(0, sheet.scrollTop - rowsBox.offsetTop) / ROW_HEIGHT;
    const visible = sheet.clientHeight / ROW_HEIGHT;
    const [first, last] = state.window;
    const ends = last < state.lesson.rows.length && top + visible > last - 2;
    if ((first > 0 && top < first + 2) || ends) paintRows();
  });
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell) return;
    const index = Number(cell.dataset.index);
    if (currentStep().id === "context") choose(index, state.dim);
    else choose(state.row, index);
  });

  /** Widths for the room that is there beside the answer to a question, if one is open. */
  function measure() {
    const width = root.clientWidth;
    const beside = state.asked && width >= BESIDE_FROM ? ASKED_WIDTH : 0;
    layout = width > 0 ? layOut(state.lesson, width - beside) : null;
  }

  const stopWatching = watchWidth(root, () => {
    if (!state.lesson) return;
    measure();
    paint();
  });

  // --- what comes from the page --------------------------------------------------------------------

  function readColours() {
    const theme = readTheme(root);
    state.signed = colourTable("signed", theme);
    state.probability = colourTable("probability", theme);
    root.style.setProperty("--bar", css(tableColour(state.probability, 105)));
  }

  function fillPickers() {
    const { lesson } = state;
    const numbers = (count) => Array.from({ length: count }, (_, index) => [index, String(index)]);
    const unit = lesson.unit;
    const options = {
      layer: numbers(lesson.layers),
      head: numbers(lesson.heads),
      query: lesson.tokens.map((token, index) => [index, token.label]),
      choice: unit?.choices ?? [],
    };
    const values = {
      layer: lesson.layer,
      head: lesson.head_index,
      query: lesson.query,
      choice: unit?.chosen,
    };
    for (const [name, list] of Object.entries(options)) {
      const { control } = pickers[name];
      control.replaceChildren(...list.map(([value, text]) => element("option", { value }, text)));
      control.value = String(values[name]);
    }
    for (const [name, { name: label, control }] of Object.entries(pickers)) {
      label.textContent = lesson.words[`pick_${name}`];
      control.setAttribute("aria-label", label.textContent);
    }
    pickers.choice.box.hidden = !unit?.choices.length;
    pickers.unit.box.hidden = !unit || unit.choices.length > 0;
    if (unit) {
      pickers.unit.control.max = unit.count - 1;
      pickers.unit.control.value = unit.chosen;
      const named = unit.choices.find(([value]) => value === unit.chosen);
      lesson.unitText = named ? named[1] : String(unit.chosen);
    }
    pickers.layer.box.hidden = lesson.layer_check === null;
    pickers.head.box.hidden = !["projection", "attention"].includes(lesson.part);
    pickers.query.box.hidden = lesson.part === "nsp";
    for (const { control } of Object.values(pickers)) control.disabled = lesson.alone;
  }

  function fillParts() {
    const { lesson } = state;
    const button = ({ id, title: text, step }) =>
      element(
        "button",
        {
          type: "button",
          "data-part": id,
          "data-step": step,
          "aria-current": id === lesson.part ? "true" : "false",
        },
        text,
      );
    const own = lesson.parts.filter(({ layer }) => layer).map(button);
    const group = element(
      "div",
      { class: "layer" },
      element("span", { class: "quiet" }, `${lesson.words.pick_layer} ${lesson.layer}`),
      ...own,
    );
    const others = lesson.parts.filter(({ layer }) => !layer).map(button);
    partsBox.replaceChildren(others[0], group, ...others.slice(1));
    partsBox.setAttribute("aria-label", lesson.words.parts);
  }

  function measureLabels() {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `14px ${readTheme(root).font}`;
    const { lesson } = state;
    const widest = Math.max(
      ...lesson.rows.map((row) => context.measureText(row.text).width),
      context.measureText(lesson.words.row_kind).width,
      lesson.sheet === "attention" ? context.measureText(`q ${state.queryText}`).width + 4 : 0,
    );
    const most = root.clientWidth < 500 ? 84 : 130;
    lesson.labelWidth = Math.round(Math.min(most, Math.max(56, widest + 14)));
  }

  /** The step's place in the sheet that is shown, -1 if it belongs to another sheet. */
  function stepHere(id) {
    const { lesson } = state;
    return lesson.steps.findIndex((step) => step.sheet === lesson.sheet && step.id === id);
  }

  /** Go where the student asked to go, if the sheet that was asked for is there. */
  function arrive() {
    const { lesson, target } = state;
    const here =
      target &&
      target.layer === lesson.layer &&
      target.head === lesson.head_index &&
      target.query === lesson.query &&
      stepHere(target.step) >= 0;
    if (!here) return false;
    state.target = null;
    state.step = stepHere(target.step);
    if (target.row !== undefined) {
      state.row = Math.max(
        0,
        lesson.rows.findIndex(({ place }) => place.at(-1) === target.row),
      );
    }
    if (target.dim !== undefined) state.dim = target.dim;
    return true;
  }

  /** Where to stand in a sheet that has just come. */
  function settle(before) {
    const { lesson } = state;
    const same =
      before &&
      ["sheet", "layer", "head_index", "query"].every((name) => before[name] === lesson[name]);
    if (lesson.steps[state.step]?.sheet !== lesson.sheet || before?.part !== lesson.part) {
      const first = lesson.steps.findIndex((step) => step.sheet === lesson.sheet);
      state.step = Math.max(first, stepHere(state.wanted));
    }
    if (!same || state.row >= lesson.rows.length) {
      const weights = lesson.byId.attention_probs?.values;
      if (!weights) state.row = 0;
      // Where the student is to guess, the row of the largest weight would give it away.
      else state.row = wantsGuess(lesson) ? lesson.query : weights.indexOf(Math.max(...weights));
      sheet.scrollTop = 0;
    }
    arrive();
    state.dim = Math.min(state.dim, lesson.sizes.head_size - 1);
  }

  return {
    show(payload) {
      const before = state.lesson;
      state.lesson = readLesson(payload);
      const { lesson } = state;
      lesson.revealedAt = revealedAt(lesson);
      state.queryText = lesson.tokens[lesson.query].label;
      settle(before);
      sheet.setAttribute("aria-label", lesson.words.table);
      sheet.setAttribute("aria-rowcount", lesson.rows.length);
      back.setAttribute("aria-label", lesson.words.back);
      forward.setAttribute("aria-label", lesson.words.next);
      back.title = `${lesson.words.back} (←)`;
      forward.title = `${lesson.words.next} (→)`;
      fillPickers();
      fillParts();
      if (!playing) setPlaying(false);
      stepsList.replaceChildren(
        ...lesson.steps.map((step) => {
          const name = fill(step.title, selected());
          const label = { type: "button", title: name, "aria-label": name };
          return element("button", label, formula(step.symbol));
        }),
      );
      readColours();
      measureLabels();
      measure();
      paint();
      if (layout) scrollToRow();
      paintAsked();
    },
    select({ step, asked }) {
      const question = JSON.stringify(asked ?? null);
      const asksAnew = question !== state.question;
      const stepBefore = state.wanted === undefined ? null : state.step;
      state.question = question;
      state.asked = asked;
      state.askedKey = asked ? cellKey(asked.cell) : null;
      state.lit = new Set(
        (asked?.groups ?? []).flatMap(({ stage, layer, lit }) =>
          lit.map((index) => cellKey({ stage, layer, index })),
        ),
      );
      state.wanted = step;
      if (!state.lesson) return;
      const lags = step === moved.from && performance.now() - moved.at < LAG_MS;
      if (step === state.reported) moved.from = step; // the student's own report coming back
      else if (lags && stepHere(moved.to) >= 0) {
        state.reported = step;
        state.step = stepHere(moved.to);
        report();
      } else {
        state.reported = moved.from = step;
        if (stepHere(step) >= 0) state.step = stepHere(step);
      }
      if (!arrive() && !asksAnew && state.step === stepBefore) return;
      measure();
      paint();
      if (layout) scrollToRow();
      paintAsked();
    },
    repaint() {
      if (!state.lesson) return;
      readColours();
      paint();
    },
    close() {
      clearTimeout(timer);
      clearTimeout(repeating);
      clearInterval(playing);
      stopWatching();
      document.removeEventListener("keydown", onPageKey);
    },
  };
}

export default mountWith(build);
