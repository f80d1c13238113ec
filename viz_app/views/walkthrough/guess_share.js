// A guessed share: how it is read from what was typed, and what was right about it.

const CLOSE = 0.05; // a guess no further off is a good one

/** The rows that may be looked at, by their weights, the largest first. */
export function openRows(lesson) {
  const weights = lesson.byId.attention_probs.values;
  const open = [...weights.keys()].filter((row) => !lesson.masked[row]);
  return open.sort((a, b) => weights[b] - weights[a]);
}

/**
 * {share} of a typed text, or {problem}: "empty", "text" (no number) or "range" (no share of 1).
 *
 * Decimal commas, full-width digits and the full stop of Chinese keyboards are read as meant.
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
 * How far a guess is from the largest weight of the row, and what was right about it.
 *
 * `right` is one of: "close"; "below_even" (less than an even share, which the largest never is);
 * "both_sharp" and "both_spread" (the right side of one half); "sharper" and "flatter" (the row is).
 * `gap` is the lead of the largest score before softmax over the next, `ratio` that of its weight.
 */
export function judgeShare(lesson, guess) {
  const weights = lesson.byId.attention_probs.values;
  const scores = lesson.byId.masked_scores.values;
  const rows = openRows(lesson);
  const [first, second] = rows;
  const largest = weights[first];
  const distance = Math.abs(guess - largest);
  const right =
    distance <= CLOSE
      ? "close"
      : guess < 1 / rows.length
        ? "below_even"
        : guess >= 0.5
          ? largest >= 0.5
            ? "both_sharp"
            : "flatter"
          : largest >= 0.5
            ? "sharper"
            : "both_spread";
  return {
    guess,
    first,
    second,
    largest,
    distance,
    right,
    next: weights[second],
    count: rows.length,
    gap: scores[first] - scores[second],
    ratio: largest / weights[second],
  };
}
