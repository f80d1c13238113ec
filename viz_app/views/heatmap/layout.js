// @ts-check
// Where the parts of a heatmap stand, and which cells a box that scrolls has in sight.

import { pixels } from "../shared/colour.js";
import { clamp } from "../shared/scale.js";

/** @import { HeatmapArrays, HeatmapHeader, Token } from "../payloads.js" */
/** @typedef {import("../shared/payload.js").Payload<HeatmapHeader, HeatmapArrays>} HeatmapPayload */
/** @typedef {{query: number, key: number}} Cell */
/** @typedef {{left: number, top: number}} Scroll */
/** @typedef {{left: number, right: number, top: number, bottom: number}} Shown first cells, and those behind the last */
/**
 * Widths and heights in CSS pixels.
 *
 * @typedef {{
 *   left: number,
 *   top: number,
 *   across: number,
 *   down: number,
 *   full: {width: number, height: number},
 *   view: {width: number, height: number},
 * }} Size
 */

export const CELL = { smallest: 13, legible: 22, largest: 44, row: 18 };
export const TALLEST = 680; // CSS pixels, then the box scrolls
export const LABEL = { rows: 120, columns: 92, size: pixels("small") };
export const HIDDEN = { gap: 8, width: 56 }; // the column that says how much weight a filter took

/**
 * How high the labels above the columns are.
 *
 * @param {Token[]} columns
 * @param {(text: string) => number} measure
 */
function columnLabels(columns, measure) {
  const heights = columns.map((token) => {
    if (!token.upright) return measure(token.label);
    const characters = [...token.text].length + (token.label === token.text ? 0 : 1);
    return characters * LABEL.size * 1.15;
  });
  return Math.max(0, ...heights);
}

/**
 * @param {Pick<HeatmapHeader, "rows" | "columns">} header
 * @param {string | null} hidden the label of the column beside the cells, where there is one
 * @param {number} width
 * @param {(text: string) => number} measure of text in the font of the labels
 * @returns {Size}
 */
export function layoutHeatmap({ rows, columns }, hidden, width, measure) {
  const square = rows.length === columns.length;
  const widest = Math.max(0, ...rows.map((token) => measure(token.label)));
  const left = Math.ceil(Math.min(LABEL.rows, width * 0.3, widest)) + 10;
  const longest = Math.max(columnLabels(columns, measure), hidden === null ? 0 : measure(hidden));
  const top = Math.ceil(Math.min(LABEL.columns, longest)) + 8;
  const beside = hidden === null ? 0 : HIDDEN.gap + HIDDEN.width;
  const room = Math.floor((width - left - beside - 1) / columns.length);
  const smallest = columns.length <= 128 || square ? CELL.smallest : 3;
  // A few rows more or less than a screen: smaller cells rather than a box that scrolls.
  const fitting = Math.floor((TALLEST - top - 1) / rows.length);
  const largest =
    square && fitting >= CELL.legible ? Math.min(CELL.largest, fitting) : CELL.largest;
  const across = Math.max(smallest, Math.min(largest, room));
  const down = square ? across : Math.max(CELL.row, Math.min(across, 28));
  const full = {
    width: left + across * columns.length + beside + 1,
    height: top + down * rows.length + 1,
  };
  const view = { width: Math.min(width, full.width), height: Math.min(TALLEST, full.height) };
  return { left, top, across, down, full, view };
}

/**
 * @param {Size} size
 * @param {Scroll} scroll
 * @param {number} key
 */
export const cellX = (size, scroll, key) => size.left + key * size.across - scroll.left;

/**
 * @param {Size} size
 * @param {Scroll} scroll
 * @param {number} query
 */
export const cellY = (size, scroll, query) => size.top + query * size.down - scroll.top;

/** @param {Size} size */
const plotOf = ({ view, left, top }) => ({ width: view.width - left, height: view.height - top });

/**
 * The cells in sight.
 *
 * @param {Size} size
 * @param {Scroll} scroll
 * @param {Pick<HeatmapHeader, "rows" | "columns">} header
 * @returns {Shown}
 */
export function visibleCells(size, scroll, { rows, columns }) {
  const plot = plotOf(size);
  return {
    left: Math.floor(scroll.left / size.across),
    right: Math.min(columns.length, Math.ceil((scroll.left + plot.width) / size.across)),
    top: Math.floor(scroll.top / size.down),
    bottom: Math.min(rows.length, Math.ceil((scroll.top + plot.height) / size.down)),
  };
}

/**
 * The cell at a point of the visible part; the key is null beside the cells, and the number of
 * columns on the column of hidden weight.
 *
 * @param {Size} size
 * @param {Scroll} scroll
 * @param {{rows: number, columns: number, hidden: boolean}} counts
 * @param {number} x
 * @param {number} y
 * @returns {{query: number, key: number | null} | null}
 */
export function cellAtPoint(size, scroll, { rows, columns, hidden }, x, y) {
  const query = Math.floor((y - size.top + scroll.top) / size.down);
  const key = Math.floor((x - size.left + scroll.left) / size.across);
  if (y < size.top || query < 0 || query >= rows) return null;
  const beside = x - cellX(size, scroll, columns) - HIDDEN.gap;
  if (hidden && beside >= 0 && beside < HIDDEN.width) return { query, key: columns };
  return { query, key: x < size.left || key < 0 || key >= columns ? null : key };
}

/**
 * How far to scroll so that a cell is in sight.
 *
 * @param {Size} size
 * @param {Scroll} scroll
 * @param {Cell} cell
 * @returns {Scroll}
 */
export function scrollToCell(size, scroll, { query, key }) {
  const plot = plotOf(size);
  const left = key * size.across;
  const top = query * size.down;
  return {
    left: clamp(scroll.left, [left + size.across - plot.width, left]),
    top: clamp(scroll.top, [top + size.down - plot.height, top]),
  };
}
