// @ts-check
// Numbers of the neuron view: products, widths, where arrow keys lead.

import { clamp } from "../shared/scale.js";

const CELL = { widest: 11, narrowest: 4 };
const BESIDE = 460; // CSS pixels that the other columns take
export const NARROW = 640; // below it both strips stand above each other, and the numbers beside them
const BESIDE_NARROW = 226;

/**
 * As wide as lets both strips and the numbers stand in sight together.
 *
 * @param {number} width of the view
 * @param {number} count of dimensions
 */
export function cellWidth(width, count) {
  if (width < NARROW) return clamp(Math.floor((width - BESIDE_NARROW) / count), [2, CELL.widest]);
  const room = Math.floor((width - BESIDE) / (2 * count));
  return clamp(room, [CELL.narrowest, CELL.widest]);
}

/**
 * query ⊙ key for every key.
 *
 * @param {Float32Array} query [dimension]
 * @param {Float32Array} keys [key, dimension]
 */
export function productsOf(query, keys) {
  return keys.map((value, place) => value * query[place % query.length]);
}

/**
 * The strip that an arrow key leads to: rows hold two strips each, but the query's row holds one.
 *
 * @param {number} at
 * @param {number} rows down
 * @param {number} count of strips
 */
export function nextStrip(at, rows, count) {
  const step = at === 0 && rows > 0 ? 1 : 2 * rows;
  return clamp(at + step, [0, count - 1]);
}
