// @ts-check
// Where the parts of the architecture board stand, in CSS pixels.

import { clamp } from "../shared/scale.js";

/** @typedef {{tokens: number, layers: number, heads: number}} Grid */
/**
 * `part` is the width of a strip before the layers, `strip` that of one behind a layer; `stacked`
 * says that the three panels stand below each other.
 *
 * @typedef {{
 *   stacked: boolean,
 *   row: number,
 *   labels: number,
 *   tile: number,
 *   strip: number,
 *   height: number,
 *   part: number,
 *   top: number,
 *   guesses: number,
 * }} Size
 */

const WIDE = 900; // from which the parts stand side by side
export const ROW = { smallest: 20, largest: 30, strip: 4 }; // the last: what a strip leaves of its row
export const TILE = { gap: 4, smallest: 14, largest: 64, column: 400 };
const CELL = 3; // for one number of a vector, where there is no room for all
/** @type {{part: [number, number], layer: [number, number], narrow: number}} */
const STRIP = { part: [46, 110], layer: [12, 110], narrow: 26 };
/** @type {[number, number]} */
const LABELS = [44, 128];
export const GUTTER = { operator: 16, heads: 26, layer: 16, panels: 30, output: 216 };
/** @type {import("../payloads.js").BoardPart[]} */
export const PARTS = ["word", "position", "segment", "sum"];
export const OPERATORS = ["+", "+", "=", "→"];

/**
 * A tile's side: a whole number of device pixels per token where that comes close.
 *
 * @param {number} target
 * @param {number} tokens
 * @param {number} ratio device pixels in a CSS pixel
 */
export function tileSide(target, tokens, ratio) {
  const per = Math.round((target * ratio) / tokens);
  const whole = (per * tokens) / ratio;
  return per >= 1 && whole >= target * 0.8 && whole <= target * 1.12 ? whole : Math.floor(target);
}

/**
 * The width of a strip before the layers, and the room for one layer.
 *
 * @param {number} width
 * @param {number} labels
 * @param {number} layers
 * @param {number | null} wished side of a tile; null where the panels are stacked
 */
function shareOut(width, labels, layers, wished) {
  const operators = OPERATORS.length * GUTTER.operator;
  const strips = PARTS.length + 1;
  if (wished === null) {
    const part = clamp((width - labels - operators) / strips, [STRIP.narrow, STRIP.part[1]]);
    return { part, room: (width - labels - GUTTER.heads) / layers };
  }
  const fixed = labels + operators + GUTTER.heads + GUTTER.output + 2 * GUTTER.panels;
  const even = (width - fixed - layers * (wished + GUTTER.layer)) / (strips + layers);
  const part = clamp(even, STRIP.part);
  return { part, room: (width - fixed - part * strips) / layers };
}

/**
 * Every width and height.
 *
 * @param {number} width
 * @param {Grid} grid
 * @param {number} widestToken
 * @param {number} ratio device pixels in a CSS pixel
 * @returns {Size}
 */
export function layoutBoard(width, { tokens, layers, heads }, widestToken, ratio) {
  const stacked = width < WIDE;
  const row = clamp(Math.floor(TILE.column / tokens), [ROW.smallest, ROW.largest]);
  const labels = clamp(Math.ceil(widestToken) + 36, LABELS);
  const column = Math.max(TILE.column, Math.min(row * tokens, 480));
  const wished = clamp(column / heads - TILE.gap, [TILE.smallest, TILE.largest]);
  const { part, room } = shareOut(width, labels, layers, stacked ? null : wished);
  const most = room - STRIP.layer[0] - GUTTER.layer;
  const target = clamp(Math.min(wished, most), [TILE.smallest, TILE.largest]);
  const tile = tileSide(target, tokens, ratio);
  const strip = clamp(Math.floor(room - tile - GUTTER.layer), STRIP.layer);
  const height = Math.max(row * tokens, heads * (tile + TILE.gap));
  return {
    stacked,
    row,
    labels,
    tile,
    strip,
    height,
    part: Math.floor(part),
    // few tokens stand in the middle
    top: stacked ? 0 : Math.floor((height - row * tokens) / 2),
    guesses: stacked ? Math.max(GUTTER.output, width - labels) : GUTTER.output,
  };
}

/**
 * How many numbers of a vector a strip shows, and how wide it is drawn.
 *
 * @param {number} width
 * @param {number} dimensions
 * @param {number} ratio device pixels in a CSS pixel
 */
export function cellsOf(width, dimensions, ratio) {
  const device = Math.floor(width * ratio);
  const cell = Math.max(Math.round(CELL * ratio), Math.floor(device / dimensions));
  const count = Math.min(dimensions, Math.floor(device / cell));
  return { count, drawn: (count * cell) / ratio };
}

/**
 * One head's indices; where a pixel covers several cells it shows the strongest.
 *
 * @param {Uint8Array} attention
 * @param {number} start of the head
 * @param {number} cells along a side
 * @param {number} device pixels along a side
 */
export function headIndices(attention, start, cells, device) {
  const side = Math.min(cells, device);
  const indices = new Uint8Array(side * side);
  for (let y = 0; y < cells; y += 1) {
    const row = Math.floor((y * side) / cells) * side;
    for (let x = 0; x < cells; x += 1) {
      const target = row + Math.floor((x * side) / cells);
      const value = attention[start + y * cells + x];
      if (value > indices[target]) indices[target] = value;
    }
  }
  return { indices, side };
}

/**
 * The colours of one strip: its first `count` numbers in every row, as indices.
 *
 * @param {Float32Array} vectors [strip, token, dimension]
 * @param {number[]} shape
 * @param {number} strip
 * @param {number} count
 * @param {number} limit what the ends of the scale stand for
 */
export function stripIndices(vectors, [, tokens, dimensions], strip, count, limit) {
  const indices = new Uint8Array(tokens * count);
  for (let cell = 0; cell < indices.length; cell += 1) {
    const row = Math.floor(cell / count);
    const value = vectors[(strip * tokens + row) * dimensions + (cell % count)];
    indices[cell] = Math.round(clamp((value + limit) / (2 * limit), [0, 1]) * 255);
  }
  return indices;
}
