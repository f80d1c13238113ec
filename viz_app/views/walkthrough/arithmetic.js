// A step's formula with the student's own numbers, and the digits that it was made from.
// `state` is that of the view, `show` writes a number as on screen; a number
// is {value, cell}, so that each digit can be asked where it comes from, or bare where it is no cell.

import { element } from "../shared/elements.js";
import { allDigits, digits, smallNumber } from "../shared/format.js";
import { formula, inBrackets, termsText } from "./formula.js";
import { cellAt } from "./lesson.js";

/** Rows {label, numbers} of aligned digits, one column per dimension or token; `kind` says which. */
export function digitTable(decimals, kind, headings, rows, chosen) {
  const headRow = element("tr", {}, element("th", {}, kind));
  headings.forEach((heading, index) => {
    headRow.append(
      element("th", { class: index === chosen ? "chosen" : null, scope: "col" }, heading),
    );
  });
  const body = element("tbody");
  const cells = new Map(); // td → the cell it shows
  rows.forEach(({ label, numbers }) => {
    const line = element("tr", {}, element("th", { scope: "row" }, label));
    numbers.forEach(({ value, cell }, index) => {
      const place = { "data-index": index, class: index === chosen ? "chosen" : null };
      const made = element("td", { ...place, title: allDigits(value) }, digits(value, decimals));
      cells.set(made, cell);
      line.append(made);
    });
    body.append(line);
  });
  return {
    node: element("table", { class: "digits" }, element("thead", {}, headRow), body),
    cellOf: (node) => cells.get(node.closest("td")),
  };
}

function dimensionTable(state, rows) {
  const size = state.lesson.sizes.head_size;
  const headings = Array.from({ length: size }, (_, index) => String(index));
  const { decimals, words } = state.lesson;
  return digitTable(decimals, words.dimension, headings, rows, state.dim);
}

/** The number of a column in a row, by default the selected one; of a strip at a dimension. */
function inRow({ lesson, row: selectedRow }, name, row = selectedRow, dim = 0) {
  const { values, width, cell } = lesson.byId[name];
  return { value: values[row * width + dim], cell: cellAt(lesson, cell, row, dim) };
}

/** The numbers of a column in all rows. */
function inAllRows(state, name, dim) {
  return state.lesson.rows.map((_, row) => inRow(state, name, row, dim));
}

/** The same, of the first few rows: a sum over a thousand of them is not written out. */
function inFirstRows(state, name, most, dim) {
  const count = Math.min(most, state.lesson.rows.length);
  return Array.from({ length: count }, (_, row) => inRow(state, name, row, dim));
}

/** The numbers of a strip in the selected row. */
function inStrip(state, name) {
  const { width } = state.lesson.byId[name];
  return Array.from({ length: width }, (_, dim) => inRow(state, name, state.row, dim));
}

/** The number of the first ("head") or last ("foot") row in a column. */
function atEdge({ lesson }, part, name, dim = 0) {
  return {
    value: lesson[`${part}Row`][name][dim],
    cell: cellAt(lesson, lesson[part][name].cell, part, dim),
  };
}

function queryVector(state) {
  const { length } = state.lesson.headRow.key;
  const numbers = Array.from({ length }, (_, dim) => atEdge(state, "head", "key", dim));
  return { label: formula("q"), numbers };
}

function keyVector(state, letter, name) {
  const label = formula(`${letter}_{\\arg{0}}`, [state.keyText]);
  return { label, numbers: inStrip(state, name) };
}

function productTable(state) {
  return dimensionTable(state, [
    queryVector(state),
    keyVector(state, "k", "key"),
    keyVector(state, "q \\odot k", "products"),
  ]);
}

/** The number at a name that a step gives: of a column in the selected row, or "foot:column". */
function named(state, name) {
  const [column, part] = name.split(":").reverse();
  return part ? atEdge(state, part, column) : inRow(state, column);
}

/** What a row is called in a formula: its number, or in its place a word as \arg{0}. */
function rowIndex({ lesson, row }) {
  return lesson.rows[row].label === String(row) ? String(row) : "\\arg{0}";
}

/**
 * How a line of a step is written, by its operation: the right-hand side with the student's own
 * numbers, of each operand by its role. What stands in no line of its own has no entry.
 */
const SIDES = {
  lookup: (_, { lesson, row }, { stage, letters }) =>
    `${letters[0]} [ ${lesson.facts[stage]} , ${row} ]`,
  add: (numbers) => termsText(Object.values(numbers), Object.keys(numbers).length),
  mean: (_, state, { uses }, show) => {
    const count = state.lesson.rows.length;
    return `\\frac{${termsText(inFirstRows(state, uses.input, 3).map(show), count)}}{${count}}`;
  },
  subtract: ({ input, subtracted }) => `${input} - ${inBrackets(subtracted)}`,
  normalise: ({ input, variance }, state, { uses }, show) => {
    const root = Math.sqrt(named(state, uses.variance).value + state.lesson.facts.epsilon);
    return `\\frac{${input}}{\\sqrt{${variance} + \\varepsilon}} = \\frac{${input}}{${show(root)}}`;
  },
  scale_shift: ({ input, scale, shift }) =>
    `${input} \\cdot ${inBrackets(scale)} + ${inBrackets(shift)}`,
  activation: ({ input, gate }, state, { letters }) =>
    state.lesson.facts.activation === "relu"
      ? `\\max ( 0 , ${input} )`
      : `${letters[0]}_{${state.row}} \\cdot \\Phi ( ${letters[0]}_{${state.row}} ) = ${input} \\cdot ${gate}`,
  tanh: ({ input }) => `\\tanh ( ${input} )`,
  exp_subtract: ({ input, subtracted }) => `e^{${input} - ${inBrackets(subtracted)}}`,
  divide: ({ input, total }) => `\\frac{${input}}{${total}}`,
};

/** The lines of a stage on a step: its equation, and before it what a number in it needs besides. */
function stageLines(state, show, line) {
  if (line.operation === "linear") return sumOfProducts(state, show, line);
  const side = SIDES[line.operation];
  if (!side) return [];
  const order = (name) => state.lesson.columns.findIndex((column) => column.id === name);
  const places = Object.entries(line.uses).sort((one, other) => order(one[1]) - order(other[1]));
  const numbers = Object.fromEntries(places.map(([role, at]) => [role, show(named(state, at))]));
  const index = line.shown.startsWith("foot:") ? "" : `_{${rowIndex(state)}}`;
  const right = `${side(numbers, state, line, show)} = ${show(named(state, line.shown))}`;
  const equation = [`${line.letter}${index} = ${right}`, [state.keyText]];
  if (line.operation !== "normalise") return [equation];
  return [
    [
      `\\sigma^2 = \\mean (c^2) = ${numbers.variance} , \\quad \\varepsilon = \\arg{0}`,
      [smallNumber(state.lesson.facts.epsilon)],
    ],
    equation,
  ];
}

/** A sum of products: the selected row's product, and the sum over all rows. */
function sumOfProducts(state, show, { letters, letter, uses, shown }) {
  const { lesson, row } = state;
  const [x, w] = letters;
  const [input, weight, product, bias, total] = [
    uses.input,
    uses.weight,
    uses.product,
    uses.bias,
    shown,
  ].map((name) => show(named(state, name)));
  const terms = inFirstRows(state, uses.product, 4).map(show);
  return [
    [`${x}_{${row}} \\cdot ${w} = ${input} \\cdot ${inBrackets(weight)} = ${product}`],
    [
      `${letter}_{\\arg{0}} = ${termsText(terms, lesson.rows.length)} + b = \\ldots + ${inBrackets(bias)} = ${total}`,
      [lesson.unitText],
    ],
  ];
}

/**
 * A step's arithmetic: {filled} lines of formulas, and {table} digits where vectors are multiplied.
 * What a step does beyond its stages stands in ARITHMETIC, all else follows from their operations.
 */
export function arithmetic(state, step, show) {
  const own = ARITHMETIC[step.id];
  if (own) return own(state, show);
  return { filled: step.lines.flatMap((line) => stageLines(state, show, line)) };
}

const ARITHMETIC = {
  layer_input: (state, show) => ({
    filled: [[`x_{${state.row}} = ${show(inRow(state, "input"))}`]],
  }),
  query(state, show) {
    const row = queryVector(state);
    const [first, second] = row.numbers.map(show);
    return {
      filled: [[`q_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [state.queryText]]],
      table: dimensionTable(state, [row]),
    };
  },
  key(state, show) {
    const [first, second] = inStrip(state, "key").map(show);
    return {
      filled: [[`k_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [state.keyText]]],
      table: dimensionTable(state, [queryVector(state), keyVector(state, "k", "key")]),
    };
  },
  products(state, show) {
    const { row, dim } = state;
    const q = show(atEdge(state, "head", "key", dim));
    const [k, p] = ["key", "products"].map((name) => show(inRow(state, name, row, dim)));
    return {
      filled: [
        [
          `q_{${dim}} \\cdot k_{\\arg{0} , ${dim}} = ${q} \\cdot ${inBrackets(k)} = ${p}`,
          [state.keyText],
        ],
      ],
      table: productTable(state),
    };
  },
  dot_products(state, show) {
    const terms = inStrip(state, "products");
    const sum = termsText(terms.slice(0, 4).map(show), terms.length);
    const total = show(inRow(state, "dot_products"));
    return {
      filled: [[`q \\cdot k_{\\arg{0}} = ${sum} = ${total}`, [state.keyText]]],
      table: productTable(state),
    };
  },
  attention_scores(state, show) {
    const size = state.lesson.sizes.head_size;
    const dot = show(inRow(state, "dot_products"));
    const score = show(inRow(state, "attention_scores"));
    return {
      filled: [
        [
          `s_{\\arg{0}} = \\frac{${dot}}{\\sqrt{${size}}} = \\frac{${dot}}{${show(Math.sqrt(size))}} = ${score}`,
          [state.keyText],
        ],
      ],
    };
  },
  masked_scores(state, show) {
    const score = show(inRow(state, "attention_scores"));
    const cut = state.lesson.masked[state.row];
    const masked = cut ? "− \\infty" : show(inRow(state, "masked_scores"));
    return {
      filled: [
        [`m_{\\arg{0}} = ${score} + ${cut ? "(− \\infty)" : "0"} = ${masked}`, [state.keyText]],
      ],
    };
  },
  softmax_max(state, show) {
    const { lesson } = state;
    const cut = lesson.masked[state.row];
    const cell = {
      stage: "score_max",
      layer: lesson.layer,
      index: [lesson.head_index, lesson.query],
    };
    const value = Math.max(...lesson.byId.masked_scores.values);
    const largest = inBrackets(show({ value, cell }));
    const masked = cut ? "− \\infty" : show(inRow(state, "masked_scores"));
    const shifted = cut ? "− \\infty" : show(inRow(state, "shifted_scores"));
    return {
      filled: [[`m_{\\arg{0}} - \\max m = ${masked} - ${largest} = ${shifted}`, [state.keyText]]],
    };
  },
  softmax_exp(state, show) {
    const cut = state.lesson.masked[state.row];
    const shifted = cut ? "− \\infty" : show(inRow(state, "shifted_scores"));
    const raised = show(inRow(state, "exponentials"));
    return { filled: [[`e_{\\arg{0}} = e^{${shifted}} = ${raised}`, [state.keyText]]] };
  },
  softmax_sum(state, show) {
    const terms = inFirstRows(state, "exponentials", 6).map(show);
    const total = show(atEdge(state, "foot", "exponentials"));
    return { filled: [[`Z = ${termsText(terms, state.lesson.rows.length)} = ${total}`]] };
  },
  attention_probs(state, show) {
    const raised = show(inRow(state, "exponentials"));
    const total = show(atEdge(state, "foot", "exponentials"));
    const weight = show(inRow(state, "attention_probs"));
    return {
      filled: [[`w_{\\arg{0}} = \\frac{${raised}}{${total}} = ${weight}`, [state.keyText]]],
    };
  },
  value(state, show) {
    const [first, second] = inStrip(state, "value").map(show);
    return {
      filled: [[`v_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [state.keyText]]],
      table: dimensionTable(state, [keyVector(state, "v", "value")]),
    };
  },
  weighted_values(state, show) {
    const { row, dim } = state;
    const weight = show(inRow(state, "attention_probs"));
    const [v, weighted] = ["value", "weighted_values"].map((name) =>
      show(inRow(state, name, row, dim)),
    );
    return {
      filled: [
        [
          `w_{\\arg{0}} \\cdot v_{\\arg{0} , ${dim}} = ${weight} \\cdot ${inBrackets(v)} = ${weighted}`,
          [state.keyText],
        ],
      ],
      table: dimensionTable(state, [
        keyVector(state, "v", "value"),
        keyVector(state, "w v", "weighted_values"),
      ]),
    };
  },
  context(state, show) {
    const { lesson, dim } = state;
    const terms = inFirstRows(state, "weighted_values", 5, dim).map(show);
    const total = show(atEdge(state, "foot", "weighted_values", dim));
    return {
      filled: [[`c_{${dim}} = ${termsText(terms, lesson.rows.length)} = ${total}`]],
      table: digitTable(
        lesson.decimals,
        lesson.words.row_kind,
        lesson.rows.map((token) => token.text),
        [
          { label: formula("w_j"), numbers: inAllRows(state, "attention_probs") },
          { label: formula(`v_{j , ${dim}}`), numbers: inAllRows(state, "value", dim) },
          {
            label: formula(`w_j v_{j , ${dim}}`),
            numbers: inAllRows(state, "weighted_values", dim),
          },
        ],
        state.row,
      ),
    };
  },

  heads_joined: (state, show) => ({
    filled: [[`h_{\\arg{0}} = ${show(inRow(state, "input"))}`, [state.keyText]]],
  }),
};
