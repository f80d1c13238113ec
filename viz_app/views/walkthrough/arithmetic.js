// @ts-check
// A step's formula with the student's own numbers, and the digits that it was made from.
// Every entry takes where the student looks and a function that writes a number as on screen; a
// number is {value, cell}, so that each digit can be asked where it comes from, or bare where it is
// no cell.

import { smallNumber } from "../shared/format.js";
import { digitTable } from "./digit_table.js";
import { formula } from "./formula.js";
import { inBrackets, ofOperand, termsText } from "./latex.js";
import { digitsPerLine } from "./layout.js";
import { ORIGINS } from "./origins.js";
import { cellAt, columnOf, keyText, queryText } from "./sheet_view.js";

/** @import { Edges, LineShown, StepShown } from "../payloads.js" */
/** @import { DigitRow, DigitTable } from "./digit_table.js" */
/** @import { CellNumber, Show } from "./formula.js" */
/** @import { Here } from "./sheet_view.js" */
/** @typedef {[latex: string, args?: string[]]} Line */
/** @typedef {(state: Here, show: Show) => {filled: Line[], table?: DigitTable}} Arithmetic */

/**
 * @param {Here} state
 * @param {DigitRow[]} rows
 */
function dimensionTable(state, rows) {
  const size = state.sheetView.sizes.head_size;
  const headings = Array.from({ length: size }, (_, index) => String(index));
  const { decimals, labels } = state.sheetView;
  const perLine = digitsPerLine(size, state.layout?.available ?? Infinity);
  return digitTable(decimals, labels.dimension, headings, rows, state.dim, perLine);
}

/**
 * The number of a column in a row, by default the selected one; of a strip at a dimension.
 *
 * @param {Here} here
 * @param {string} name
 * @param {number} [row]
 * @param {number} [dim]
 * @returns {CellNumber}
 */
function inRow({ sheetView, row: selectedRow }, name, row = selectedRow, dim = 0) {
  const { values, width, cell } = sheetView.byId[name];
  return { value: values[row * width + dim], cell: cellAt(sheetView, cell, row, dim) };
}

/**
 * The numbers of a column in all rows.
 *
 * @param {Here} state
 * @param {string} name
 * @param {number} [dim]
 */
function inAllRows(state, name, dim) {
  return state.sheetView.rows.map((_, row) => inRow(state, name, row, dim));
}

/**
 * The same, of the first few rows: a sum over a thousand of them is not written out.
 *
 * @param {Here} state
 * @param {string} name
 * @param {number} most
 * @param {number} [dim]
 */
function inFirstRows(state, name, most, dim) {
  const count = Math.min(most, state.sheetView.rows.length);
  return Array.from({ length: count }, (_, row) => inRow(state, name, row, dim));
}

/**
 * The numbers of a strip in the selected row.
 *
 * @param {Here} state
 * @param {string} name
 */
function inStrip(state, name) {
  const { width } = state.sheetView.byId[name];
  return Array.from({ length: width }, (_, dim) => inRow(state, name, state.row, dim));
}

/**
 * The number of the first ("head") or last ("foot") row in a column.
 *
 * @param {Here} here
 * @param {Edges} part
 * @param {string} name
 * @param {number} [dim]
 * @returns {CellNumber}
 */
function atEdge({ sheetView }, part, name, dim = 0) {
  return {
    value: sheetView[`${part}Row`][name][dim],
    cell: cellAt(sheetView, sheetView[part][name].cell, part, dim),
  };
}

/**
 * @param {Here} state
 */
function queryVector(state) {
  const { length } = state.sheetView.headRow.key;
  const numbers = Array.from({ length }, (_, dim) => atEdge(state, "head", "key", dim));
  return { label: formula("q"), numbers };
}

/**
 * @param {Here} state
 * @param {string} letter
 * @param {string} name
 */
function keyVector(state, letter, name) {
  const label = formula(`${letter}_{\\arg{0}}`, [keyText(state)]);
  return { label, numbers: inStrip(state, name) };
}

/**
 * @param {Here} state
 */
function productTable(state) {
  return dimensionTable(state, [
    queryVector(state),
    keyVector(state, "k", "key"),
    keyVector(state, "q \\odot k", "products"),
  ]);
}

/**
 * The number at a name that a step gives: of a column in the selected row, or "foot:column".
 *
 * @param {Here} state
 * @param {string} name
 */
function named(state, name) {
  const column = columnOf(name);
  return name === column ? inRow(state, column) : atEdge(state, edgeOf(name), column);
}

/**
 * @param {string} name
 * @returns {Edges}
 */
const edgeOf = (name) => (name.startsWith("head:") ? "head" : "foot");

/**
 * What a row is called in a formula: its number, or in its place a word as \arg{0}.
 *
 * @param {Here} state
 */
function rowIndex({ sheetView, row }) {
  return sheetView.rows[row].label === String(row) ? String(row) : "\\arg{0}";
}

/** @typedef {(numbers: Record<string, string>, state: Here, line: LineShown, show: Show) => string} Side */

/**
 * Where a step says more than `ORIGINS` of one number does: the right-hand side with the student's
 * own numbers, of each operand by its role.
 *
 * @type {Record<string, Side>}
 */
const SIDES = {
  lookup: (_, { sheetView, row }, { stage, letters }) =>
    `${letters[0]} [ ${sheetView.facts[stage]} , ${row} ]`,
  mask: ({ input }, { sheetView, row }) =>
    `${input} + ${sheetView.masked[row] ? "(− \\infty)" : "0"}`,
  mean: (_, state, { uses }, show) => {
    const count = state.sheetView.rows.length;
    return `\\frac{${termsText(inFirstRows(state, uses.input, 3).map(show), count)}}{${count}}`;
  },
  divide_root: ({ input }, { sheetView }, _, show) => {
    const size = sheetView.sizes.head_size;
    return `\\frac{${input}}{\\sqrt{${size}}} = \\frac{${input}}{${show(Math.sqrt(size))}}`;
  },
  normalise: ({ input, variance }, state, { uses }, show) => {
    const root = Math.sqrt(
      named(state, uses.variance).value + Number(state.sheetView.facts.epsilon),
    );
    return `\\frac{${input}}{\\sqrt{${variance} + \\varepsilon}} = \\frac{${input}}{${show(root)}}`;
  },
  activation: ({ input, gate }, state, { letters }) => {
    const { facts } = state.sheetView;
    if (!facts.activation_gate) return ofOperand(facts.activation_latex, input);
    const u = `${letters[0]}_{${state.row}}`;
    return `${ofOperand(facts.activation_latex, u)} = ${input} \\cdot ${gate}`;
  },
};
/** Operations of one number per operand, which are written as for one number asked about. */
for (const name of ["add", "subtract", "scale_shift", "divide", "exp", "exp_subtract", "tanh"]) {
  SIDES[name] = (numbers) => {
    const operands = Object.entries(numbers).map(([role, number]) => [role, [number]]);
    return ORIGINS[name](Object.fromEntries(operands), { total: 1, constants: {} }) ?? "";
  };
}

const CLOSED = -1e38; // what the mask has pushed down lies below: no number, but −∞

/**
 * The lines of a stage on a step: its equation, and before it what a number in it needs besides.
 *
 * @param {Here} state
 * @param {Show} show
 * @param {LineShown} line
 * @returns {Line[]}
 */
function stageLines(state, show, line) {
  if (line.operation === "linear") return sumOfProducts(state, show, line);
  const side = SIDES[line.operation];
  if (!side) return [];
  const order = (/** @type {[string, string]} */ [, name]) =>
    state.sheetView.columns.findIndex((column) => column.id === name);
  const places = Object.entries(line.uses).sort((one, other) => order(one) - order(other));
  const write = (/** @type {string} */ name) => {
    const number = named(state, name);
    return number.value < CLOSED ? "− \\infty" : show(number);
  };
  const numbers = Object.fromEntries(places.map(([role, name]) => [role, write(name)]));
  const index = line.shown.startsWith("foot:") ? "" : `_{${rowIndex(state)}}`;
  const right = `${side(numbers, state, line, show)} = ${write(line.shown)}`;
  /** @type {Line} */
  const equation = [`${line.letter}${index} = ${right}`, [keyText(state)]];
  if (line.operation !== "normalise") return [equation];
  const epsilon = smallNumber(Number(state.sheetView.facts.epsilon));
  const variance = `\\sigma^2 = \\mean (c^2) = ${numbers.variance}`;
  return [[`${variance} , \\quad \\varepsilon = \\arg{0}`, [epsilon]], equation];
}

/**
 * A sum of products: the selected row's product, and the sum over all rows.
 *
 * @param {Here} state
 * @param {Show} show
 * @param {LineShown} line
 * @returns {Line[]}
 */
function sumOfProducts(state, show, { letters, letter, uses, shown }) {
  const { sheetView, row } = state;
  const [x, w] = letters;
  const places = [uses.input, uses.weight, uses.product, uses.bias, shown];
  const [input, weight, product, bias, total] = places.map((name) => show(named(state, name)));
  const terms = termsText(inFirstRows(state, uses.product, 4).map(show), sheetView.rows.length);
  const sum = `${letter}_{\\arg{0}} = ${terms} + b = \\ldots + ${inBrackets(bias)} = ${total}`;
  return [
    [`${x}_{${row}} \\cdot ${w} = ${input} \\cdot ${inBrackets(weight)} = ${product}`],
    [sum, [sheetView.unitText]],
  ];
}

/**
 * A step's arithmetic: `filled` lines of formulas, and a `table` of digits where vectors are
 * multiplied. What a step does beyond its stages stands in ARITHMETIC, all else follows from their
 * operations.
 *
 * @param {Here} state
 * @param {StepShown} step
 * @param {Show} show
 * @returns {ReturnType<Arithmetic>}
 */
export function arithmetic(state, step, show) {
  const own = ARITHMETIC[step.id];
  if (own) return own(state, show);
  return { filled: step.lines.flatMap((line) => stageLines(state, show, line)) };
}

/** @type {Record<string, Arithmetic>} */
const ARITHMETIC = {
  layer_input: (state, show) => ({
    filled: [[`x_{${state.row}} = ${show(inRow(state, "input"))}`]],
  }),
  query(state, show) {
    const row = queryVector(state);
    const [first, second] = row.numbers.map(show);
    return {
      filled: [[`q_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [queryText(state)]]],
      table: dimensionTable(state, [row]),
    };
  },
  key(state, show) {
    const [first, second] = inStrip(state, "key").map(show);
    return {
      filled: [[`k_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [keyText(state)]]],
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
          [keyText(state)],
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
      filled: [[`q \\cdot k_{\\arg{0}} = ${sum} = ${total}`, [keyText(state)]]],
      table: productTable(state),
    };
  },
  softmax_max(state, show) {
    const { sheetView } = state;
    const cut = sheetView.masked[state.row];
    const cell = {
      stage: "score_max",
      layer: sheetView.layer,
      index: [sheetView.head_index, sheetView.query],
    };
    const value = Math.max(...sheetView.byId.masked_scores.values);
    const largest = inBrackets(show({ value, cell }));
    const masked = cut ? "− \\infty" : show(inRow(state, "masked_scores"));
    const shifted = cut ? "− \\infty" : show(inRow(state, "shifted_scores"));
    return {
      filled: [[`m_{\\arg{0}} - \\max m = ${masked} - ${largest} = ${shifted}`, [keyText(state)]]],
    };
  },
  softmax_sum(state, show) {
    const terms = inFirstRows(state, "exponentials", 6).map(show);
    const total = show(atEdge(state, "foot", "exponentials"));
    return { filled: [[`Z = ${termsText(terms, state.sheetView.rows.length)} = ${total}`]] };
  },
  value(state, show) {
    const [first, second] = inStrip(state, "value").map(show);
    return {
      filled: [[`v_{\\arg{0}} = [ ${first} , ${second} , \\ldots ]`, [keyText(state)]]],
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
          [keyText(state)],
        ],
      ],
      table: dimensionTable(state, [
        keyVector(state, "v", "value"),
        keyVector(state, "w v", "weighted_values"),
      ]),
    };
  },
  context(state, show) {
    const { sheetView, dim } = state;
    const terms = inFirstRows(state, "weighted_values", 5, dim).map(show);
    const total = show(atEdge(state, "foot", "weighted_values", dim));
    return {
      filled: [[`c_{${dim}} = ${termsText(terms, sheetView.rows.length)} = ${total}`]],
      table: digitTable(
        sheetView.decimals,
        sheetView.labels.row_kind,
        sheetView.rows.map((token) => token.text),
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
    filled: [[`h_{\\arg{0}} = ${show(inRow(state, "input"))}`, [keyText(state)]]],
  }),
};
