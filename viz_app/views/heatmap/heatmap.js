// @ts-check
// One matrix: labels that stay in sight, digits where there is room, rows that can be chosen.
// The canvas is as large as the visible part only, so that 512 × 512 cells scroll as well as 14.

import { indexedBitmap, textMeasure } from "../shared/canvas.js";
import { channel } from "../shared/channel.js";
import { canvasFont, colourTable } from "../shared/colour.js";
import {
  element,
  placeIn,
  pointIn,
  takeArrow,
  termPieces,
  tooltip,
  watchWidth,
} from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { clamp, largestAt } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";
import {
  cellAtPoint,
  cellX,
  cellY,
  layoutHeatmap,
  scrollToCell,
  TALLEST,
  visibleCells,
} from "./layout.js";
import { paintHeatmap, paintLegend, paintMarks } from "./paint.js";
import { HeadsAhead } from "./prefetched.js";
import { colourIndices } from "./scale.js";

/** @import { HeatmapValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Cell, HeatmapPayload } from "./layout.js" */
/** @import { Scene } from "./paint.js" */
/** @import { Tile } from "./prefetched.js" */

const HELD_MS = 120; // between two choices that Python hears of, while an arrow key is held

/**
 * What is said of a cell; the column behind the last is that of hidden weight.
 *
 * @param {HeatmapPayload} payload
 * @param {Cell} cell
 */
export function describeCell({ header, arrays }, { query, key }) {
  const { rows, columns, labels, kind } = header;
  if (key === columns.length) {
    const value = digits(arrays.hidden?.[query] ?? 0, 4);
    return fill(labels.hidden_tip, { query: rows[query].label, value });
  }
  const place = query * columns.length + key;
  const names = { query: rows[query].label, to: columns[key].label };
  if (arrays.masked?.[place]) return fill(labels.masked, names);
  const value = digits(arrays.values[place], kind === "probability" ? 4 : 3);
  return fill(labels.tip, { ...names, value });
}

class Heatmap {
  canvas = element("canvas", { "aria-hidden": "true" });
  overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
  pane = element("div", { class: "pane" }, this.canvas, this.overlay);
  spacer = element("div", { class: "spacer" }, this.pane);
  box = element("div", { class: "grid", tabindex: "0", role: "application" }, this.spacer);
  columnsTitle = element("div", { class: "axis quiet" });
  rowsTitle = element("div", { class: "axis quiet" });
  inView = element("div", { class: "quiet" });
  bar = element("canvas", { class: "bar", "aria-hidden": "true" });
  legendTitle = element("span", { class: "quiet" });
  caption = element("div", { class: "caption quiet", "aria-live": "polite" });
  ahead = new HeadsAhead(() => this.draw(this.ahead.answered));
  choices = channel("head");
  /** @type {HeatmapPayload | null} */
  payload = null;
  /** @type {Scene | null} */
  scene = null;
  /** @type {HeatmapValues} */
  selected = { query: null, key: null };
  /** @type {Cell | null} */
  hover = null;
  waiting = 0;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.root = root;
    this.emit = emit;
    const legend = element("div", { class: "legend" }, this.bar, this.legendTitle);
    root.append(this.rowsTitle, this.columnsTitle, this.box, this.inView, legend, this.caption);
    this.tip = tooltip(root);
    this.box.addEventListener("pointermove", (event) => {
      const bounds = root.getBoundingClientRect();
      this.point(this.cellAt(event), ...pointIn(event, bounds));
    });
    this.box.addEventListener("pointerleave", () => this.point(null));
    this.box.addEventListener("click", (event) => {
      const cell = this.cellAt(event);
      if (cell) this.choose(cell.query, cell.key);
    });
    this.box.addEventListener("scroll", () => requestAnimationFrame(() => this.paint()), {
      passive: true,
    });
    this.box.addEventListener("keydown", (event) => this.walk(event));
    this.stopWatching = watchWidth(root, () => this.layout());
    this.drawAhead = (/** @type {Tile} */ tile) => this.draw(this.ahead.choose(tile));
    this.choices.listeners.add(this.drawAhead);
  }

  /** @param {HeatmapPayload} next */
  show(next) {
    const { header } = next;
    const { query, key } = this.selected;
    if ((query ?? 0) >= header.rows.length || (key ?? 0) >= header.columns.length) {
      this.selected = { query: null, key: null };
    }
    this.columnsTitle.replaceChildren(...termPieces(header.terms.columns), " →");
    this.rowsTitle.replaceChildren("↓ ", ...termPieces(header.terms.rows));
    this.legendTitle.replaceChildren(...termPieces(header.terms.legend));
    const { labels } = header;
    this.box.setAttribute("aria-label", `${labels.rows} × ${labels.columns}. ${labels.keys}`);
    this.draw(this.ahead.answer(next));
  }

  /** @param {HeatmapValues} values */
  select({ query, key }) {
    if (!this.payload) return;
    const { rows, columns } = this.payload.header;
    const isHere = query !== null && query < rows.length && (key ?? 0) < columns.length;
    this.selected = isHere ? { query, key } : { query: null, key: null };
    this.paint();
    this.tell();
  }

  repaint() {
    this.layout();
  }

  close() {
    clearTimeout(this.waiting);
    this.ahead.close();
    this.choices.listeners.delete(this.drawAhead);
    this.stopWatching();
  }

  /** @param {HeatmapPayload | null} payload */
  draw(payload) {
    if (!payload || payload === this.payload) return;
    this.payload = payload;
    this.hover = null;
    this.tip.hide();
    this.layout();
  }

  layout() {
    const width = this.root.clientWidth;
    if (!this.payload || !width) return;
    const { header, arrays } = this.payload;
    const theme = readTheme(this.root);
    const table = colourTable(header.kind, theme);
    const indices = colourIndices(arrays.values, header);
    const hidden = arrays.hidden ? header.labels.hidden : null;
    const size = layoutHeatmap(header, hidden, width, textMeasure(canvasFont("small", theme)));
    const bitmap = indexedBitmap(indices, header.rows.length, header.columns.length, table);
    this.spacer.style.width = `${size.full.width}px`;
    this.spacer.style.height = `${size.full.height}px`;
    this.box.style.maxHeight = `${TALLEST + 16}px`;
    const scroll = { left: this.box.scrollLeft, top: this.box.scrollTop };
    this.scene = { payload: this.payload, size, scroll, theme, table, bitmap };
    this.paint();
    paintLegend(this.bar, this.scene);
    this.sayHowMuchIsInView(this.scene);
    this.tell();
  }

  /** @param {Scene} scene */
  sayHowMuchIsInView({ payload, size }) {
    const { header } = payload;
    const shown = visibleCells(size, { left: 0, top: 0 }, header);
    const all = shown.bottom === header.rows.length && shown.right === header.columns.length;
    const counts = { rows: shown.bottom, columns: shown.right };
    this.inView.textContent = all ? "" : fill(header.labels.more, counts);
  }

  paint() {
    if (!this.scene) return;
    this.scene.scroll = { left: this.box.scrollLeft, top: this.box.scrollTop };
    paintHeatmap(this.canvas, this.scene, this.selected.query);
    this.mark();
  }

  mark() {
    if (this.scene) paintMarks(this.overlay, this.scene, this.selected, this.hover);
  }

  /** Say in words what is pointed at, else what is chosen: of a row its largest value. */
  tell() {
    if (!this.payload) return;
    const { header, arrays } = this.payload;
    const { query, key } = this.selected;
    let cell = this.hover;
    if (!cell && query !== null) {
      const many = header.columns.length;
      const row = arrays.values.subarray(query * many, (query + 1) * many);
      cell = { query, key: header.cells && key !== null ? key : largestAt(row) };
    }
    this.caption.textContent = cell ? describeCell(this.payload, cell) : "";
  }

  /** @param {MouseEvent} event */
  cellAt(event) {
    if (!this.scene) return null;
    const { payload, size, scroll } = this.scene;
    const bounds = this.pane.getBoundingClientRect();
    const { rows, columns } = payload.header;
    const hidden = payload.arrays.hidden !== undefined;
    const counts = { rows: rows.length, columns: columns.length, hidden };
    const [x, y] = pointIn(event, bounds);
    return cellAtPoint(size, scroll, counts, x, y);
  }

  /** @param {{query: number, key: number | null} | null} cell */
  point(cell, x = 0, y = 0) {
    if (!this.payload || !this.scene) return;
    this.hover = cell && cell.key !== null ? { query: cell.query, key: cell.key } : null;
    this.mark();
    if (this.hover) this.tip.show(describeCell(this.payload, this.hover), x, y);
    else this.tip.hide();
  }

  /**
   * @param {number} query
   * @param {number | null} key
   */
  choose(query, key) {
    if (!this.payload) return;
    const { header } = this.payload;
    const column = key !== null && key < header.columns.length ? key : null;
    if (header.cells && column === null) return;
    this.selected = { query, key: column };
    this.paint();
    this.tell();
    clearTimeout(this.waiting);
    this.waiting = setTimeout(() => this.emit("select", { query, key: column }), HELD_MS);
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const step = this.scene && takeArrow(event);
    if (!step || !this.scene) return;
    const { rows, columns, cells } = this.scene.payload.header;
    const from = {
      query: this.selected.query ?? 0,
      key: this.hover?.key ?? this.selected.key ?? 0,
    };
    const to = {
      query: clamp(from.query + step[0], [0, rows.length - 1]),
      key: clamp(from.key + step[1], [0, columns.length - 1]),
    };
    const { size } = this.scene;
    const scroll = scrollToCell(size, this.scene.scroll, to);
    [this.box.scrollLeft, this.box.scrollTop] = [scroll.left, scroll.top];
    this.scene.scroll = { left: this.box.scrollLeft, top: this.box.scrollTop };
    if (to.query !== this.selected.query || cells) this.choose(to.query, to.key);
    const [left, top] = placeIn(this.pane, this.root);
    this.point(
      to,
      cellX(size, this.scene.scroll, to.key) + size.across + left,
      cellY(size, this.scene.scroll, to.query) + top,
    );
    this.tell();
  }
}

export const mount = mountWith((root, emit) => new Heatmap(root, emit));
