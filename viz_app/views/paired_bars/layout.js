// @ts-check
// How long the bars are, as shares of their tracks.

/** @typedef {{a: number, b: number, shift: number}} Lengths */

/**
 * Scores on one scale from 0 to the largest size, their differences on one of their own.
 *
 * @param {Float32Array} scores a and b of each row, NaN where there is no token
 * @returns {Lengths[]} a and b from 0 to 1; shift from -1 to 1, above 0 where a is ahead
 */
export function lengths(scores) {
  const sizes = Array.from(scores, (score) => Math.abs(score) || 0);
  const differences = [];
  for (let at = 0; at < scores.length; at += 2) {
    differences.push((scores[at] || 0) - (scores[at + 1] || 0));
  }
  const high = Math.max(...sizes) || 1;
  const widest = Math.max(...differences.map(Math.abs)) || 1;
  return differences.map((difference, row) => ({
    a: sizes[2 * row] / high,
    b: sizes[2 * row + 1] / high,
    shift: difference / widest,
  }));
}
