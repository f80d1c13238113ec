// @ts-check
// All layers × heads on one canvas.

import { pixelRatio, sizeCanvas, textMeasure } from "../shared/canvas.js";
import { deliver } from "../shared/channel.js";
import { canvasFont, colourTable } from "../shared/colour.js";
import { element, pointIn, takeArrow, tooltip, watchWidth } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { readTheme } from "../shared/theme.js";
import {
  corner,
  gridOf,
  layoutOverview,
  neighbour,
  tileAtPoint,
  tileIn,
  tileNumber,
} from "./layout.js";
import { paintFrames, paintNames, paintSigns, paintTiles } from "./paint.js";

/** @import { OverviewArrays, OverviewHeader, OverviewValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Grid, Size, Tile } from "./layout.js" */
/** @typedef {import("../shared/payload.js").Payload<OverviewHeader, OverviewArrays>} OverviewPayload */

// A single choice goes out at once. Holding an arrow key passes many heads; Python hears of the
// first and of the one it stops at.
const QUICK_MS = 250;
const HELD_MS = 120;

/**
 * The strongest pair of a head, in exact digits; where tiles are ordered its score as well.
 *
 * @param {OverviewPayload} payload
 * @param {Grid} grid
 * @param {Tile} tile
 */
export function describeTile({ header, arrays }, grid, tile) {
  const { labels, tokens } = header;
  const index = tileNumber(grid, tile);
  const pair = fill(labels.tip, {
    ...tile,
    weight: digits(arrays.peak_weights[index], 2),
    query: tokens[arrays.peaks[index * 2]].label,
    to: tokens[arrays.peaks[index * 2 + 1]].label,
  });
  if (!arrays.scores) return pair;
  const slot = grid.slots[index];
  const score = digits(arrays.scores[slot], 3);
  return `${pair} · ${fill(labels.score, { score, rank: slot + 1, total: grid.order.length })}`;
}

class Overview {
  order = element("div", { class: "quiet order", hidden: true });
  stage = element("div", { class: "stage", tabindex: "0", role: "application" });
  canvas = element("canvas", { "aria-hidden": "true" });
  hoverMark = element("div", { class: "mark hover", hidden: true });
  selectedMark = element("div", { class: "mark selected", hidden: true });
  caption = element("div", { class: "caption quiet", "aria-live": "polite" });
  pooled = element("div", { class: "quiet", hidden: true });
  /** @type {OverviewPayload | null} */
  payload = null;
  /** @type {Size | null} */
  size = null;
  grid = gridOf([0, 0, 0], undefined);
  /** @type {Tile} */
  selected = { layer: 0, head: 0 };
  waiting = 0; // timer of a choice that Python will hear of
  /** @type {number[]} choices that Python has heard of and not yet sent back, as tile numbers */
  told = [];
  chosenAt = -Infinity;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.root = root;
    this.emit = emit;
    this.stage.append(this.canvas, this.hoverMark, this.selectedMark);
    root.append(this.order, element("div", { class: "scroll" }, this.stage));
    root.append(this.caption, this.pooled);
    this.tip = tooltip(root);
    this.stage.addEventListener("pointermove", (event) => this.point(event));
    this.stage.addEventListener("pointerleave", () => this.leave());
    this.stage.addEventListener("click", (event) => {
      const tile = this.tileAt(event);
      if (tile) this.choose(tile);
    });
    this.stage.addEventListener("keydown", (event) => {
      const step = this.size && takeArrow(event);
      if (!step || !this.size) return;
      const slot = this.grid.slots[tileNumber(this.grid, this.selected)];
      this.choose(tileIn(this.grid, neighbour(this.grid, this.size.lines > 0, slot, step)));
    });
    this.stopWatching = watchWidth(root, () => this.repaint());
  }

  /**
   * @param {OverviewPayload} next
   * @param {OverviewValues | null} values
   */
  show(next, values) {
    this.payload = next;
    this.grid = gridOf(next.shapes.pixels, next.arrays.order);
    const { layer, head } = values ?? this.selected;
    const { layers, heads } = this.grid;
    this.selected = { layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) };
    const { labels } = next.header;
    this.order.hidden = !next.arrays.order;
    this.order.textContent = labels.order;
    this.stage.setAttribute("aria-label", `${labels.title} ${labels.order} ${labels.keys}`);
    this.repaint();
  }

  /** @param {OverviewValues} values */
  select({ layer, head }) {
    if (layer >= this.grid.layers || head >= this.grid.heads) return;
    const back = this.told.indexOf(tileNumber(this.grid, { layer, head }));
    this.told = this.told.slice(back + 1);
    if (back >= 0 && (this.waiting || this.told.length)) return; // an own choice, newer ones are out
    this.selected = { layer, head };
    this.mark();
  }

  close() {
    clearTimeout(this.waiting);
    this.stopWatching();
  }

  /**
   * Sizes for this width; names over the tiles take two lines where one is too long.
   *
   * @param {number} width
   * @param {string} font
   */
  measure(width, font) {
    const ratio = pixelRatio();
    if (!this.payload?.arrays.order) return layoutOverview(width, this.grid, 0, ratio);
    const one = layoutOverview(width, this.grid, 1, ratio);
    const { layers, heads } = this.grid;
    const longest = textMeasure(canvasFont("tiny", { font }))(`L${layers - 1} H${heads - 1}`);
    return longest > one.across ? layoutOverview(width, this.grid, 2, ratio) : one;
  }

  repaint() {
    const width = this.root.clientWidth;
    if (!this.payload || !width) return;
    const { header, arrays } = this.payload;
    const { grid } = this;
    const theme = readTheme(this.root);
    const size = this.measure(width, theme.font);
    this.size = size;
    const context = sizeCanvas(this.canvas, size.width, size.height);
    paintTiles(context, arrays.pixels, grid, size, colourTable("probability", theme));
    this.stage.style.width = `${size.width}px`;
    this.stage.style.height = `${size.height}px`;
    paintNames(context, grid, size, theme);
    paintFrames(context, grid, size, theme);
    if (header.marks) paintSigns(context, grid, size, theme, header.marks);
    this.mark();
    const side = Math.min(grid.tokens, size.device.tile);
    this.pooled.hidden = side >= header.tokens.length;
    this.pooled.textContent = fill(header.labels.pooled, { pixels: side });
  }

  /**
   * @param {HTMLElement} mark
   * @param {Tile} tile
   */
  place(mark, tile) {
    if (!this.size) return;
    const slot = this.grid.slots[tileNumber(this.grid, tile)];
    const [left, top] = corner(this.size, this.grid.heads, slot);
    mark.hidden = false;
    mark.style.left = `${left}px`;
    mark.style.top = `${top}px`;
    mark.style.width = mark.style.height = `${this.size.tile}px`;
  }

  mark() {
    if (!this.payload || !this.size) return;
    this.place(this.selectedMark, this.selected);
    this.caption.textContent = describeTile(this.payload, this.grid, this.selected);
  }

  /** @param {MouseEvent} event */
  tileAt(event) {
    if (!this.size) return null;
    const bounds = this.stage.getBoundingClientRect();
    const [x, y] = pointIn(event, bounds);
    return tileAtPoint(this.size, this.grid, x, y);
  }

  /** @param {MouseEvent} event */
  point(event) {
    const tile = this.tileAt(event);
    if (!tile || !this.payload) {
      this.leave();
      return;
    }
    this.place(this.hoverMark, tile);
    const bounds = this.root.getBoundingClientRect();
    const text = describeTile(this.payload, this.grid, tile);
    this.tip.show(text, ...pointIn(event, bounds));
  }

  leave() {
    this.hoverMark.hidden = true;
    this.tip.hide();
  }

  /** @param {Tile} tile */
  choose(tile) {
    deliver("head", tile); // a view that has this head's numbers draws them at once
    this.selected = tile;
    this.mark();
    clearTimeout(this.waiting);
    const now = performance.now();
    this.waiting = setTimeout(
      () => {
        this.waiting = 0;
        this.told.push(tileNumber(this.grid, tile));
        this.emit("select", { ...tile });
      },
      now - this.chosenAt > QUICK_MS ? 0 : HELD_MS,
    );
    this.chosenAt = now;
  }
}

export const mount = mountWith((root, emit) => new Overview(root, emit));
