// @ts-check
// A weight matrix as a picture beside the table, with the row and the column in use framed.

import { indexedBitmap } from "../shared/canvas.js";
import { element } from "../shared/elements.js";
import { fill } from "../shared/format.js";
import { clamp } from "../shared/scale.js";
import { colourBar } from "./cells.js";
import { formula } from "./formula.js";
import { currentStep, shown } from "./sheet_view.js";

/** @import { Change, Picture } from "./sheet_view.js" */
/** @import { State } from "./state.js" */

/**
 * The frame around what is in use, in percent of the picture: a line of dots, each of which stands
 * for a block of weights.
 *
 * @param {number} used
 * @param {number} size
 * @param {number} block
 */
export function frameOf(used, size, block) {
  const start = (Math.floor(used / block) * block * 100) / size;
  return { start, length: (Math.min(block, size) * 100) / size };
}

export class WeightPicture {
  frame = element("div", { class: "frame" });
  caption = element("div", { class: "quiet" });
  box = element("div", { class: "picture", hidden: true }, this.frame, this.caption);
  row = element("i", { class: "mark" });
  column = element("i", { class: "mark" });
  /** @type {Picture | null} */
  drawn = null;
  /** @type {Uint8ClampedArray | null} */
  colours = null;

  /**
   * `choose(row)` and `ask(place)` answer a click.
   *
   * @param {State} state
   * @param {{choose(row: number): void, ask(change: Change): void}} actions
   */
  constructor(state, actions) {
    this.state = state;
    this.actions = actions;
    this.frame.addEventListener("click", (event) => this.#click(event));
  }

  paint() {
    const { sheetView, signed, probability, row } = this.state;
    const picture = sheetView.pictures[currentStep(this.state).id];
    this.box.hidden = !picture;
    if (!picture) return;
    const colours = picture.low < 0 ? signed : probability;
    // drawn anew only when it or the theme is another
    if (this.drawn !== picture || this.colours !== colours) this.#draw(picture, colours);
    const [rows, columns] = picture.size;
    const vertical = frameOf(picture.row, rows, picture.block[0]);
    const horizontal = frameOf(row, columns, picture.block[1]);
    this.row.style.top = `${vertical.start}%`;
    this.row.style.height = `${vertical.length}%`;
    this.column.style.left = `${horizontal.start}%`;
    this.column.style.width = `${horizontal.length}%`;
  }

  /**
   * What a click on a row asks for; the rows of the embedding tables cannot be chosen.
   *
   * @returns {"candidate" | "unit" | null}
   */
  get #rowChoice() {
    const { alone, unit, sheet } = this.state.sheetView;
    if (alone || !unit) return null;
    return sheet === "mlm_logits" ? "candidate" : "unit";
  }

  /**
   * @param {Picture} picture
   * @param {Uint8ClampedArray} colours
   */
  #draw(picture, colours) {
    const { labels } = this.state.sheetView;
    const [high, wide] = picture.shape;
    const canvas = indexedBitmap(picture.pixels, high, wide, colours);
    this.frame.replaceChildren(canvas, this.row, this.column);
    this.frame.style.aspectRatio = `${wide} / ${high}`;
    const isSingle = picture.block.every((size) => size === 1);
    const text = fill(isSingle ? labels.picture : labels.picture_blocks, {
      rows: picture.size[0],
      columns: picture.size[1],
      row: picture.row_name,
      block: picture.block.join(" × "),
    });
    const click = this.#rowChoice ? ` ${labels.picture_click}` : "";
    const about = ` ${text} ${labels.picture_framed}${click}`;
    const ends = [picture.low, picture.high].map((value) => shown(this.state, value));
    const scale = element("span", { class: "scale" }, ends[0], colourBar(colours), ends[1]);
    this.caption.replaceChildren(
      element("div", { class: "legend" }, scale),
      element("p", {}, formula(picture.symbol), about),
    );
    this.drawn = picture;
    this.colours = colours;
  }

  /** @param {MouseEvent} event */
  #click(event) {
    if (!this.drawn) return;
    const [rows, columns] = this.drawn.size;
    const area = this.frame.getBoundingClientRect();
    this.actions.choose(Math.floor(((event.clientX - area.left) / area.width) * columns));
    const row = Math.floor(((event.clientY - area.top) / area.height) * rows);
    const name = this.#rowChoice;
    if (name && row !== this.drawn.row) this.actions.ask({ [name]: clamp(row, [0, rows - 1]) });
  }
}
