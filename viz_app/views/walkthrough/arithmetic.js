// A step's formula with the student's own numbers, and the digits that it was made from.
// Every entry takes the state of the view and a function that writes a number as on screen; a number
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

function lookup(column, index) {
  return (state, show) => {
    const { symbol } = state.lesson.byId[column];
    const found = show(inRow(state, column));
    return {
      filled: [
        [
          `${symbol}_{${state.row}} = E_{${symbol}} [ ${state.lesson.facts[index]} , ${state.row} ] = ${found}`,
        ],
      ],
    };
  };
}

function addition(names, total) {
  return (state, show) => {
    const terms = names.map((name) => show(inRow(state, name)));
    return {
      filled: [
        [`s_{${state.row}} = ${termsText(terms, terms.length)} = ${show(inRow(state, total))}`],
      ],
    };
  };
}

/** The three steps of a LayerNorm whose input column is `total`. */
function normSteps(prefix, total, output) {
  const centred = `${prefix}_centred`;
  const normalised = `${prefix}_normalised`;
  return {
    [centred](state, show) {
      const mean = atEdge(state, "foot", total);
      return {
        filled: [
          [
            `\\mu = \\frac{${termsText(inFirstRows(state, total, 3).map(show), state.lesson.rows.length)}}{${state.lesson.rows.length}} = ${show(mean)}`,
          ],
          [
            `c_{${state.row}} = ${show(inRow(state, total))} - ${inBrackets(show(mean))} = ${show(inRow(state, centred))}`,
          ],
        ],
      };
    },
    [normalised](state, show) {
      const variance = atEdge(state, "foot", centred);
      const { epsilon } = state.lesson.facts;
      return {
        filled: [
          [
            `\\sigma^2 = \\mean (c^2) = ${show(variance)} , \\quad \\varepsilon = \\arg{0}`,
            [smallNumber(epsilon)],
          ],
          [
            `n_{${state.row}} = \\frac{${show(inRow(state, centred))}}{\\sqrt{${show(variance)} + \\varepsilon}} = \\frac{${show(inRow(state, centred))}}{${show(Math.sqrt(variance.value + epsilon))}} = ${show(inRow(state, normalised))}`,
          ],
        ],
      };
    },
    [output](state, show) {
      return {
        filled: [
          [
            `y_{${state.row}} = ${show(inRow(state, normalised))} \\cdot ${inBrackets(show(inRow(state, "scale")))} + ${inBrackets(show(inRow(state, "shift")))} = ${show(inRow(state, output))}`,
          ],
        ],
      };
    },
  };
}

/** A sum of products: the selected row's product, and the sum over all rows. */
function sumOfProducts(letters, prefix = "") {
  const [x, w, y] = letters;
  return (state, show) => {
    const { lesson, row } = state;
    const terms = inFirstRows(state, `${prefix}product`, 4).map(show);
    const bias = show(atEdge(state, "foot", `${prefix}weight`));
    const total = show(atEdge(state, "foot", `${prefix}product`));
    return {
      filled: [
        [
          `${x}_{${row}} \\cdot ${w} = ${show(inRow(state, "input"))} \\cdot ${inBrackets(show(inRow(state, `${prefix}weight`)))} = ${show(inRow(state, `${prefix}product`))}`,
        ],
        [
          `${y}_{\\arg{0}} = ${termsText(terms, lesson.rows.length)} + b = \\ldots + ${inBrackets(bias)} = ${total}`,
          [lesson.unitText],
        ],
      ],
    };
  };
}

function gated(source, output, letters) {
  return (state, show) => {
    const { row, lesson } = state;
    const [u, g] = letters;
    if (lesson.facts.activation === "relu") {
      return {
        filled: [
          [
            `${g}_{${row}} = \\max ( 0 , ${show(inRow(state, source))} ) = ${show(inRow(state, output))}`,
          ],
        ],
      };
    }
    return {
      filled: [
        [
          `${g}_{${row}} = ${u}_{${row}} \\cdot \\Phi ( ${u}_{${row}} ) = ${show(inRow(state, source))} \\cdot ${show(inRow(state, "gate"))} = ${show(inRow(state, output))}`,
        ],
      ],
    };
  };
}

function softmaxExponent(state, show) {
  const { cell } = atEdge(state, "foot", "exponentials");
  const stage = cell.stage.replace("exponential_sum", "max");
  const largest = { value: state.lesson.facts.largest, cell: { ...cell, stage } };
  return [
    `e_{\\arg{0}} = e^{${show(inRow(state, "logits"))} - ${inBrackets(show(largest))}} = ${show(inRow(state, "exponentials"))}`,
    [state.keyText],
  ];
}

function softmaxShare(state, show) {
  const total = show(atEdge(state, "foot", "exponentials"));
  return [
    `P_{\\arg{0}} = \\frac{${show(inRow(state, "exponentials"))}}{${total}} = ${show(inRow(state, "probs"))}`,
    [state.keyText],
  ];
}

export const ARITHMETIC = {
  word_embeddings: lookup("word_embeddings", "id"),
  position_embeddings: lookup("position_embeddings", "position"),
  token_type_embeddings: lookup("token_type_embeddings", "segment"),
  embedding_sum: addition(
    ["word_embeddings", "position_embeddings", "token_type_embeddings"],
    "embedding_sum",
  ),
  ...normSteps("embedding", "embedding_sum", "embedding_output"),
  layer_input: (state, show) => ({
    filled: [[`x_{${state.row}} = ${show(inRow(state, "input"))}`]],
  }),
  query_projection: sumOfProducts(["x", "W_Q", "q"], "query_"),
  key_projection: sumOfProducts(["x", "W_K", "k"], "key_"),
  value_projection: sumOfProducts(["x", "W_V", "v"], "value_"),

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
  attention_output: sumOfProducts(["h", "W_O", "o"]),
  attention_residual: addition(["residual", "output"], "attention_residual"),
  ...normSteps("attention", "attention_residual", "attention_norm"),
  intermediate_input: sumOfProducts(["y", "W_1", "u"]),
  intermediate: gated("intermediate_input", "intermediate", ["u", "g"]),
  ffn_output: sumOfProducts(["g", "W_2", "f"]),
  ffn_residual: addition(["residual", "output"], "ffn_residual"),
  ...normSteps("ffn", "ffn_residual", "hidden_states"),
  mlm_dense: sumOfProducts(["x", "W_M", "u"]),
  mlm_activation: gated("mlm_dense", "mlm_activation", ["u", "s"]),
  ...normSteps("mlm", "mlm_activation", "mlm_transformed"),
  mlm_logits: sumOfProducts(["y", "E", "z"]),
  mlm_exponentials: (state, show) => ({ filled: [softmaxExponent(state, show)] }),
  mlm_probs: (state, show) => ({ filled: [softmaxShare(state, show)] }),
  pooled_input: sumOfProducts(["x", "W_P", "u"]),
  pooled_output: (state, show) => ({
    filled: [
      [
        `p_{${state.row}} = \\tanh ( ${show(inRow(state, "pooled_input"))} ) = ${show(inRow(state, "pooled_output"))}`,
      ],
    ],
  }),
  nsp_logits: sumOfProducts(["p", "W_N", "z"]),
  nsp_probs: (state, show) => ({
    filled: [softmaxExponent(state, show), softmaxShare(state, show)],
  }),
};
