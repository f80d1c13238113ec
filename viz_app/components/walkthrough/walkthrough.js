// One head's attention for one query token, step by step: a table with a row per key token whose
// columns appear left to right. Steps, rows and dimensions change here, without the server.

const ROW_HEIGHT = 24;
const NUMBER_WIDTH = 68;
const BAR_WIDTH = 96;
const GAP = 8;
const STRIP_LIMITS = [80, 280];
const SETTLED_MS = 600; // a step is reported once the student has stayed on it for so long
const PLAY_MS = 2200;

// --- formulas: the part of LaTeX that the lessons use, as MathML --------------------------------

const MATH_SIGNS = {
  cdot: "·", odot: "⊙", times: "×", div: "÷", sum: "∑", ldots: "…", in: "∈", top: "⊤", to: "→",
  infty: "∞", quad: " ",
};
const MATH_LETTERS = {
  mu: "μ", sigma: "σ", gamma: "γ", beta: "β", varepsilon: "ε", Phi: "Φ", pi: "π",
};
const MATH_WORDS = new Set(["max", "exp", "tanh", "softmax", "erf", "mean", "var"]);

function mathElement(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}

/** MathML of a formula; `\arg{0}` stands for words[0], any text; `large` for a line of its own. */
function formula(latex, words = [], large = false) {
  const tokens = latex.match(/\\[a-zA-Z]+|−?[0-9]+(?:\.[0-9]+)?|\s+|[^\s]/gu) ?? [];
  let next = 0;

  const skipSpace = () => {
    while (next < tokens.length && /^\s+$/.test(tokens[next])) next += 1;
  };

  function rawGroup() {
    let text = "";
    next += 1; // the opening brace
    while (next < tokens.length && tokens[next] !== "}") text += tokens[next++];
    next += 1;
    return text;
  }

  function atom() {
    skipSpace();
    const token = tokens[next];
    if (token === "{") {
      next += 1;
      const inside = mathElement("mrow", ...row("}"));
      next += 1;
      return inside;
    }
    if (token === "\\text") {
      next += 1;
      return mathElement("mtext", rawGroup());
    }
    next += 1;
    if (token === "\\frac") return mathElement("mfrac", atom(), atom());
    if (token === "\\sqrt") return mathElement("msqrt", atom());
    if (token === "\\arg") return mathElement("mtext", String(words[Number(rawGroup())]));
    if (token.startsWith("\\")) {
      const name = token.slice(1);
      if (name in MATH_LETTERS) return mathElement("mi", MATH_LETTERS[name]);
      if (MATH_WORDS.has(name)) return mathElement("mo", name);
      const sign = mathElement("mo", MATH_SIGNS[name] ?? name);
      if (name === "sum") sign.setAttribute("movablelimits", "false");
      return sign;
    }
    if (/^−?[0-9]/.test(token)) return mathElement("mn", token);
    if (/^\p{L}$/u.test(token)) return mathElement("mi", token);
    return mathElement("mo", token === "-" ? "−" : token);
  }

  function scripted() {
    const base = atom();
    let below = null;
    let above = null;
    for (skipSpace(); tokens[next] === "_" || tokens[next] === "^"; skipSpace()) {
      const isBelow = tokens[next] === "_";
      next += 1;
      if (isBelow) below = atom();
      else above = atom();
    }
    const limits = ["∑", "max"].includes(base.textContent);
    if (below && above) return mathElement(limits ? "munderover" : "msubsup", base, below, above);
    if (below) return mathElement(limits ? "munder" : "msub", base, below);
    if (above) return mathElement(limits ? "mover" : "msup", base, above);
    return base;
  }

  function row(end) {
    const parts = [];
    for (skipSpace(); next < tokens.length && tokens[next] !== end; skipSpace()) {
      parts.push(scripted());
    }
    return parts;
  }

  const math = mathElement("math", mathElement("mrow", ...row(undefined)));
  math.setAttribute("displaystyle", large ? "true" : "false");
  return math;
}

// --- numbers -----------------------------------------------------------------------------------

/** Every digit of a float32, for tooltips. */
function allDigits(value) {
  return String(Number(value.toPrecision(9))).replace("-", "−");
}

/** A difference such as 3.6e-7 as "0" or "3.6 × 10⁻⁷". */
function smallNumber(value) {
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(1).split("e");
  const raised = [...String(Number(power))].map((sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)]);
  return `${mantissa} × 10${raised.join("")}`;
}

/** A number to put into a formula: negative ones in brackets after an operator. */
function inBrackets(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/** "a + b + … = c" from the first terms of a sum and how many are left out. */
function sumText(terms, shown, total) {
  const first = terms.slice(0, shown).map((term, index) => (index ? inBrackets(term) : term));
  return `${first.join(" + ")}${terms.length > shown ? " + \\ldots" : ""} = ${total}`;
}

// --- what is on the page -------------------------------------------------------------------------

/** The payload in the shape the view works with: columns with their values, steps with their words. */
function readLesson({ header, arrays }) {
  const columns = header.columns.map((column) => ({
    ...column,
    values: arrays[`column:${column.id}`],
    width: column.kind === "strip" ? header.sizes.head_size : 1,
  }));
  const pick = (part) =>
    Object.fromEntries(header[part].map((name) => [name, arrays[`${part}:${name}`]]));
  return {
    ...header,
    columns,
    byId: Object.fromEntries(columns.map((column) => [column.id, column])),
    headRow: pick("head"),
    footRow: pick("foot"),
    masked: arrays.masked,
  };
}

/** One row of a strip column. */
function vector(lesson, name, row) {
  const { values, width } = lesson.byId[name];
  return values.subarray(row * width, (row + 1) * width);
}

/** The column of "column", "head:column" or "foot:column". */
function columnOf(name) {
  return name.split(":").at(-1);
}

/** For each column, head cell and foot cell: the index of the step that reveals it. */
function revealedAt(lesson) {
  const at = {};
  lesson.steps.forEach((step, index) => {
    at[step.reveals] = index;
  });
  // Cells that no step of their own reveals come with their column.
  for (const name of Object.keys(lesson.footRow)) at[`foot:${name}`] ??= at[name];
  return at;
}

/** Widths in pixels, the same at every step, so that columns stay where they appeared. */
function layOut(lesson, available) {
  const strips = lesson.columns.filter((column) => column.kind === "strip").length;
  const label = lesson.labelWidth;
  const fixed = lesson.columns.reduce(
    (sum, column) =>
      sum + GAP + (column.kind === "number" ? NUMBER_WIDTH : column.kind === "bar" ? BAR_WIDTH : 0),
    label,
  );
  const [least, most] = STRIP_LIMITS;
  const fair = Math.floor((available - fixed) / strips);
  // Where not all fit beside each other, two strips and a number column should.
  const crowded = Math.min(150, Math.floor((available - label - 4 * GAP - BAR_WIDTH) / 2));
  const strip = Math.max(least, Math.min(most, fair < least ? crowded : fair));
  const widths = { number: NUMBER_WIDTH, bar: BAR_WIDTH, strip };
  return { label, of: (column) => widths[column.kind], available };
}

/**
 * The columns to show at a step: what it needs and what it adds, then earlier ones, latest first,
 * while there is room. Returns them in table order, and how many had to be left out.
 */
function visibleColumns(lesson, step, index, layout) {
  const revealed = lesson.columns.filter((column) => {
    const first = Math.min(
      ...[column.id, `head:${column.id}`].map((name) => lesson.revealedAt[name] ?? Infinity),
    );
    return first <= index;
  });
  const needed = new Set([...step.operands, step.reveals].map(columnOf));
  let room = layout.available - layout.label;
  const shown = new Set();
  for (const column of revealed.filter(({ id }) => needed.has(id))) {
    shown.add(column);
    room -= layout.of(column) + GAP;
  }
  for (const column of [...revealed].reverse()) {
    if (shown.has(column)) continue;
    room -= layout.of(column) + GAP;
    if (room < 0) break;
    shown.add(column);
  }
  return {
    columns: revealed.filter((column) => shown.has(column)),
    hidden: revealed.length - shown.size,
  };
}

// --- painting ------------------------------------------------------------------------------------

/** A vector as a strip of colours: one pixel per number, enlarged by the browser. */
function paintStrip(values, low, high, colours) {
  const indices = Uint8Array.from(values, (value) => scaleIndex(value, low, high));
  const canvas = indexedBitmap(indices, 1, values.length, colours);
  canvas.className = "cells";
  return canvas;
}

function stripCell(values, column, state, { row, selected }) {
  const cell = element(
    "div",
    { class: "strip", "data-column": column.id, "data-row": row },
    paintStrip(values, column.low, column.high, state.signed),
  );
  if (selected) {
    const mark = element("i", { class: "mark" });
    mark.style.left = `${(state.dim / values.length) * 100}%`;
    mark.style.width = `${100 / values.length}%`;
    cell.append(mark);
  }
  return cell;
}

function numberCell(value, column, state) {
  const cell = element(
    "div",
    { class: "number", role: "cell", title: allDigits(value), "data-column": column.id },
    digits(value, state.lesson.decimals),
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
  const fillBar = element("i", { class: "fill" });
  fillBar.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return element(
    "div",
    { class: "barcell", role: "cell", title: allDigits(value), "data-column": column.id },
    fillBar,
    element("span", {}, digits(value, state.lesson.decimals)),
  );
}

function bodyCell(state, column, row) {
  const { lesson } = state;
  if (lesson.masked[row] && ["masked_scores", "shifted_scores"].includes(column.id)) {
    return element("div", { class: "number cut", role: "cell" }, "−∞");
  }
  if (column.kind === "strip") {
    return stripCell(vector(lesson, column.id, row), column, state, {
      row,
      selected: row === state.row,
    });
  }
  const value = column.values[row];
  return column.kind === "bar"
    ? barCell(value, column, state)
    : numberCell(value, column, state);
}

function tokenCell(lesson, row) {
  const token = lesson.rows[row];
  const cell = element("div", { class: "token", role: "rowheader", title: token.label }, token.text);
  if (token.special) cell.classList.add("special");
  return cell;
}

// --- the digits under the table --------------------------------------------------------------------

/** Rows of aligned digits, one column per dimension or token, inside their own scroll box. */
function digitTable(state, headings, rows, chosen) {
  const headRow = element("tr", {}, element("th", {}));
  headings.forEach((heading, index) => {
    headRow.append(
      element("th", { class: index === chosen ? "chosen" : null, scope: "col" }, heading),
    );
  });
  const body = element("tbody");
  for (const { label, values } of rows) {
    const line = element("tr", {}, element("th", { scope: "row" }, label));
    values.forEach((value, index) => {
      line.append(
        element(
          "td",
          { class: index === chosen ? "chosen" : null, "data-index": index, title: allDigits(value) },
          digits(value, state.lesson.decimals),
        ),
      );
    });
    body.append(line);
  }
  return element("table", { class: "digits" }, element("thead", {}, headRow), body);
}

function dimensionTable(state, rows) {
  const size = state.lesson.sizes.head_size;
  const headings = Array.from({ length: size }, (_, index) => String(index));
  return digitTable(state, headings, rows, state.dim);
}

/** The step's formula with the student's own numbers, and the digits it was made from. */
const ARITHMETIC = {
  query(state, show) {
    const q = state.lesson.headRow.key;
    return {
      filled: [
        `q_{\\arg{0}} = [ ${show(q[0])} , ${show(q[1])} , \\ldots ]`,
        [state.queryText],
      ],
      table: dimensionTable(state, [{ label: formula("q"), values: [...q] }]),
    };
  },
  key(state, show) {
    const k = vector(state.lesson, "key", state.row);
    return {
      filled: [`k_{\\arg{0}} = [ ${show(k[0])} , ${show(k[1])} , \\ldots ]`, [state.keyText]],
      table: dimensionTable(state, [
        { label: formula("q"), values: [...state.lesson.headRow.key] },
        { label: formula("k_{\\arg{0}}", [state.keyText]), values: [...k] },
      ]),
    };
  },
  products(state, show) {
    const q = state.lesson.headRow.key[state.dim];
    const k = vector(state.lesson, "key", state.row)[state.dim];
    const p = vector(state.lesson, "products", state.row)[state.dim];
    return {
      filled: [
        `q_{${state.dim}} \\cdot k_{\\arg{0} , ${state.dim}} = ${show(q)} \\cdot ${inBrackets(show(k))} = ${show(p)}`,
        [state.keyText],
      ],
      table: ARITHMETIC.productTable(state),
    };
  },
  productTable(state) {
    return dimensionTable(state, [
      { label: formula("q"), values: [...state.lesson.headRow.key] },
      {
        label: formula("k_{\\arg{0}}", [state.keyText]),
        values: [...vector(state.lesson, "key", state.row)],
      },
      {
        label: formula("q \\odot k_{\\arg{0}}", [state.keyText]),
        values: [...vector(state.lesson, "products", state.row)],
      },
    ]);
  },
  dot_products(state, show) {
    const terms = [...vector(state.lesson, "products", state.row)].map(show);
    const total = show(state.lesson.byId.dot_products.values[state.row]);
    return {
      filled: [`q \\cdot k_{\\arg{0}} = ${sumText(terms, 4, total)}`, [state.keyText]],
      table: ARITHMETIC.productTable(state),
    };
  },
  attention_scores(state, show) {
    const size = state.lesson.sizes.head_size;
    const dot = show(state.lesson.byId.dot_products.values[state.row]);
    const score = show(state.lesson.byId.attention_scores.values[state.row]);
    return {
      filled: [
        `s_{\\arg{0}} = \\frac{${dot}}{\\sqrt{${size}}} = \\frac{${dot}}{${show(Math.sqrt(size))}} = ${score}`,
        [state.keyText],
      ],
    };
  },
  masked_scores(state, show) {
    const score = show(state.lesson.byId.attention_scores.values[state.row]);
    const cut = state.lesson.masked[state.row];
    const masked = cut ? "− \\infty" : show(state.lesson.byId.masked_scores.values[state.row]);
    return {
      filled: [
        `m_{\\arg{0}} = ${score} + ${cut ? "(− \\infty)" : "0"} = ${masked}`,
        [state.keyText],
      ],
    };
  },
  softmax_max(state, show) {
    if (state.lesson.masked[state.row]) return ARITHMETIC.masked_scores(state, show);
    const masked = state.lesson.byId.masked_scores.values;
    const largest = show(Math.max(...masked));
    const shifted = show(state.lesson.byId.shifted_scores.values[state.row]);
    return {
      filled: [
        `m_{\\arg{0}} - \\max m = ${show(masked[state.row])} - ${inBrackets(largest)} = ${shifted}`,
        [state.keyText],
      ],
    };
  },
  softmax_exp(state, show) {
    const cut = state.lesson.masked[state.row];
    const shifted = cut ? "− \\infty" : show(state.lesson.byId.shifted_scores.values[state.row]);
    const raised = show(state.lesson.byId.exponentials.values[state.row]);
    return { filled: [`e_{\\arg{0}} = e^{${shifted}} = ${raised}`, [state.keyText]] };
  },
  softmax_sum(state, show) {
    const terms = [...state.lesson.byId.exponentials.values].map(show);
    return { filled: [`Z = ${sumText(terms, 6, show(state.lesson.footRow.exponentials[0]))}`, []] };
  },
  attention_probs(state, show) {
    const raised = show(state.lesson.byId.exponentials.values[state.row]);
    const total = show(state.lesson.footRow.exponentials[0]);
    const weight = show(state.lesson.byId.attention_probs.values[state.row]);
    return {
      filled: [`w_{\\arg{0}} = \\frac{${raised}}{${total}} = ${weight}`, [state.keyText]],
    };
  },
  value(state, show) {
    const v = vector(state.lesson, "value", state.row);
    return {
      filled: [`v_{\\arg{0}} = [ ${show(v[0])} , ${show(v[1])} , \\ldots ]`, [state.keyText]],
      table: dimensionTable(state, [
        { label: formula("v_{\\arg{0}}", [state.keyText]), values: [...v] },
      ]),
    };
  },
  weighted_values(state, show) {
    const v = vector(state.lesson, "value", state.row);
    const weighted = vector(state.lesson, "weighted_values", state.row);
    const weight = show(state.lesson.byId.attention_probs.values[state.row]);
    return {
      filled: [
        `w_{\\arg{0}} \\cdot v_{\\arg{0} , ${state.dim}} = ${weight} \\cdot ${inBrackets(show(v[state.dim]))} = ${show(weighted[state.dim])}`,
        [state.keyText],
      ],
      table: dimensionTable(state, [
        { label: formula("v_{\\arg{0}}", [state.keyText]), values: [...v] },
        { label: formula("w v_{\\arg{0}}", [state.keyText]), values: [...weighted] },
      ]),
    };
  },
  context(state, show) {
    const { lesson, dim } = state;
    const rows = lesson.rows.map((_, row) => row);
    const of = (name) => rows.map((row) => vector(lesson, name, row)[dim]);
    const terms = of("weighted_values").map(show);
    return {
      filled: [
        `c_{${dim}} = ${sumText(terms, 5, show(lesson.footRow.weighted_values[dim]))}`,
        [],
      ],
      table: digitTable(
        state,
        lesson.rows.map((token) => token.text),
        [
          { label: formula("w_j"), values: [...lesson.byId.attention_probs.values] },
          { label: formula(`v_{j , ${dim}}`), values: of("value") },
          { label: formula(`w_j v_{j , ${dim}}`), values: of("weighted_values") },
        ],
        state.row,
      ),
    };
  },
};

// --- the view ------------------------------------------------------------------------------------

function shapesText(lesson, words, step) {
  const line = element("p", { class: "shapes" });
  step.shapes.forEach(([symbol, axes], index) => {
    const sizes = axes.map((axis) => `${words[`axis_${axis}`] ?? axis} ${lesson.sizes[axis]}`);
    line.append(
      index ? "   " : "",
      formula(symbol),
      ` [${sizes.join(" × ") || words.one_number}]`,
    );
  });
  return line;
}

function build(root, emit) {
  root.classList.add("walkthrough");
  const state = { lesson: null, step: 0, row: 0, dim: 0, shown: [] };
  const stepsList = element("div", { class: "pills" });
  const back = element("button", { type: "button", class: "go" }, "‹");
  const forward = element("button", { type: "button", class: "go" }, "›");
  const play = element("button", { type: "button", class: "go play" }, "▶");
  const title = element("h3", { "aria-live": "polite" });
  const see = element("p", { class: "see" });
  const general = element("div", { class: "formula" });
  const filled = element("div", { class: "formula filled" });
  const shapes = element("div");
  const hiddenNote = element("p", { class: "quiet", hidden: true });
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
  const check = element("p", { class: "check" });
  const layerCheck = element("p", { class: "quiet" });
  const why = element("details", { class: "why" });
  root.append(
    element("div", { class: "nav" }, back, stepsList, forward, play),
    element(
      "div",
      { class: "lead" },
      element("div", {}, title, see),
      element("div", { class: "formulas" }, general, shapes),
    ),
    filled,
    sheet,
    hiddenNote,
    table,
    check,
    layerCheck,
    why,
  );
  const tip = tooltip(root);
  const pickers = Object.fromEntries(
    ["layer", "head", "query"].map((name) => [name, element("select")]),
  );
  const pickerLabels = Object.fromEntries(
    Object.entries(pickers).map(([name, picker]) => [
      name,
      element("label", {}, element("span"), picker),
    ]),
  );
  root.prepend(element("div", { class: "pickers" }, ...Object.values(pickerLabels)));
  let layout = null;
  let timer = null;
  let playing = null;

  const show = (value) => digits(value, state.lesson.decimals);
  const currentStep = () => state.lesson.steps[state.step];

  function lineCells(line, label, cellOf) {
    line.replaceChildren(label, ...state.shown.map(cellOf));
    line.style.gridTemplateColumns = state.template;
  }

  function paintHeader() {
    const added = columnOf(currentStep().reveals);
    lineCells(
      header,
      element("div", { class: "token", role: "columnheader" }, state.lesson.words.key_token),
      (column) => {
        const cell = element("div", { role: "columnheader", class: `title ${column.kind}` });
        cell.append(formula(column.symbol));
        if (column.id === added) cell.classList.add("added");
        else if (currentStep().operands.some((name) => columnOf(name) === column.id)) {
          cell.classList.add("operand");
        }
        return cell;
      },
    );
  }

  function paintEdge(line, part, label) {
    const values = state.lesson[`${part}Row`];
    const any = state.shown.some(
      ({ id }) => id in values && state.lesson.revealedAt[`${part}:${id}`] <= state.step,
    );
    line.hidden = !any;
    if (!any) return;
    lineCells(line, label, (column) => {
      const own = values[column.id];
      if (!own || state.lesson.revealedAt[`${part}:${column.id}`] > state.step) {
        return element("div", { role: "cell" });
      }
      if (column.kind === "strip") return stripCell(own, column, state, { row: part, selected: true });
      return element(
        "div",
        { class: "number total", role: "cell", title: allDigits(own[0]) },
        `Σ ${show(own[0])}`,
      );
    });
  }

  function paintRows() {
    const { rows } = state.lesson;
    const top = Math.max(0, sheet.scrollTop - rowsBox.offsetTop);
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 8);
    const last = Math.min(rows.length, first + Math.ceil(sheet.clientHeight / ROW_HEIGHT) + 16);
    state.window = [first, last];
    const added = columnOf(currentStep().reveals);
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
      if (row === state.lesson.query) line.classList.add("itself");
      lineCells(line, tokenCell(state.lesson, row), (column) => {
        const cell = bodyCell(state, column, row);
        if (column.id === added && currentStep().reveals === added) cell.classList.add("fresh");
        return cell;
      });
      made.push(line);
    }
    rowsBox.replaceChildren(...made);
  }

  function paintTable() {
    const { lesson } = state;
    const step = currentStep();
    const { columns, hidden } = visibleColumns(lesson, step, state.step, layout);
    state.shown = columns;
    state.template = [layout.label, ...columns.map(layout.of)].map((size) => `${size}px`).join(" ");
    const width =
      layout.label + columns.reduce((sum, column) => sum + layout.of(column) + GAP, 0);
    rowsBox.style.height = `${lesson.rows.length * ROW_HEIGHT}px`;
    rowsBox.style.minWidth = `${width}px`;
    hiddenNote.hidden = hidden === 0;
    hiddenNote.textContent = fill(lesson.words.hidden_columns, { count: hidden });
    paintHeader();
    paintEdge(
      headRow,
      "head",
      element("div", { class: "token itself", role: "rowheader" }, formula("q"), ` ${state.queryText}`),
    );
    paintEdge(
      footRow,
      "foot",
      element("div", { class: "token", role: "rowheader" }, lesson.words.result),
    );
    paintRows();
  }

  function paintArithmetic() {
    state.keyText = state.lesson.rows[state.row].label;
    const { filled: line, table: made } = ARITHMETIC[currentStep().id](state, show);
    filled.replaceChildren(formula(...line, true));
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

  /** What the placeholders in the lesson's words stand for. */
  function selected() {
    const { lesson } = state;
    return {
      query: state.queryText,
      key: lesson.rows[state.row].label,
      layer: lesson.layer,
      head: lesson.head_index,
      size: lesson.sizes.head_size,
      tokens: lesson.rows.length,
    };
  }

  function paintWords() {
    const { lesson } = state;
    const step = currentStep();
    const { words } = lesson;
    title.textContent = `${state.step + 1}/${lesson.steps.length} · ${step.title}`;
    general.replaceChildren(formula(step.formula, [], true));
    shapes.replaceChildren(shapesText(lesson, words, step));
    check.textContent = `✓ ${fill(words.step_check, {
      exact: smallNumber(step.exact),
      rounded: smallNumber(step.rounded),
      decimals: lesson.decimals,
    })}`;
    layerCheck.textContent = fill(words.layer_check, {
      layer: lesson.layer,
      difference: smallNumber(lesson.layer_check),
    });
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
    back.disabled = state.step === 0;
    forward.disabled = state.step === lesson.steps.length - 1;
  }

  function paint() {
    if (!layout) return;
    paintTable();
    paintArithmetic();
    paintWords();
  }

  function report() {
    clearTimeout(timer);
    timer = setTimeout(() => {
      state.reported = currentStep().id;
      emit("step", { step: state.reported, row: state.row });
    }, SETTLED_MS);
  }

  function goTo(step) {
    const inside = Math.max(0, Math.min(state.lesson.steps.length - 1, step));
    if (inside === state.step) return;
    state.step = inside;
    paint();
    report();
  }

  function choose(row, dim) {
    const { rows, sizes } = state.lesson;
    state.row = Math.max(0, Math.min(rows.length - 1, row));
    state.dim = Math.max(0, Math.min(sizes.head_size - 1, dim));
    const top = rowsBox.offsetTop + state.row * ROW_HEIGHT;
    const sticky = header.offsetHeight + (headRow.hidden ? 0 : headRow.offsetHeight);
    const bottom = sheet.scrollTop + sheet.clientHeight - (footRow.hidden ? 0 : footRow.offsetHeight);
    if (top - sticky < sheet.scrollTop) sheet.scrollTop = top - sticky;
    else if (top + ROW_HEIGHT > bottom) sheet.scrollTop += top + ROW_HEIGHT - bottom;
    paintTable();
    paintArithmetic();
  }

  function setPlaying(on) {
    clearInterval(playing);
    playing = on
      ? setInterval(() => {
          if (state.step === state.lesson.steps.length - 1) setPlaying(false);
          else goTo(state.step + 1);
        }, PLAY_MS)
      : null;
    play.textContent = on ? "❚❚" : "▶";
    play.setAttribute("aria-label", on ? state.lesson.words.pause : state.lesson.words.play);
    play.title = play.getAttribute("aria-label");
  }

  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !state.lesson) return;
    if (event.target instanceof HTMLSelectElement) return; // it has arrow keys of its own
    const inTable = event.target === sheet;
    const moves = {
      ArrowLeft: () => (event.shiftKey ? choose(state.row, state.dim - 1) : goTo(state.step - 1)),
      ArrowRight: () => (event.shiftKey ? choose(state.row, state.dim + 1) : goTo(state.step + 1)),
      ArrowUp: inTable && (() => choose(state.row - 1, state.dim)),
      ArrowDown: inTable && (() => choose(state.row + 1, state.dim)),
      Home: inTable && (() => goTo(0)),
      End: inTable && (() => goTo(state.lesson.steps.length - 1)),
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    setPlaying(false);
    move();
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

  for (const picker of Object.values(pickers)) {
    picker.addEventListener("change", () => {
      emit(
        "select",
        Object.fromEntries(Object.entries(pickers).map(([key, { value }]) => [key, Number(value)])),
      );
    });
  }
  root.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onPageKey);
  back.addEventListener("click", () => {
    setPlaying(false);
    goTo(state.step - 1);
  });
  forward.addEventListener("click", () => {
    setPlaying(false);
    goTo(state.step + 1);
  });
  play.addEventListener("click", () => setPlaying(playing === null));
  stepsList.addEventListener("click", (event) => {
    const pill = event.target.closest("button");
    if (!pill) return;
    setPlaying(false);
    goTo([...stepsList.children].indexOf(pill));
  });
  sheet.addEventListener("click", (event) => {
    const at = dimensionAt(event);
    const line = event.target.closest("[data-row].row");
    if (line || at) {
      choose(line ? Number(line.dataset.row) : state.row, at ? at.dim : state.dim);
      report();
    }
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

  const stopWatching = watchWidth(root, (width) => {
    if (!state.lesson) return;
    layout = layOut(state.lesson, width);
    paint();
  });

  function readColours() {
    const theme = readTheme(root);
    state.signed = colourTable("signed", theme);
    state.probability = colourTable("probability", theme);
    root.style.setProperty("--bar", css(tableColour(state.probability, 105)));
  }

  function fillPickers() {
    const { lesson } = state;
    const numbers = (count) => Array.from({ length: count }, (_, index) => String(index));
    const options = {
      layer: numbers(lesson.layers),
      head: numbers(lesson.heads),
      query: lesson.rows.map((token) => token.label),
    };
    for (const [name, picker] of Object.entries(pickers)) {
      pickerLabels[name].firstChild.textContent = lesson.words[`pick_${name}`];
      picker.replaceChildren(
        ...options[name].map((text, value) => element("option", { value }, text)),
      );
      picker.value = String(name === "head" ? lesson.head_index : lesson[name]);
    }
  }

  function measureLabels() {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `14px ${readTheme(root).font}`;
    const widest = Math.max(
      ...state.lesson.rows.map((token) => context.measureText(token.text).width),
      context.measureText(state.lesson.words.key_token).width,
      context.measureText(`q ${state.queryText}`).width + 4,
    );
    const most = root.clientWidth < 500 ? 84 : 130;
    state.lesson.labelWidth = Math.round(Math.min(most, Math.max(56, widest + 14)));
  }

  return {
    show(payload) {
      const before = state.lesson;
      state.lesson = readLesson(payload);
      const { lesson } = state;
      lesson.revealedAt = revealedAt(lesson);
      state.queryText = lesson.rows[lesson.query].label;
      const same = before && ["layer", "head_index", "query"].every((n) => before[n] === lesson[n]);
      if (!same || state.row >= lesson.rows.length) {
        const weights = lesson.byId.attention_probs.values;
        state.row = weights.indexOf(Math.max(...weights)); // the token it looks at most
        state.dim = Math.min(state.dim, lesson.sizes.head_size - 1);
      }
      sheet.setAttribute("aria-label", lesson.words.table);
      sheet.setAttribute("aria-rowcount", lesson.rows.length);
      back.setAttribute("aria-label", lesson.words.back);
      forward.setAttribute("aria-label", lesson.words.next);
      back.title = `${lesson.words.back} (←)`;
      forward.title = `${lesson.words.next} (→)`;
      fillPickers();
      setPlaying(false);
      stepsList.replaceChildren(
        ...lesson.steps.map((step) =>
          element("button", { type: "button", title: step.title, "aria-label": step.title }, formula(step.symbol)),
        ),
      );
      readColours();
      measureLabels();
      if (root.clientWidth > 0) layout = layOut(lesson, root.clientWidth);
      paint();
    },
    select({ step }) {
      // What comes back after a report is the student's own past; only news moves the lesson.
      if (!state.lesson || step === state.reported) return;
      state.reported = step;
      const index = state.lesson.steps.findIndex(({ id }) => id === step);
      if (index >= 0 && index !== state.step) {
        state.step = index;
        paint();
      }
    },
    repaint() {
      if (!state.lesson) return;
      readColours();
      paint();
    },
    close() {
      clearTimeout(timer);
      clearInterval(playing);
      stopWatching();
      document.removeEventListener("keydown", onPageKey);
    },
  };
}

export default mountWith(build);
