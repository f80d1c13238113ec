// @ts-check
// What the line view says in words.

import { digits, fill } from "../shared/format.js";

/** @import { LinesHeader, LinesPlace } from "../payloads.js" */
/** @import { Chosen, Weights } from "./weights.js" */

const READ_OUT = 5; // pairs named for the token pointed at

/**
 * The strongest pairs of a token in digits: of the one head shown, or the mean of those shown.
 *
 * @param {Pick<LinesHeader, "labels" | "tokens">} header
 * @param {Weights} weights
 * @param {LinesPlace} place
 * @param {number[]} heads
 */
export function tokenSentence({ labels, tokens }, weights, place, heads) {
  const about = weights.sparse && heads.length > 1 ? "≈ " : "";
  const means = weights.means(place, heads).map((mean, index) => ({ mean, index }));
  means.sort((a, b) => b.mean - a.mean);
  const pairs = means
    .slice(0, READ_OUT)
    .map(({ mean, index }) => `${tokens[index].label} ${about}${digits(mean, 3)}`);
  const template = place.side === "query" ? labels.looks : labels.seen;
  const text = fill(template, { token: tokens[place.index].label, pairs: pairs.join(" · ") });
  const mean = heads.length > 1 ? ` ${fill(labels.mean, { heads: heads.length })}` : "";
  const hidden = place.side === "query" ? weights.hiddenOf(place.index, heads) : 0;
  const left = hidden > 0 ? ` ${fill(labels.hidden, { value: digits(hidden, 3) })}` : "";
  return text + mean + left;
}

/**
 * How many lines are drawn, and how much of all weight they are.
 *
 * @param {Pick<LinesHeader, "labels" | "tokens">} header
 * @param {Weights} weights
 * @param {Chosen} chosen
 * @param {number[]} heads
 * @param {number | null} query the one token whose lines are drawn, null for all
 */
export function countSentence({ labels, tokens }, weights, chosen, heads, query) {
  const all = heads.length * (query === null ? weights.many : 1);
  const share = all ? (100 * chosen.weight) / all : 0;
  const text = fill(query === null ? labels.count : labels.count_of, {
    token: query === null ? "" : tokens[query].label,
    shown: chosen.count,
    total: weights.countOf(heads, query),
    weight: `${digits(share, 0)} %`,
  });
  return weights.sparse ? `${text} ${labels.sparse}` : text;
}
