// @ts-check
// The arithmetic of each operation, as LaTeX with the student's own numbers.

import { inBrackets, ofOperand, termsText } from "./latex.js";

/** @import { Asked } from "../payloads.js" */
/** @typedef {Record<string, string[]>} Operands by role, as they stand in the formula */
/** @typedef {Pick<Asked, "total" | "constants">} Facts */
/** @typedef {(operands: Operands, facts: Facts) => string | null} Origin null for what was learned */

/**
 * @param {string[]} terms
 * @param {Facts} facts
 */
const sum = (terms, { total }) => termsText(terms.slice(0, 4), total);

/**
 * @param {string[]} left
 * @param {string[]} right
 * @param {Facts} facts
 */
function products(left, right, { total }) {
  const all = left.map((value, index) => `${value} \\cdot ${inBrackets(right[index])}`);
  return all.slice(0, 3).join(" + ") + (total > 3 ? " + \\ldots" : "");
}

/**
 * The first number of each role, joined; all but the first in brackets where they are negative.
 *
 * @param {Operands} operands
 * @param {string} sign
 */
const joined = (operands, sign) =>
  Object.values(operands)
    .map(([value], index) => (index ? inBrackets(value) : value))
    .join(sign);

/** @type {Record<string, Origin>} */
export const ORIGINS = {
  learned: () => null,
  lookup: ({ entry }) => entry[0],
  add: (operands) => joined(operands, " + "),
  mean: ({ input }, facts) => `\\frac{${sum(input, facts)}}{${facts.total}}`,
  variance: ({ input }, facts) => {
    const squares = input.map((value) => `${inBrackets(value)}^2`);
    return `\\frac{${sum(squares, facts)}}{${facts.total}}`;
  },
  subtract: ({ input, subtracted }) => `${input[0]} - ${inBrackets(subtracted[0])}`,
  normalise: ({ input, variance }) => `\\frac{${input[0]}}{\\sqrt{${variance[0]} + \\varepsilon}}`,
  scale_shift: ({ input, scale, shift }) =>
    `${input[0]} \\cdot ${inBrackets(scale[0])} + ${inBrackets(shift[0])}`,
  linear: ({ input, weight, bias }, facts) =>
    `${products(input, weight, facts)} + ${inBrackets(bias[0])}`,
  multiply: (operands) => joined(operands, " \\cdot "),
  dot: ({ query, key }, facts) => products(query, key, facts),
  divide_root: ({ input }, { constants }) => `\\frac{${input[0]}}{\\sqrt{${constants.head_size}}}`,
  mask: ({ input }, { constants }) => `${input[0]} + ${constants.mask === 0 ? "0" : "(− \\infty)"}`,
  max: ({ input }, { total }) =>
    `\\max ( ${input.slice(0, 4).join(" , ")}${total > 4 ? " , \\ldots" : ""} )`,
  exp: ({ input }) => `e^{${input[0]}}`,
  exp_subtract: ({ input, subtracted }) => `e^{${input[0]} - ${inBrackets(subtracted[0])}}`,
  sum: ({ input }, facts) => sum(input, facts),
  divide: ({ input, total }) => `\\frac{${input[0]}}{${total[0]}}`,
  weighted_sum: ({ weight, value }, facts) => products(weight, value, facts),
  switched_off: () => "0",
  activation: ({ input }, { constants }) => ofOperand(constants.activation_latex, input[0]),
  tanh: ({ input }) => `\\tanh ( ${input[0]} )`,
};
