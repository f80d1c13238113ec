// @ts-check
// Draws the canvases of the board.

import { indexedBitmap, pixelRatio, sizeCanvas } from "../shared/canvas.js";
import { css, tableColour } from "../shared/colour.js";
import { element } from "../shared/elements.js";
import { headIndices, ROW, stripIndices, TILE } from "./layout.js";

/** @import { Theme } from "../shared/theme.js" */
/** @import { Grid, Size } from "./layout.js" */
/** @import { BoardPayload, Tile } from "./texts.js" */
/** @typedef {{payload: BoardPayload, grid: Grid, size: Size, theme: Theme}} Scene */
/** @typedef {{canvas: HTMLCanvasElement, strip: number, count: number, drawn: number}} Strip */

/**
 * @param {Scene} scene
 * @param {Strip} strip
 * @param {Uint8ClampedArray} table
 */
export function paintStrip({ payload, grid, size, theme }, { canvas, strip, count, drawn }, table) {
  const { vectors, limits } = payload.arrays;
  const context = sizeCanvas(canvas, drawn, size.row * grid.tokens);
  const indices = stripIndices(vectors, payload.shapes.vectors, strip, count, limits[strip]);
  const bitmap = indexedBitmap(indices, grid.tokens, count, table);
  context.strokeStyle = css(theme.text, 0.22);
  for (let row = 0; row < grid.tokens; row += 1) {
    const y = row * size.row + ROW.strip / 2;
    const height = size.row - ROW.strip;
    context.drawImage(bitmap, 0, row, count, 1, 0, y, drawn, height);
    context.strokeRect(0.5, y + 0.5, drawn - 1, height - 1);
  }
}

/**
 * The tiles of one layer, a head below the other.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {number} layer
 * @param {Uint8ClampedArray} table
 */
export function paintTiles({ payload, grid, size, theme }, canvas, layer, table) {
  const pitch = size.tile + TILE.gap;
  const context = sizeCanvas(canvas, size.tile, grid.heads * pitch);
  const device = Math.round(size.tile * pixelRatio());
  const cells = payload.shapes.attention[3];
  for (let head = 0; head < grid.heads; head += 1) {
    const start = (layer * grid.heads + head) * cells * cells;
    const { indices, side } = headIndices(payload.arrays.attention, start, cells, device);
    const bitmap = indexedBitmap(indices, side, side, table);
    context.drawImage(bitmap, 0, head * pitch, size.tile, size.tile);
    context.strokeStyle = css(theme.text, 0.3);
    context.strokeRect(0.5, head * pitch + 0.5, size.tile - 1, size.tile - 1);
  }
}

/**
 * Over the tiles of one layer: ticks beside the rows that are followed, a frame around a head.
 *
 * @param {Scene} scene
 * @param {HTMLCanvasElement} canvas
 * @param {{chosen: number, pointed: number | null, frames: [head: number, chosen: boolean][]}} marks
 */
export function paintOverlay({ grid, size, theme }, canvas, { chosen, pointed, frames }) {
  const context = sizeCanvas(canvas, size.tile + 6, grid.heads * (size.tile + TILE.gap) + 3);
  const height = Math.max(size.tile / grid.tokens, 1.5);
  const tick = (/** @type {number} */ top, /** @type {number} */ row) => {
    // beside the row, so that the picture itself stays as it is
    const y = top + ((row + 0.5) * size.tile) / grid.tokens - height / 2;
    context.fillRect(0, y, 3, height);
    context.fillRect(size.tile + 3, y, 3, height);
  };
  const topOf = (/** @type {number} */ head) => 3 + head * (size.tile + TILE.gap);
  for (let head = 0; head < grid.heads; head += 1) {
    context.fillStyle = css(theme.mark, 0.9);
    tick(topOf(head), chosen);
    if (pointed === null) continue;
    context.fillStyle = css(theme.text, 0.9);
    tick(topOf(head), pointed);
  }
  context.lineWidth = 2;
  for (const [head, isChosen] of frames) {
    context.strokeStyle = css(isChosen ? theme.mark : theme.text);
    context.strokeRect(2, topOf(head) - 1, size.tile + 2, size.tile + 2);
  }
}

/**
 * The frames in one layer: around the chosen head, and around that of the pointer.
 *
 * @param {number} layer
 * @param {Tile} chosen
 * @param {Tile | null} cursor
 * @returns {[head: number, chosen: boolean][]}
 */
export function framesIn(layer, chosen, cursor) {
  const isSame = cursor?.layer === chosen.layer && cursor.head === chosen.head;
  /** @type {[number, boolean][]} */
  const frames = [];
  if (layer === chosen.layer && !isSame) frames.push([chosen.head, true]);
  if (layer === cursor?.layer) frames.push([cursor.head, false]);
  return frames;
}

/**
 * A scale with what its ends stand for.
 *
 * @param {Uint8ClampedArray} table
 * @param {string} name
 * @param {[low: string, high: string]} ends
 * @param {(share: number) => number} share of the scale by place on the bar
 */
export function legend(table, name, [low, high], share) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const context = sizeCanvas(canvas, 72, 9);
  for (let x = 0; x < 72; x += 1) {
    context.fillStyle = css(tableColour(table, Math.round(share(x / 71) * 255)));
    context.fillRect(x, 0, 1, 9);
  }
  return element("div", { class: "legend" }, `${name}: ${low}`, canvas, high);
}
