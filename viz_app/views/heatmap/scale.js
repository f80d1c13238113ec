// @ts-check
// From the values of a heatmap to colours and digits.

import { digits } from "../shared/format.js";
import { clamp } from "../shared/scale.js";

/** @import { HeatmapHeader } from "../payloads.js" */
/** @typedef {Pick<HeatmapHeader, "kind" | "scale" | "floor" | "low" | "high">} Scale */

/**
 * Place of a value on the colour scale: 0 to 1, further out for values beyond it.
 *
 * @param {number} value
 * @param {Pick<Scale, "scale" | "floor" | "low" | "high">} scale
 */
export function shareOf(value, { scale, floor, low, high }) {
  if (scale === "log") return 1 - Math.log(Math.max(value, floor)) / Math.log(floor);
  return (value - low) / (high - low);
}

/**
 * Index 0..255 of a value's colour.
 *
 * @param {number} value
 * @param {Scale} scale
 */
export function colourIndex(value, scale) {
  return Math.round(clamp(shareOf(value, scale), [0, 1]) * 255);
}

/**
 * @param {ArrayLike<number>} values
 * @param {Scale} scale
 */
export function colourIndices(values, scale) {
  const indices = new Uint8Array(values.length);
  for (let cell = 0; cell < values.length; cell += 1) {
    indices[cell] = colourIndex(values[cell], scale);
  }
  return indices;
}

/**
 * Places 0..1 on the bar of colours with their numbers.
 *
 * @param {Scale} scale
 * @returns {[share: number, text: string][]}
 */
export function legendTicks({ scale, floor, kind, low, high }) {
  if (scale === "log") {
    const share = (/** @type {number} */ value) => shareOf(value, { scale, floor, low, high });
    const ticks = [0.01, 0.1, 1].filter((value) => value > floor);
    return [[0, `≤ ${floor}`], ...ticks.map((value) => tick(share(value), String(value)))];
  }
  if (kind === "signed") return [tick(0, digits(low, 2)), [0.5, "0"], [1, digits(high, 2)]];
  if (low === 0 && high === 1) return [0, 0.25, 0.5, 0.75, 1].map((v) => tick(v, String(v)));
  const shares = [0, 0.5, 1];
  return shares.map((share) => {
    const value = low + share * (high - low);
    return tick(share, value ? digits(value, 2) : "0");
  });
}

/**
 * @param {number} share
 * @param {string} text
 * @returns {[number, string]}
 */
const tick = (share, text) => [share, text];

/**
 * The digits of a cell that is `across` CSS pixels wide, or null where there is no room for them.
 *
 * @param {number} value
 * @param {Pick<Scale, "kind" | "high">} scale
 * @param {number} across
 */
export function cellText(value, { kind, high }, across) {
  if (kind === "signed") return across >= 34 ? digits(value, high < 1 ? 2 : 1) : null;
  if (across >= 32) return digits(value, 2);
  if (across >= 22) return value >= 0.995 ? value.toFixed(1) : value.toFixed(2).slice(1);
  return null;
}
