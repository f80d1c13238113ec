// Where a number comes from: the arithmetic of one cell with its operands, each of which leads on.

import { element } from "../shared/elements.js";
import { fill, smallNumber } from "../shared/format.js";
import { digitTable } from "./arithmetic.js";
import { formulaLine, inBrackets, marked } from "./formula.js";

/** The arithmetic of each operation, as LaTeX with the student's own numbers. */
const ORIGINS = {
  learned: () => null,
  lookup: (g) => `${g.entry[0]}`,
  add: (g) =>
    Object.values(g)
      .map((values, i) => (i ? inBrackets(values[0]) : values[0]))
      .join(" + "),
  mean: (g, asked) => `\\frac{${termText(g.input, asked)}}{${asked.total}}`,
  variance: (g, asked) =>
    `\\frac{${termText(
      g.input.map((v) => `${inBrackets(v)}^2`),
      asked,
    )}}{${asked.total}}`,
  subtract: (g) => `${g.input[0]} - ${inBrackets(g.subtracted[0])}`,
  normalise: (g) => `\\frac{${g.input[0]}}{\\sqrt{${g.variance[0]} + \\varepsilon}}`,
  scale_shift: (g) => `${g.input[0]} \\cdot ${inBrackets(g.scale[0])} + ${inBrackets(g.shift[0])}`,
  linear: (g, asked) => `${productText(g.input, g.weight, asked)} + ${inBrackets(g.bias[0])}`,
  multiply: (g) =>
    Object.values(g)
      .map(([value], i) => (i ? inBrackets(value) : value))
      .join(" \\cdot "),
  dot: (g, asked) => productText(g.query, g.key, asked),
  divide_root: (g, asked) => `\\frac{${g.input[0]}}{\\sqrt{${asked.constants.head_size}}}`,
  mask: (g, asked) => `${g.input[0]} + ${asked.constants.mask === 0 ? "0" : "(− \\infty)"}`,
  max: (g, asked) =>
    `\\max ( ${g.input.slice(0, 4).join(" , ")}${asked.total > 4 ? " , \\ldots" : ""} )`,
  exp: (g) => `e^{${g.input[0]}}`,
  exp_subtract: (g) => `e^{${g.input[0]} - ${inBrackets(g.subtracted[0])}}`,
  sum: (g, asked) => termText(g.input, asked),
  divide: (g) => `\\frac{${g.input[0]}}{${g.total[0]}}`,
  weighted_sum: (g, asked) => productText(g.weight, g.value, asked),
  switched_off: () => "0",
  activation: (g, asked) =>
    asked.constants.activation === "relu"
      ? `\\max ( 0 , ${g.input[0]} )`
      : `${g.input[0]} \\cdot \\Phi ( ${g.input[0]} )`,
  tanh: (g) => `\\tanh ( ${g.input[0]} )`,
};

function termText(terms, asked, count = 4) {
  const first = terms.slice(0, count).map((term, index) => (index ? inBrackets(term) : term));
  return first.join(" + ") + (asked.total > count ? " + \\ldots" : "");
}

function productText(left, right, asked) {
  const products = left.map((value, index) => `${value} \\cdot ${inBrackets(right[index])}`);
  return products.slice(0, 3).join(" + ") + (asked.total > 3 ? " + \\ldots" : "");
}

/** Everything about one asked cell; `follow(cell)` is called for an operand that is clicked. */
export function provenancePanel(asked, words, show, decimals, actions) {
  const numbersOf = ({ stage, layer, indices, values }) =>
    values.map((value, index) => ({ value, cell: { stage, layer, index: indices[index] } }));
  const cells = [];
  const write = marked(show, cells);
  const groups = Object.fromEntries(
    asked.groups.map((group) => [group.role, numbersOf(group).map(write)]),
  );
  const result = show(asked.value);
  const text = ORIGINS[asked.operation](groups, asked);
  const heading = element(
    "div",
    { class: "asked-head" },
    element("strong", {}, fill(words.asked, { value: result })),
    element("span", { class: "quiet" }, asked.name),
  );
  const buttons = element("div", { class: "asked-buttons" });
  const button = (label, action) => {
    const made = element("button", { type: "button" }, label);
    made.addEventListener("click", action);
    buttons.append(made);
  };
  if (asked.trail > 1) button(`← ${words.asked_back}`, actions.back);
  if (asked.place) button(`${words.asked_show} →`, () => actions.show(asked.place));
  button(`✕ ${words.asked_close}`, actions.close);
  const panel = element("section", { class: "asked", "aria-live": "polite" }, heading, buttons);
  if (text === null) {
    panel.append(element("p", {}, words.asked_learned));
    return panel;
  }
  panel.append(
    element("p", {}, asked.how),
    formulaLine(`${result} = ${text}`, [], cells, actions.follow),
  );
  const byLength = new Map();
  for (const group of asked.groups) {
    const size = group.values.length;
    byLength.set(size, [...(byLength.get(size) ?? []), group]);
  }
  for (const [size, members] of byLength) {
    const headings = Array.from({ length: size }, (_, index) => members[0].headings[index]);
    const { node, cellOf } = digitTable(
      decimals,
      "",
      headings,
      members.map((group) => ({ label: group.name, numbers: numbersOf(group) })),
      -1,
    );
    node.classList.add("operands");
    for (const cell of node.querySelectorAll("td")) {
      cell.tabIndex = 0;
      cell.setAttribute("role", "button");
    }
    const follow = (event) => {
      if (event.target.closest("td")) actions.follow(cellOf(event.target));
    };
    node.addEventListener("click", follow);
    node.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      follow(event);
    });
    panel.append(element("div", { class: "scroll" }, node));
  }
  if (asked.rest !== null) {
    panel.append(
      element(
        "p",
        { class: "quiet" },
        fill(words.asked_rest, {
          shown: asked.shown,
          count: asked.total - asked.shown,
          rest: show(asked.rest),
        }),
      ),
    );
  }
  panel.append(
    element(
      "p",
      { class: "check" },
      `✓ ${fill(words.asked_check, { difference: smallNumber(Math.abs(asked.recomputed - asked.value)) })}`,
    ),
  );
  return panel;
}
