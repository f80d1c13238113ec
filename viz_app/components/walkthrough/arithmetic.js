// A step's formula with the student's own numbers, and the digits that it was made from.
// Every entry takes the state of the view and a function that writes a number as on screen.

/** Rows of aligned digits, one column per dimension or token, inside their own scroll box. */
function digitTable(decimals, headings, rows, chosen) {
  const headRow = element("tr", {}, element("th", {}));
  headings.forEach((heading, index) => {
    headRow.append(
      element("th", { class: index === chosen ? "chosen" : null, scope: "col" }, heading),
    );
  });
  const body = element("tbody");
  rows.forEach(({ label, values, group }) => {
    const line = element("tr", {}, element("th", { scope: "row" }, label));
    values.forEach((value, index) => {
      line.append(
        element(
          "td",
          {
            class: index === chosen ? "chosen" : null,
            "data-index": index,
            "data-group": group,
            title: allDigits(value),
          },
          digits(value, decimals),
        ),
      );
    });
    body.append(line);
  });
  return element("table", { class: "digits" }, element("thead", {}, headRow), body);
}

function dimensionTable(state, rows) {
  const size = state.lesson.sizes.head_size;
  const headings = Array.from({ length: size }, (_, index) => String(index));
  return digitTable(state.lesson.decimals, headings, rows, state.dim);
}

function keyVector(state, letter, name) {
  const label = formula(`${letter}_{\\arg{0}}`, [state.keyText]);
  return { label, values: [...vector(state.lesson, name, state.row)] };
}

function productTable(state) {
  return dimensionTable(state, [
    { label: formula("q"), values: [...state.lesson.headRow.key] },
    keyVector(state, "k", "key"),
    keyVector(state, "q \\odot k", "products"),
  ]);
}

/** The selected row's number in a column. */
function inRow(state, name) {
  return state.lesson.byId[name].values[state.row];
}

function lookup(table, index) {
  return (state, show) => ({
    filled: [
      [
        `\\text{${table}}_{${state.row}} = E_{\\text{${table}}} [ ${state.lesson.facts[index]} , ${state.row} ] = ${show(inRow(state, `${index === "segment" ? "token_type" : index === "id" ? "word" : index}_embeddings`))}`,
      ],
    ],
  });
}

function addition(names, total) {
  return (state, show) => {
    const terms = names.map((name) => show(inRow(state, name)));
    return {
      filled: [[`s_{${state.row}} = ${sumText(terms, terms.length, show(inRow(state, total)))}`]],
    };
  };
}

/** The three steps of a LayerNorm whose input column is `total`. */
function normSteps(prefix, total, output) {
  const centred = `${prefix}_centred`;
  const normalised = `${prefix}_normalised`;
  return {
    [centred](state, show) {
      const mean = state.lesson.footRow[total][0];
      return {
        filled: [
          [
            `\\mu = \\frac{${sumText([...state.lesson.byId[total].values].map(show), 3, "").replace(/ = $/, "")}}{${state.lesson.rows.length}} = ${show(mean)}`,
          ],
          [
            `c_{${state.row}} = ${show(inRow(state, total))} - ${inBrackets(show(mean))} = ${show(inRow(state, centred))}`,
          ],
        ],
      };
    },
    [normalised](state, show) {
      const variance = state.lesson.footRow[centred][0];
      const { epsilon } = state.lesson.facts;
      return {
        filled: [
          [`\\sigma^2 = \\mean (c^2) = ${show(variance)} , \\quad \\varepsilon = \\arg{0}`, [smallNumber(epsilon)]],
          [
            `n_{${state.row}} = \\frac{${show(inRow(state, centred))}}{\\sqrt{${show(variance)} + \\varepsilon}} = \\frac{${show(inRow(state, centred))}}{${show(Math.sqrt(variance + epsilon))}} = ${show(inRow(state, normalised))}`,
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
    const terms = [...lesson.byId[`${prefix}product`].values].map(show);
    const bias = show(lesson.footRow[`${prefix}weight`][0]);
    const total = show(lesson.footRow[`${prefix}product`][0]);
    const first = terms.slice(0, 4).map((term, index) => (index ? inBrackets(term) : term));
    return {
      filled: [
        [
          `${x}_{${row}} \\cdot ${w} = ${show(inRow(state, "input"))} \\cdot ${inBrackets(show(inRow(state, `${prefix}weight`)))} = ${show(inRow(state, `${prefix}product`))}`,
        ],
        [
          `${y}_{\\arg{0}} = ${first.join(" + ")} + \\ldots + b = \\ldots + ${inBrackets(bias)} = ${total}`,
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
        filled: [[`${g}_{${row}} = \\max ( 0 , ${show(inRow(state, source))} ) = ${show(inRow(state, output))}`]],
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
  const { facts } = state.lesson;
  return [
    `e_{\\arg{0}} = e^{${show(inRow(state, "logits"))} - ${inBrackets(show(facts.largest))}} = ${show(inRow(state, "exponentials"))}`,
    [state.keyText],
  ];
}

function softmaxShare(state, show) {
  const total = show(state.lesson.footRow.exponentials[0]);
  return [
    `P_{\\arg{0}} = \\frac{${show(inRow(state, "exponentials"))}}{${total}} = ${show(inRow(state, "probs"))}`,
    [state.keyText],
  ];
}

const ARITHMETIC = {
  word_embeddings: lookup("word", "id"),
  position_embeddings: lookup("position", "position"),
  token_type_embeddings: lookup("segment", "segment"),
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
    const q = state.lesson.headRow.key;
    return {
      filled: [
        [`q_{\\arg{0}} = [ ${show(q[0])} , ${show(q[1])} , \\ldots ]`, [state.queryText]],
      ],
      table: dimensionTable(state, [{ label: formula("q"), values: [...q] }]),
    };
  },
  key(state, show) {
    const k = vector(state.lesson, "key", state.row);
    return {
      filled: [[`k_{\\arg{0}} = [ ${show(k[0])} , ${show(k[1])} , \\ldots ]`, [state.keyText]]],
      table: dimensionTable(state, [
        { label: formula("q"), values: [...state.lesson.headRow.key] },
        keyVector(state, "k", "key"),
      ]),
    };
  },
  products(state, show) {
    const q = state.lesson.headRow.key[state.dim];
    const k = vector(state.lesson, "key", state.row)[state.dim];
    const p = vector(state.lesson, "products", state.row)[state.dim];
    return {
      filled: [
        [
          `q_{${state.dim}} \\cdot k_{\\arg{0} , ${state.dim}} = ${show(q)} \\cdot ${inBrackets(show(k))} = ${show(p)}`,
          [state.keyText],
        ],
      ],
      table: productTable(state),
    };
  },
  dot_products(state, show) {
    const terms = [...vector(state.lesson, "products", state.row)].map(show);
    const total = show(inRow(state, "dot_products"));
    return {
      filled: [[`q \\cdot k_{\\arg{0}} = ${sumText(terms, 4, total)}`, [state.keyText]]],
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
        [
          `m_{\\arg{0}} = ${score} + ${cut ? "(− \\infty)" : "0"} = ${masked}`,
          [state.keyText],
        ],
      ],
    };
  },
  softmax_max(state, show) {
    const cut = state.lesson.masked[state.row];
    const largest = inBrackets(show(Math.max(...state.lesson.byId.masked_scores.values)));
    const masked = cut ? "− \\infty" : show(inRow(state, "masked_scores"));
    const shifted = cut ? "− \\infty" : show(inRow(state, "shifted_scores"));
    return {
      filled: [
        [`m_{\\arg{0}} - \\max m = ${masked} - ${largest} = ${shifted}`, [state.keyText]],
      ],
    };
  },
  softmax_exp(state, show) {
    const cut = state.lesson.masked[state.row];
    const shifted = cut ? "− \\infty" : show(inRow(state, "shifted_scores"));
    const raised = show(inRow(state, "exponentials"));
    return { filled: [[`e_{\\arg{0}} = e^{${shifted}} = ${raised}`, [state.keyText]]] };
  },
  softmax_sum(state, show) {
    const terms = [...state.lesson.byId.exponentials.values].map(show);
    return {
      filled: [[`Z = ${sumText(terms, 6, show(state.lesson.footRow.exponentials[0]))}`]],
    };
  },
  attention_probs(state, show) {
    const raised = show(inRow(state, "exponentials"));
    const total = show(state.lesson.footRow.exponentials[0]);
    const weight = show(inRow(state, "attention_probs"));
    return {
      filled: [[`w_{\\arg{0}} = \\frac{${raised}}{${total}} = ${weight}`, [state.keyText]]],
    };
  },
  value(state, show) {
    const v = vector(state.lesson, "value", state.row);
    return {
      filled: [[`v_{\\arg{0}} = [ ${show(v[0])} , ${show(v[1])} , \\ldots ]`, [state.keyText]]],
      table: dimensionTable(state, [keyVector(state, "v", "value")]),
    };
  },
  weighted_values(state, show) {
    const v = vector(state.lesson, "value", state.row);
    const weighted = vector(state.lesson, "weighted_values", state.row);
    const weight = show(inRow(state, "attention_probs"));
    return {
      filled: [
        [
          `w_{\\arg{0}} \\cdot v_{\\arg{0} , ${state.dim}} = ${weight} \\cdot ${inBrackets(show(v[state.dim]))} = ${show(weighted[state.dim])}`,
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
    const of = (name) => lesson.rows.map((_, row) => vector(lesson, name, row)[dim]);
    const terms = of("weighted_values").map(show);
    return {
      filled: [[`c_{${dim}} = ${sumText(terms, 5, show(lesson.footRow.weighted_values[dim]))}`]],
      table: digitTable(
        lesson.decimals,
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
