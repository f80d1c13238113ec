// @ts-check
// Places on a scale.

/**
 * A number kept within limits.
 *
 * @param {number} value
 * @param {readonly [number, number]} limits lowest and highest
 */
export function clamp(value, [low, high]) {
  return Math.min(Math.max(value, low), high);
}

/**
 * Index 0..255 of a value on a scale from low to high.
 *
 * @param {number} value
 * @param {number} low
 * @param {number} high
 */
export function scaleIndex(value, low, high) {
  return Math.round(clamp((value - low) / (high - low), [0, 1]) * 255);
}

/**
 * The largest absolute value; 1 where all are zero, so that a scale has a length.
 *
 * @param {ArrayLike<number>} values
 */
export function largest(values) {
  let most = 0;
  for (let index = 0; index < values.length; index += 1) {
    most = Math.max(most, Math.abs(values[index]));
  }
  return most || 1;
}

/**
 * Where the largest value stands, the first of equal ones.
 *
 * @param {ArrayLike<number>} values
 */
export function largestAt(values) {
  let best = 0;
  for (let index = 1; index < values.length; index += 1) {
    if (values[index] > values[best]) best = index;
  }
  return best;
}
