// @ts-check
// Where the tiles of the overview stand.

import { clamp } from "../shared/scale.js";

/**
 * What there is to draw. `tokens` are pixels along a tile's side, fewer for a long input; `order`
 * names the tile (layer · heads + head) of each slot, row by row, `slots` the slot of each tile.
 *
 * @typedef {{
 *   layers: number,
 *   heads: number,
 *   tokens: number,
 *   order: Uint32Array,
 *   slots: Uint32Array,
 * }} Grid
 */
/** @typedef {{layer: number, head: number}} Tile */
/**
 * Sizes in CSS pixels, and in device pixels, of which a tile has a whole number per token.
 *
 * @typedef {{
 *   device: {tile: number, left: number, top: number, across: number, down: number},
 *   lines: number,
 *   tile: number,
 *   left: number,
 *   top: number,
 *   across: number,
 *   down: number,
 *   width: number,
 *   height: number,
 * }} Size
 */

const GAP = 3; // between tiles, CSS pixels
const GUTTER = { left: 30, top: 20 }; // room for L0… and H0…
const TILE = { smallest: 18, largest: 96 };
const TALLEST = 600; // CSS pixels; more layers make smaller tiles
export const NAME = { line: 11 }; // L2 H5 over each tile, where rows are not layers

/**
 * @param {number[]} shape layers, heads, tokens
 * @param {Uint32Array | undefined} order
 * @returns {Grid}
 */
export function gridOf([layers, heads, tokens], order) {
  const tiles = order ?? Uint32Array.from({ length: layers * heads }, (_, index) => index);
  const slots = new Uint32Array(tiles.length);
  tiles.forEach((tile, slot) => {
    slots[tile] = slot;
  });
  return { layers, heads, tokens, order: tiles, slots };
}

/**
 * @param {Grid} grid
 * @param {Tile} tile
 */
export const tileNumber = ({ heads }, { layer, head }) => layer * heads + head;

/**
 * @param {Grid} grid
 * @param {number} slot
 * @returns {Tile}
 */
export function tileIn({ heads, order }, slot) {
  return { layer: Math.floor(order[slot] / heads), head: order[slot] % heads };
}

/**
 * @param {number} width
 * @param {Pick<Grid, "layers" | "heads" | "tokens">} grid
 * @param {number} lines of text over each tile; 0 where the names stand at the sides
 * @param {number} ratio device pixels in a CSS pixel
 * @returns {Size}
 */
export function layoutOverview(width, { layers, heads, tokens }, lines, ratio) {
  const above = lines ? 0 : GUTTER.top;
  const strip = lines ? lines * NAME.line + 2 : 0;
  const fitting = Math.floor((width - GUTTER.left) / heads) - GAP;
  const low = Math.floor((TALLEST - above) / layers) - GAP - strip;
  const exact = Math.ceil(tokens / ratio); // a pixel per pair, where the width allows
  const tall = Math.max(low, 28, exact <= fitting ? exact : 0);
  const room = Math.max(TILE.smallest, Math.min(TILE.largest, fitting, tall));
  const pixels = Math.floor(room * ratio);
  const block = Math.floor(pixels / tokens);
  const tile = block >= 1 ? block * tokens : pixels;
  const left = Math.round(GUTTER.left * ratio);
  const top = Math.round((above + strip) * ratio); // of the first tile; its name stands above
  const across = tile + Math.round(GAP * ratio);
  const down = across + Math.round(strip * ratio);
  return {
    device: { tile, left, top, across, down },
    lines,
    tile: tile / ratio,
    left: left / ratio,
    top: top / ratio,
    across: across / ratio,
    down: down / ratio,
    width: (left + heads * across) / ratio,
    height: (top + layers * down) / ratio,
  };
}

/**
 * Upper left corner of a slot's tile.
 *
 * @param {Size} size
 * @param {number} heads
 * @param {number} slot
 * @returns {[x: number, y: number]}
 */
export function corner(size, heads, slot) {
  return [
    size.left + (slot % heads) * size.across,
    size.top + Math.floor(slot / heads) * size.down,
  ];
}

/**
 * The tile at a point, its name above it included.
 *
 * @param {Size} size
 * @param {Grid} grid
 * @param {number} x
 * @param {number} y
 */
export function tileAtPoint(size, grid, x, y) {
  const above = size.down - size.across;
  const column = Math.floor((x - size.left) / size.across);
  const row = Math.floor((y - size.top + above) / size.down);
  const inside = column >= 0 && row >= 0 && column < grid.heads && row < grid.layers;
  return inside ? tileIn(grid, row * grid.heads + column) : null;
}

/**
 * The slot an arrow key leads to; ordered tiles are one sequence, so a row's end is no end.
 *
 * @param {Grid} grid
 * @param {boolean} ordered
 * @param {number} slot
 * @param {[down: number, across: number]} step
 */
export function neighbour({ layers, heads, order }, ordered, slot, [down, across]) {
  if (ordered) return clamp(slot + across + down * heads, [0, order.length - 1]);
  const row = clamp(Math.floor(slot / heads) + down, [0, layers - 1]);
  return row * heads + clamp((slot % heads) + across, [0, heads - 1]);
}
