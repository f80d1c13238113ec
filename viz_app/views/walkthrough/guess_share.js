// @ts-check
// What can be guessed of the attention weights, how a guess is read, and what was right about it.

import { digits } from "../shared/format.js";

/** @import { SheetView } from "./sheet_view.js" */
/** @typedef {Pick<SheetView, "byId" | "masked" | "decimals">} Weights */

const CLOSE = 0.05; // a guess no further off is a good one

/** @param {Pick<SheetView, "byId">} sheetView */
const weightsOf = ({ byId }) => byId.attention_probs.values;

/**
 * The rows that may be looked at, by their weights, the largest first.
 *
 * @param {Pick<SheetView, "byId" | "masked">} sheetView
 */
export function openRows(sheetView) {
  const weights = weightsOf(sheetView);
  const open = [...weights.keys()].filter((row) => !sheetView.masked[row]);
  return open.sort((a, b) => weights[b] - weights[a]);
}

/**
 * Three rows worth ordering: the largest weight, one from the middle, one from the rest, in the
 * order of the sentence. None when there are too few tokens or two weights look the same.
 *
 * @param {Weights} sheetView
 */
export function rowsToGuess(sheetView) {
  const weights = weightsOf(sheetView);
  const open = openRows(sheetView);
  if (open.length < 4) return [];
  const chosen = [0, 1, 2].map((third) => open[Math.floor((open.length * third) / 3)]);
  const shown = chosen.map((row) => digits(weights[row], sheetView.decimals));
  return new Set(shown).size === 3 ? chosen.sort((a, b) => a - b) : [];
}

/**
 * "right", "first" or "wrong", and the true order.
 *
 * @param {Pick<SheetView, "byId">} sheetView
 * @param {number[]} rows
 * @param {number[]} guessed
 * @returns {{verdict: "right" | "first" | "wrong", order: number[]}}
 */
export function judgeOrder(sheetView, rows, guessed) {
  const weights = weightsOf(sheetView);
  const order = [...rows].sort((a, b) => weights[b] - weights[a]);
  const isRight = order.every((row, place) => row === guessed[place]);
  return { verdict: isRight ? "right" : order[0] === guessed[0] ? "first" : "wrong", order };
}

/**
 * {share} of a typed text, or {problem}: "empty", "text" (no number) or "range" (no share of 1).
 *
 * Decimal commas, full-width digits and the full stop of Chinese keyboards are read as meant.
 *
 * @param {string} typed
 * @returns {{share: number} | {problem: "empty" | "text" | "range"}}
 */
export function readShare(typed) {
  const text = typed
    .normalize("NFKC")
    .trim()
    .replace(/[,、。]/, ".");
  if (!text) return { problem: "empty" };
  const number = text.replace(/\s*%$/, "");
  if (!/^[+\-−]?(\d+\.?\d*|\.\d+)$/.test(number)) return { problem: "text" };
  const value = Number(number.replace("−", "-")) / (number === text ? 1 : 100);
  return value >= 0 && value <= 1 ? { share: value } : { problem: "range" };
}

/**
 * What was right about a guess: "close"; "below_even" (less than an even share, which the largest
 * never is); "both_sharp" and "both_spread" (the right side of one half); "sharper" and "flatter"
 * (the row is).
 *
 * @param {number} guess
 * @param {number} largest
 * @param {number} count of weights
 * @returns {"close" | "below_even" | "both_sharp" | "both_spread" | "sharper" | "flatter"}
 */
function verdictOf(guess, largest, count) {
  if (Math.abs(guess - largest) <= CLOSE) return "close";
  if (guess < 1 / count) return "below_even";
  if (guess >= 0.5) return largest >= 0.5 ? "both_sharp" : "flatter";
  return largest >= 0.5 ? "sharper" : "both_spread";
}

/**
 * How far a guess is from the largest weight of the row, and what was right about it.
 *
 * `gap` is the lead of the largest score before softmax over the next, `ratio` that of its weight.
 *
 * @param {Pick<SheetView, "byId" | "masked">} sheetView
 * @param {number} guess
 */
export function judgeShare(sheetView, guess) {
  const weights = weightsOf(sheetView);
  const scores = sheetView.byId.masked_scores.values;
  const rows = openRows(sheetView);
  const [first, second] = rows;
  const largest = weights[first];
  return {
    guess,
    first,
    second,
    largest,
    distance: Math.abs(guess - largest),
    right: verdictOf(guess, largest, rows.length),
    next: weights[second],
    count: rows.length,
    gap: scores[first] - scores[second],
    ratio: largest / weights[second],
  };
}
