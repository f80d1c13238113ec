// @ts-check
// The three panels of the board, put together from their columns, and the notes below them.

import { pixelRatio } from "../shared/canvas.js";
import { element, pointIn } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { clamp } from "../shared/scale.js";
import { guessColumn, heading, headNames, rowAt, tokenColumn, walkRows } from "./columns.js";
import { cellsOf, GUTTER, OPERATORS, PARTS, TILE } from "./layout.js";
import { legend } from "./paint.js";
import { stripPart } from "./texts.js";

/** @import { BoardPanel } from "../payloads.js" */
/** @import { Scene, Strip } from "./paint.js" */
/** @import { Part, Texts, Tile } from "./texts.js" */
/**
 * What happens on the board.
 *
 * @typedef {{
 *   open(part: Part, values?: Record<string, number>): void,
 *   point(row: number | null): void,
 *   say(text: string | null, x: number, y: number): void,
 *   hover(tile: (Tile & {row: number}) | null): void,
 *   leave(): void,
 * }} Actions
 */
/**
 * The elements that change after assembling.
 *
 * @typedef {{
 *   strips: Strip[],
 *   layers: {canvas: HTMLCanvasElement, overlay: HTMLCanvasElement, column: HTMLElement}[],
 *   bands: {chosen: HTMLElement, under: HTMLElement}[],
 * }} Parts
 */

/**
 * @param {HTMLElement} node
 * @param {number} step of the tour that is about it
 */
function withStep(node, step) {
  node.dataset.step = String(step);
  return node;
}

export class Panels {
  /** @type {Parts} */
  parts = { strips: [], layers: [], bands: [] };

  /**
   * @param {Scene} scene
   * @param {Texts} texts
   * @param {number} chosen row
   * @param {Actions} actions
   */
  constructor(scene, texts, chosen, actions) {
    this.scene = scene;
    this.texts = texts;
    this.actions = actions;
    this.chosen = chosen;
    this.all = [this.input(), this.encoder(), this.output()];
  }

  /** @param {Part} part */
  opens(part) {
    return part in this.scene.payload.header.pages;
  }

  /**
   * Point at rows of a column: `about(row)` says what is there, null for nothing.
   *
   * @param {HTMLElement} column
   * @param {(row: number, event: MouseEvent) => string | null} about
   * @param {(row: number) => void} choose
   */
  listen(column, about, choose) {
    const { size, grid } = this.scene;
    column.addEventListener("pointermove", (event) => {
      const row = rowAt(event, column, size, grid.tokens);
      this.actions.point(row);
      const text = row === null ? null : about(row, event);
      this.actions.say(text, event.clientX, event.clientY);
    });
    column.addEventListener("click", (event) => {
      const row = rowAt(event, column, size, grid.tokens);
      if (row !== null) choose(row);
    });
  }

  /**
   * The same by keyboard, for a column of buttons.
   *
   * @param {HTMLElement} column
   * @param {(row: number) => string | null} about
   * @param {(row: number) => void} choose
   */
  listenKeys(column, about, choose) {
    walkRows(column, choose, (row, button) => {
      this.actions.point(row);
      const bounds = button.getBoundingClientRect();
      this.actions.say(about(row), bounds.left, bounds.bottom);
    });
    column.addEventListener("focusout", () => this.actions.leave());
  }

  /** @param {boolean} copy */
  tokens(copy) {
    const { payload, size } = this.scene;
    const column = tokenColumn(payload.header, size, this.chosen, copy);
    const about = (/** @type {number} */ row) => this.texts.token(row);
    const open = (/** @type {number} */ row) => this.actions.open("token", { token: row });
    if (!copy) {
      column.setAttribute("role", "group");
      column.setAttribute("aria-label", this.texts.labels.tokens);
      this.listenKeys(column, about, open);
    }
    this.listen(column, about, open);
    return column;
  }

  /**
   * @param {number} strip
   * @param {number} width
   */
  strip(strip, width) {
    const { payload, size } = this.scene;
    const part = stripPart(strip);
    const canvas = element("canvas", { "aria-hidden": "true" });
    const column = element(
      "div",
      { class: `column strip${this.opens(part) ? " way" : ""}` },
      canvas,
    );
    const { count, drawn } = cellsOf(width, payload.shapes.vectors[2], pixelRatio());
    column.style.width = `${width}px`;
    column.style.paddingTop = `${size.top}px`;
    const dimensionAt = (/** @type {MouseEvent} */ event) => {
      const [x] = pointIn(event, canvas.getBoundingClientRect());
      return clamp(Math.floor((x / drawn) * count), [0, count - 1]);
    };
    const layer = strip - PARTS.length - 1;
    this.listen(
      column,
      (row, event) => this.texts.strip(strip, row, dimensionAt(event)),
      (row) => this.actions.open(part, layer < 0 ? { token: row } : { layer, token: row }),
    );
    this.parts.strips.push({ canvas, strip, count, drawn });
    return column;
  }

  /** @param {number} layer */
  tiles(layer) {
    const { size, grid } = this.scene;
    const canvas = element("canvas", { "aria-hidden": "true" });
    const overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
    const way = this.opens("head") ? " way" : "";
    const column = element("div", { class: `column tiles${way}` }, canvas, overlay);
    column.style.width = `${size.tile}px`;
    const tileAt = (/** @type {MouseEvent} */ event) => {
      const [, y] = pointIn(event, column.getBoundingClientRect());
      const head = Math.floor(y / (size.tile + TILE.gap));
      if (head < 0 || head >= grid.heads) return null;
      const inside = y - head * (size.tile + TILE.gap);
      const row = clamp(Math.floor((inside / size.tile) * grid.tokens), [0, grid.tokens - 1]);
      return { layer, head, row };
    };
    column.addEventListener("pointermove", (event) => {
      const tile = tileAt(event);
      this.actions.hover(tile);
      if (tile) this.actions.say(this.texts.head(tile, tile.row), event.clientX, event.clientY);
    });
    column.addEventListener("pointerleave", () => this.actions.hover(null));
    column.addEventListener("click", (event) => {
      const tile = tileAt(event);
      if (tile) this.actions.open("head", { layer, head: tile.head });
    });
    this.parts.layers.push({ canvas, overlay, column });
    return column;
  }

  guesses() {
    const { payload, size } = this.scene;
    const { guesses, is_next: isNext } = payload.header;
    const column = guessColumn(payload.header, size);
    const about = (/** @type {number} */ row) => {
      if (row === 0) return isNext === null ? null : this.texts.next();
      return guesses[row].length ? this.texts.guesses(row) : null;
    };
    const open = (/** @type {number} */ row) => {
      if (about(row) === null) return;
      if (row === 0) this.actions.open("next");
      else this.actions.open("mask", { token: row });
    };
    this.listen(column, about, open);
    this.listenKeys(column, about, open);
    return column;
  }

  /**
   * @param {BoardPanel} name
   * @param {HTMLElement[]} heads
   * @param {HTMLElement[]} columns
   */
  panel(name, heads, columns) {
    const { size, grid } = this.scene;
    const title = this.texts.labels.panels[name];
    const chosen = element("div", { class: "band chosen", "aria-hidden": "true" });
    const under = element("div", { class: "band", "aria-hidden": "true" });
    this.parts.bands.push({ chosen, under });
    const body = element("div", { class: "body" }, ...columns, chosen, under);
    const alone = size.stacked && name !== "encoder";
    body.style.height = `${alone ? size.row * grid.tokens : size.height}px`;
    const view = element(
      "div",
      { class: "view", tabindex: size.stacked ? "0" : null },
      element("div", { class: "top" }, ...heads),
      body,
    );
    const attributes = { class: `panel ${name}`, "aria-label": title };
    return { box: element("section", attributes, element("h3", {}, title), view), body };
  }

  input() {
    const { columns: titles } = this.texts.labels;
    const { size } = this.scene;
    const heads = [heading(titles.tokens, size.labels, 0)];
    heads[0].classList.add("start");
    const columns = [withStep(this.tokens(false), 0)];
    for (const [strip, part] of /** @type {const} */ ([...PARTS, "norm"]).entries()) {
      heads.push(heading(titles[part], size.part, 1));
      columns.push(withStep(this.strip(strip, size.part), 1));
      if (strip >= OPERATORS.length) continue;
      heads.push(heading(OPERATORS[strip], GUTTER.operator, 1));
      const gap = element("div", { class: "column", "data-step": 1 });
      gap.style.width = `${GUTTER.operator}px`;
      columns.push(gap);
    }
    return this.panel("input", heads, columns);
  }

  encoder() {
    const { size, grid } = this.scene;
    const { labels } = this.texts;
    const { heads, columns } = this.beside(2);
    heads.push(heading("", GUTTER.heads, 2));
    columns.push(withStep(headNames(grid.heads, GUTTER.heads, size), 2));
    for (let layer = 0; layer < grid.layers; layer += 1) {
      const room = size.tile + size.strip + GUTTER.layer;
      const long = fill(labels.columns.layer, { layer });
      heads.push(heading(room >= 64 ? long : `L${layer}`, room, 2, long));
      columns.push(withStep(this.tiles(layer), 2));
      const strip = withStep(this.strip(PARTS.length + 1 + layer, size.strip), 3);
      strip.style.marginLeft = `${GUTTER.layer / 2 - 2}px`;
      strip.style.marginRight = `${GUTTER.layer / 2 + 2}px`;
      columns.push(strip);
    }
    const made = this.panel("encoder", heads, columns);
    made.body.tabIndex = 0;
    made.body.setAttribute("role", "application");
    made.body.setAttribute("aria-label", labels.heads);
    made.body.addEventListener("blur", () => this.actions.leave());
    return made;
  }

  output() {
    const { heads, columns } = this.beside(4);
    const title = heading(this.texts.labels.columns.guesses, this.scene.size.guesses, 4);
    title.classList.add("start");
    heads.push(title);
    columns.push(withStep(this.guesses(), 4));
    return this.panel("output", heads, columns);
  }

  /**
   * Where panels are stacked, the tokens stand again beside the second and third.
   *
   * @param {number} step
   */
  beside(step) {
    const { size } = this.scene;
    /** @type {HTMLElement[]} */
    const heads = size.stacked ? [heading("", size.labels, step)] : [];
    const columns = size.stacked ? [withStep(this.tokens(true), step)] : [];
    return { heads, columns };
  }

  /**
   * A note under each panel, with its scales.
   *
   * @param {Uint8ClampedArray} signed
   * @param {Uint8ClampedArray} probability
   */
  notes(signed, probability) {
    const { notes, legends } = this.texts.labels;
    const { limits } = this.scene.payload.arrays;
    const shown = this.parts.strips[0].count;
    const plain = (/** @type {number} */ share) => share;
    /** @type {(limit: number) => [string, string]} */
    const ends = (limit) => [`≤ ${digits(-limit, 2)}`, `≥ ${digits(limit, 2)}`];
    const note = (/** @type {string} */ text, /** @type {HTMLElement[]} */ ...scales) =>
      element("div", { class: "note" }, element("p", {}, text), ...scales);
    return [
      note(
        fill(notes.input, { shown }),
        legend(signed, legends.parts, ends(limits[0]), plain),
        legend(signed, legends.hidden, ends(limits[PARTS.length]), plain),
      ),
      note(notes.encoder, legend(probability, legends.attention, ["0", "1"], Math.sqrt)),
      note(notes.output),
    ];
  }
}
