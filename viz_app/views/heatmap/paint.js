// @ts-check
// Draws a heatmap onto its canvases.

import { drawColumnToken, fitText, sizeCanvas } from "../shared/canvas.js";
import { canvasFont, css, inkOn, tableColour } from "../shared/colour.js";
import { digits } from "../shared/format.js";
import { CELL, cellX, cellY, HIDDEN, LABEL, visibleCells } from "./layout.js";
import { cellText, colourIndex, legendTicks } from "./scale.js";

/** @import { Theme } from "../shared/theme.js" */
/** @import { Cell, HeatmapPayload, Scroll, Shown, Size } from "./layout.js" */
/**
 * @typedef {{
 *   payload: HeatmapPayload,
 *   size: Size,
 *   scroll: Scroll,
 *   theme: Theme,
 *   table: Uint8ClampedArray,
 *   bitmap: HTMLCanvasElement,
 * }} Scene one pixel per cell in `bitmap`
 */
/** @typedef {CanvasRenderingContext2D} Context */

const BAR = { width: 220, edge: 20, height: 10 };
const INVISIBLE = 0.005; // a probability that is written as zero

/**
 * @param {Context} context
 * @param {Size} size
 */
function clipToPlot(context, { left, top, view }) {
  context.beginPath();
  context.rect(left, top, view.width - left, view.height - top);
  context.clip();
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @param {number | null} chosen row
 */
export function paintHeatmap(canvas, scene, chosen) {
  const { size, scroll, payload } = scene;
  const context = sizeCanvas(canvas, size.view.width, size.view.height);
  const shown = visibleCells(size, scroll, payload.header);
  paintCells(context, scene, shown);
  paintRowLabels(context, scene, shown, chosen);
  paintColumnLabels(context, scene, shown);
}

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 */
function paintCells(context, scene, shown) {
  const { size, scroll, bitmap, payload } = scene;
  const { rows, columns } = payload.header;
  const counts = { across: shown.right - shown.left, down: shown.bottom - shown.top };
  context.save();
  clipToPlot(context, size);
  context.imageSmoothingEnabled = false;
  context.drawImage(
    bitmap,
    shown.left,
    shown.top,
    counts.across,
    counts.down,
    cellX(size, scroll, shown.left),
    cellY(size, scroll, shown.top),
    counts.across * size.across,
    counts.down * size.down,
  );
  if (size.across >= CELL.smallest) paintGrid(context, scene, shown);
  paintDigits(context, scene, shown);
  if (rows.length === columns.length) paintSegments(context, scene);
  if (payload.arrays.hidden) paintHidden(context, scene, shown, payload.arrays.hidden);
  context.restore();
}

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 */
function paintDigits(context, { payload, size, scroll, theme, table }, shown) {
  const { header, arrays } = payload;
  context.font = canvasFont(size.across >= 36 ? "small" : "tiny", theme);
  context.textAlign = "center";
  context.textBaseline = "middle";
  for (let query = shown.top; query < shown.bottom; query += 1) {
    const y = cellY(size, scroll, query);
    for (let key = shown.left; key < shown.right; key += 1) {
      const place = query * header.columns.length + key;
      const x = cellX(size, scroll, key);
      if (arrays.masked?.[place]) {
        hatch(context, size, theme, x, y);
        continue;
      }
      const value = arrays.values[place];
      const text = cellText(value, header, size.across);
      if (text === null) continue;
      context.fillStyle = inkOn(tableColour(table, colourIndex(value, header)));
      context.globalAlpha = header.kind === "probability" && value < INVISIBLE ? 0.4 : 0.95;
      context.fillText(text, x + size.across / 2, y + size.down / 2 + 0.5);
    }
  }
  context.globalAlpha = 1;
}

/**
 * A grey bar and digits per row: the weight on pairs that are not shown.
 *
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 * @param {Float32Array} hidden
 */
function paintHidden(context, { payload, size, scroll, theme }, shown, hidden) {
  const x = cellX(size, scroll, payload.header.columns.length) + HIDDEN.gap;
  context.textAlign = "left";
  context.font = canvasFont("tiny", theme);
  for (let query = shown.top; query < shown.bottom; query += 1) {
    const value = hidden[query];
    const y = cellY(size, scroll, query);
    context.fillStyle = css(theme.text, 0.22);
    context.fillRect(x, y + 2, HIDDEN.width * Math.min(1, value), size.down - 3);
    if (size.down < CELL.smallest) continue;
    context.fillStyle = css(theme.text, 0.9);
    context.fillText(digits(value, 2), x + 3, y + size.down / 2 + 0.5);
  }
}

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 */
function paintGrid(context, { size, scroll, theme }, shown) {
  const [top, bottom] = [shown.top, shown.bottom].map((query) => cellY(size, scroll, query));
  const [left, right] = [shown.left, shown.right].map((key) => cellX(size, scroll, key));
  context.strokeStyle = css(theme.text, 0.08);
  context.lineWidth = 1;
  context.beginPath();
  for (let key = shown.left; key <= shown.right; key += 1) {
    const x = cellX(size, scroll, key) + 0.5;
    context.moveTo(x, top);
    context.lineTo(x, bottom);
  }
  for (let query = shown.top; query <= shown.bottom; query += 1) {
    const y = cellY(size, scroll, query) + 0.5;
    context.moveTo(left, y);
    context.lineTo(right, y);
  }
  context.stroke();
}

/**
 * A cell without a value: hatched, so that it does not pass for a zero.
 *
 * @param {Context} context
 * @param {Size} size
 * @param {Theme} theme
 * @param {number} x
 * @param {number} y
 */
function hatch(context, size, theme, x, y) {
  context.save();
  context.beginPath();
  context.rect(x + 1, y + 1, size.across - 1, size.down - 1);
  context.clip();
  context.fillStyle = css(theme.background);
  context.fill();
  context.strokeStyle = css(theme.text, 0.15);
  context.beginPath();
  for (let shift = -size.down; shift < size.across; shift += 6) {
    context.moveTo(x + shift, y + size.down);
    context.lineTo(x + shift + size.down, y);
  }
  context.stroke();
  context.restore();
}

/**
 * A line where sentence A ends and B begins.
 *
 * @param {Context} context
 * @param {Scene} scene
 */
function paintSegments(context, { payload, size, scroll, theme }) {
  const { columns } = payload.header;
  context.strokeStyle = css(theme.text, 0.55);
  context.lineWidth = 1;
  context.setLineDash([4, 3]);
  context.beginPath();
  for (let index = 1; index < columns.length; index += 1) {
    if (columns[index].segment === columns[index - 1].segment) continue;
    const [x, y] = [cellX(size, scroll, index) + 0.5, cellY(size, scroll, index) + 0.5];
    context.moveTo(x, 0);
    context.lineTo(x, size.full.height);
    context.moveTo(0, y);
    context.lineTo(size.full.width, y);
  }
  context.stroke();
  context.setLineDash([]);
}

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 * @param {number | null} chosen
 */
function paintRowLabels(context, { payload, size, scroll, theme }, shown, chosen) {
  const measure = (/** @type {string} */ text) => context.measureText(text).width;
  context.font = canvasFont("small", theme);
  context.save();
  context.beginPath();
  context.rect(0, size.top, size.left, size.view.height - size.top);
  context.clip();
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (let query = shown.top; query < shown.bottom; query += 1) {
    context.fillStyle = query === chosen ? css(theme.mark) : css(theme.text, 0.9);
    const text = fitText(measure, payload.header.rows[query].label, size.left - 10);
    context.fillText(text, size.left - 6, cellY(size, scroll, query) + size.down / 2);
  }
  context.restore();
}

/**
 * @param {Context} context
 * @param {Scene} scene
 * @param {Shown} shown
 */
function paintColumnLabels(context, { payload, size, scroll, theme }, shown) {
  const { columns, labels } = payload.header;
  const draw = (
    /** @type {import("../shared/canvas.js").TokenName} */ token,
    /** @type {number} */ x,
  ) => drawColumnToken(context, token, x, size.top - 4, size.top - 6, LABEL.size);
  context.save();
  context.beginPath();
  context.rect(size.left, 0, size.view.width - size.left, size.top);
  context.clip();
  context.fillStyle = css(theme.text, 0.9);
  const every = Math.ceil(LABEL.size / size.across);
  for (let key = shown.left; key < shown.right; key += 1) {
    if (key % every === 0) draw(columns[key], cellX(size, scroll, key) + size.across / 2);
  }
  if (payload.arrays.hidden) {
    context.fillStyle = css(theme.text, 0.7);
    const x = cellX(size, scroll, columns.length) + HIDDEN.gap + 10;
    draw({ text: labels.hidden, label: labels.hidden }, x);
  }
  context.restore();
}

/**
 * Outline the chosen row or cell and the cell pointed at.
 *
 * @param {HTMLCanvasElement} overlay
 * @param {Scene} scene
 * @param {{query: number | null, key: number | null}} selected
 * @param {Cell | null} hover
 */
export function paintMarks(overlay, { payload, size, scroll, theme }, selected, hover) {
  const { columns, cells } = payload.header;
  const context = sizeCanvas(overlay, size.view.width, size.view.height);
  clipToPlot(context, size);
  const outline = (/** @type {number} */ query, /** @type {number} */ key) => {
    const [x, y] = [cellX(size, scroll, key), cellY(size, scroll, query)];
    context.strokeRect(x + 0.5, y + 0.5, size.across, size.down);
  };
  context.strokeStyle = css(theme.mark);
  if (selected.query !== null && cells && selected.key !== null) {
    context.lineWidth = 3;
    outline(selected.query, selected.key);
  } else if (selected.query !== null && !cells) {
    context.lineWidth = 2;
    const end = Math.min(cellX(size, scroll, columns.length), size.view.width - 1);
    const y = cellY(size, scroll, selected.query) + 0.5;
    context.strokeRect(size.left + 1, y, end - size.left - 1, size.down);
  }
  if (!hover || hover.key >= columns.length) return;
  context.strokeStyle = css(theme.text, 0.85);
  context.lineWidth = 1.5;
  outline(hover.query, hover.key);
}

/**
 * The bar of colours with its numbers.
 *
 * @param {HTMLCanvasElement} bar
 * @param {Scene} scene
 */
export function paintLegend(bar, { payload, theme, table }) {
  const { width, edge, height } = BAR;
  const context = sizeCanvas(bar, width + 2 * edge, 28);
  for (let x = 0; x < width; x += 1) {
    context.fillStyle = css(tableColour(table, Math.round((x / (width - 1)) * 255)));
    context.fillRect(edge + x, 1, 1.5, height);
  }
  context.strokeStyle = css(theme.text, 0.35);
  context.strokeRect(edge - 0.5, 0.5, width + 1, height + 1);
  context.font = canvasFont("tiny", theme);
  context.fillStyle = css(theme.text, 0.85);
  context.textAlign = "center";
  context.textBaseline = "alphabetic";
  for (const [share, text] of legendTicks(payload.header)) {
    context.fillText(text, edge + share * width, 25);
  }
}
