// @ts-check
// The whole model for one sentence: word pieces and their vectors, every head, what comes out.
// One row per token from left to right; on a narrow page the three parts stand below each other.

import { pixelRatio, textMeasure } from "../shared/canvas.js";
import { canvasFont, colourTable } from "../shared/colour.js";
import { element, pageZoom, takeArrow, tooltip, watchWidth } from "../shared/elements.js";
import { fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { clamp } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";
import { GUTTER, layoutBoard, TILE } from "./layout.js";
import { framesIn, paintOverlay, paintStrip, paintTiles } from "./paint.js";
import { Panels } from "./panels.js";
import { Texts } from "./texts.js";
import { Tour } from "./tour.js";

/** @import { ArchitectureValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Grid, Size } from "./layout.js" */
/** @import { Scene } from "./paint.js" */
/** @import { BoardPayload, Part, Tile } from "./texts.js" */

/**
 * Lay a band over a row.
 *
 * @param {HTMLElement} band
 * @param {Size} size
 * @param {number | null} row
 */
function placeBand(band, size, row) {
  band.hidden = row === null;
  if (row === null) return;
  band.style.top = `${size.top + row * size.row}px`;
  band.style.height = `${size.row}px`;
}

class Architecture {
  pageTitle = element("h2");
  board = element("div", { class: "board", role: "group" });
  more = element("div", { class: "more quiet" });
  notes = element("div", { class: "notes" });
  tour = new Tour(this.board, () => this.scene?.size.stacked ?? false);
  /** @type {BoardPayload | null} */
  payload = null;
  /** @type {Grid} */
  grid = { layers: 0, heads: 0, tokens: 0 };
  /** @type {Scene | null} */
  scene = null;
  /** @type {Panels | null} */
  panels = null;
  /** @type {ArchitectureValues} */
  selected = { layer: 0, head: 0, query: 0 };
  /** @type {number | null} row under the pointer */
  pointed = null;
  /** @type {Tile | null} tile under the pointer or the arrow keys */
  cursor = null;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.root = root;
    this.emit = emit;
    root.classList.add("architecture");
    const title = element("div", { class: "title" }, this.pageTitle, this.tour.box);
    root.append(title, this.board, this.more, this.notes);
    this.tip = tooltip(root);
    this.board.addEventListener("pointerleave", () => this.leave());
    this.board.addEventListener("scroll", () => this.tip.hide());
    this.stopWatching = watchWidth(root, () => this.repaint());
  }

  /** @param {BoardPayload} next */
  show(next) {
    this.payload = next;
    const [layers, heads, tokens] = next.shapes.best_keys;
    this.grid = { layers, heads, tokens };
    this.selected = {
      layer: Math.min(this.selected.layer, layers - 1),
      head: Math.min(this.selected.head, heads - 1),
      query: Math.min(this.selected.query, tokens - 1),
    };
    this.pointed = null;
    this.cursor = null;
    const { labels } = next.header;
    this.pageTitle.textContent = labels.heading;
    this.board.setAttribute("aria-label", labels.board);
    this.tour.labels = labels.tour;
    this.repaint();
  }

  /** @param {ArchitectureValues} values */
  select({ layer, head, query }) {
    const { layers, heads, tokens } = this.grid;
    if (layer >= layers || head >= heads || query >= tokens) return;
    this.selected = { layer, head, query };
    this.mark();
    for (const button of this.board.querySelectorAll("button")) {
      if (!button.closest(".labels")) continue;
      button.tabIndex = Number(button.dataset.row) === query ? 0 : -1;
    }
  }

  close() {
    this.stopWatching();
  }

  repaint() {
    const width = this.root.clientWidth;
    if (!this.payload || !width) return;
    const theme = readTheme(this.root);
    const measure = textMeasure(canvasFont("text", theme));
    const widest = Math.max(...this.payload.header.tokens.map(({ text }) => measure(text)));
    const size = layoutBoard(width, this.grid, widest, pixelRatio());
    const scene = { payload: this.payload, grid: this.grid, size, theme };
    this.scene = scene;
    const panels = this.assemble(scene);
    const signed = colourTable("signed", theme);
    const probability = colourTable("probability", theme);
    this.placeNotes(width, panels, panels.notes(signed, probability));
    for (const strip of panels.parts.strips) paintStrip(scene, strip, signed);
    panels.parts.layers.forEach(({ canvas }, layer) => {
      paintTiles(scene, canvas, layer, probability);
    });
    this.mark();
    this.tour.draw();
    this.sayHowMuchIsInView(scene);
    this.root.dataset.painted = String(this.grid.tokens);
  }

  /** @param {Scene} scene */
  assemble(scene) {
    const { board } = this;
    const panels = new Panels(scene, new Texts(scene.payload), this.selected.query, {
      open: (part, values = {}) => this.open(part, values),
      point: (row) => this.point(row),
      say: (text, x, y) => this.say(text, x, y),
      hover: (tile) => {
        this.cursor = tile;
        this.pointed = tile?.row ?? null;
        this.mark();
      },
      leave: () => this.leave(),
    });
    const scroll = { top: board.scrollTop, left: board.scrollLeft };
    board.classList.toggle("stacked", scene.size.stacked);
    board.replaceChildren(...panels.all.map(({ box }) => box));
    board.scrollTo(scroll);
    panels.all[1].body.addEventListener("keydown", (event) => this.walk(event));
    this.panels = panels;
    return panels;
  }

  /**
   * A note stands under its panel, where there is room for three of them.
   *
   * @param {number} width
   * @param {Panels} panels
   * @param {HTMLElement[]} notes
   */
  placeNotes(width, panels, notes) {
    const boxes = panels.all.map(({ box }) => box);
    const stacked = panels.scene.size.stacked;
    if (stacked) notes.forEach((note, index) => boxes[index].append(note));
    this.notes.replaceChildren(...(stacked ? [] : notes));
    const [first, second] = boxes.map((box) => box.offsetWidth);
    const fits = first + second + 2 * GUTTER.panels + GUTTER.output <= width + 1;
    this.notes.style.gridTemplateColumns = fits ? `${first}px ${second}px minmax(0, 1fr)` : "";
  }

  /**
   * A long text scrolls in its own box; say how much of it is in view.
   *
   * @param {Scene} scene
   */
  sayHowMuchIsInView({ payload, size, grid }) {
    const box = (size.stacked && this.board.querySelector(".view")) || this.board;
    const cut = box.scrollHeight > box.clientHeight + 2;
    const rows = Math.min(grid.tokens, Math.floor((box.clientHeight - 60) / size.row));
    this.board.classList.toggle("cut", cut && !size.stacked);
    const { more } = payload.header.labels;
    this.more.textContent = cut ? fill(more, { rows, tokens: grid.tokens }) : "";
  }

  /** Mark one row and one head through everything. */
  mark() {
    if (!this.scene || !this.panels) return;
    const { scene, selected, pointed, cursor } = this;
    for (const { chosen, under } of this.panels.parts.bands) {
      placeBand(chosen, scene.size, selected.query);
      placeBand(under, scene.size, pointed === selected.query ? null : pointed);
    }
    this.panels.parts.layers.forEach(({ overlay }, layer) => {
      const frames = framesIn(layer, selected, cursor);
      paintOverlay(scene, overlay, { chosen: selected.query, pointed, frames });
    });
  }

  /**
   * @param {Part} part
   * @param {Record<string, number>} values
   */
  open(part, values) {
    if (this.payload && part in this.payload.header.pages) this.emit("open", { part, ...values });
  }

  /** @param {number | null} row */
  point(row) {
    if (row === this.pointed) return;
    this.pointed = row;
    this.mark();
  }

  /**
   * @param {string | null} text
   * @param {number} x
   * @param {number} y
   */
  say(text, x, y) {
    if (text === null) {
      this.tip.hide();
      return;
    }
    const bounds = this.root.getBoundingClientRect();
    const zoom = pageZoom();
    this.tip.show(text, (x - bounds.left) / zoom, (y - bounds.top) / zoom);
  }

  leave() {
    this.pointed = null;
    this.cursor = null;
    this.tip.hide();
    this.mark();
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const { cursor, selected, panels, scene } = this;
    if (event.key === "Enter" && cursor) {
      this.open("head", { layer: cursor.layer, head: cursor.head });
      return;
    }
    const step = takeArrow(event);
    if (!step || !panels || !scene) return;
    const [down, across] = step;
    // the first key only shows where one is
    const from = cursor ?? { layer: selected.layer - across, head: selected.head - down };
    const to = {
      layer: clamp(from.layer + across, [0, this.grid.layers - 1]),
      head: clamp(from.head + down, [0, this.grid.heads - 1]),
    };
    this.cursor = to;
    this.mark();
    const bounds = panels.parts.layers[to.layer].column.getBoundingClientRect();
    const y = bounds.top + (to.head + 0.5) * (scene.size.tile + TILE.gap) * pageZoom();
    this.say(panels.texts.head(to, selected.query), bounds.right, y);
  }
}

export const mount = mountWith((root, emit) => new Architecture(root, emit));
