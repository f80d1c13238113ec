// @ts-check
// What the parts of the step-by-step view share.

/** @import { Asked } from "../payloads.js" */
/** @import { Layout } from "./layout.js" */
/** @import { Change, SheetView, Spot } from "./sheet_view.js" */

export class State {
  /** @type {SheetView | null} */
  #sheetView = null;
  /** @type {Spot | null} */
  #place = null;
  /** @type {string | undefined} the step that the page names; undefined before it has named one */
  wanted = undefined;
  /** @type {Change | null} a place whose sheet is on its way */
  target = null;
  step = 0; // of the place, as an index
  row = 0;
  dim = 0;
  heading = 1; // which way the student walks
  labelWidth = 0;
  /** @type {Layout | null} */
  layout = null;
  /** @type {Asked | null} */
  asked = null;
  /** @type {string | null} key of the cell that is asked about */
  askedKey = null;
  /** @type {Set<string>} keys of the cells that light up */
  lit = new Set();
  signed = new Uint8ClampedArray(256 * 3); // colour tables
  probability = new Uint8ClampedArray(256 * 3);

  get hasSheetView() {
    return this.#sheetView !== null;
  }

  /** The sheet that is shown. */
  get sheetView() {
    if (!this.#sheetView) throw new Error("no sheet has come yet");
    return this.#sheetView;
  }

  set sheetView(sheetView) {
    this.#sheetView = sheetView;
  }

  get hasPlace() {
    return this.#place !== null;
  }

  /** Where the student is. */
  get place() {
    if (!this.#place) throw new Error("no sheet is shown yet");
    return this.#place;
  }

  set place(place) {
    this.#place = place;
  }
}
