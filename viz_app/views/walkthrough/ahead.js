// @ts-check
// The sheets that are here already, and those to ask for beside the one that is shown.
//
// A step within a sheet needs no server. For a step into the next sheet to be as quick, that sheet
// has to be here before the key is pressed; shared/prefetch.js says how. It is asked for only once
// the shown one is painted, so that nothing is worked out before what the student looks at, and no
// further than two sheets on.

import { FORGOTTEN_MS, prefetched, want } from "../shared/prefetch.js";
import { readSheetView } from "./sheet_view.js";

/** @import { AnyPayload } from "../shared/prefetch.js" */
/** @import { Change, SheetView, Spot } from "./sheet_view.js" */
/** @import { State } from "./state.js" */
/** @typedef {Pick<SheetView, "sheets" | "loose">} Sheets which sheet a step is on, and which belong to no layer */

const AHEAD = 2; // sheets in the direction of travel: some hold one step, and keys are quick
const BEHIND = 1;
const KEPT = 48; // sheets of some 40 kB: as many as all layers of a small model have

/** Sheets by place; all of one subject (text, model, language), or they would not fit together. */
export class SheetShelf {
  /** @type {Map<string, SheetView>} */
  #kept = new Map();

  /**
   * @param {string} sheet
   * @param {string[]} loose
   * @param {Change} place
   */
  #keyOf(sheet, loose, place) {
    const layer = loose.includes(sheet) ? null : place.layer;
    return [sheet, layer, place.head, place.query, place.unit, place.candidate].join();
  }

  /**
   * The key of a place, to compare with that of another.
   *
   * @param {Sheets} map
   * @param {Change} place
   */
  key(map, place) {
    return this.#keyOf(map.sheets[place.step ?? ""], map.loose, place);
  }

  /**
   * @param {Sheets} map
   * @param {Change} place
   */
  find(map, place) {
    return this.#kept.get(this.key(map, place));
  }

  /** @param {SheetView} sheetView */
  keep(sheetView) {
    const key = this.#keyOf(sheetView.sheet, sheetView.loose, sheetView.place);
    this.#kept.delete(key);
    this.#kept.set(key, sheetView);
    const [oldest] = this.#kept.keys();
    if (this.#kept.size > KEPT) this.#kept.delete(oldest);
  }

  clear() {
    this.#kept.clear();
  }
}

/**
 * The place beyond the end of a sheet; null at either end of the chain.
 *
 * @param {Pick<SheetView, "steps" | "sheet" | "before" | "after" | "sheets" | "loose">} sheetView
 * @param {Spot} place
 * @param {number} direction 1 or -1
 * @returns {Spot | null}
 */
export function beyond(sheetView, place, direction) {
  const isOwn = (/** @type {{sheet: string}} */ { sheet }) => sheet === sheetView.sheet;
  const end =
    direction > 0 ? sheetView.steps.findLastIndex(isOwn) : sheetView.steps.findIndex(isOwn);
  const next = sheetView.steps[end + direction];
  if (next) return { ...place, step: next.id };
  const outside = direction > 0 ? sheetView.after : sheetView.before;
  if (!outside) return null;
  const [step, layer] = outside;
  // The embedding and the predictions belong to no layer and leave the chosen one as it is.
  const isLoose = sheetView.loose.includes(sheetView.sheets[step]);
  return { ...place, step, layer: isLoose ? place.layer : layer };
}

/**
 * The nearest places on either side whose sheets are not here.
 *
 * @param {Pick<SheetShelf, "find">} shelf
 * @param {SheetView} sheetView
 * @param {Spot} place
 * @param {number} heading
 */
export function missingAround(shelf, sheetView, place, heading) {
  const missing = [];
  for (const [direction, depth] of [
    [heading, AHEAD],
    [-heading, BEHIND],
  ]) {
    let from = { sheetView, place };
    for (let far = 0; far < depth; far += 1) {
      const next = beyond(from.sheetView, from.place, direction);
      if (!next) break;
      const found = shelf.find(sheetView, next);
      if (!found) {
        missing.push(next);
        break;
      }
      from = { sheetView: found, place: next };
    }
  }
  return missing;
}

/** Asks for the sheets beside the shown one, and puts those that come on the shelf. */
export class Lookout {
  /** @type {Map<string, number>} place → when it was asked for */
  #asked = new Map();
  /** @type {import("../shared/channel.js").Channel | null} */
  #line = null;
  #isPending = false;
  #receive = (/** @type {AnyPayload[]} */ payloads) => {
    for (const sheetView of payloads.map(readSheetView)) {
      if (sheetView.subject === this.state.sheetView.subject) this.shelf.keep(sheetView);
    }
    this.look();
  };

  /**
   * @param {State} state
   * @param {SheetShelf} shelf
   * @param {(work: () => void) => void} inTurn
   * @param {HTMLElement} root its `data-missing` says how many neighbours are not here yet
   */
  constructor(state, shelf, inTurn, root) {
    this.state = state;
    this.shelf = shelf;
    this.inTurn = inTurn;
    this.root = root;
  }

  /** To be called whenever another sheet is shown. */
  look() {
    const { sheetView } = this.state;
    if (this.#isPending || sheetView.alone) return;
    delete this.root.dataset.missing;
    if (!this.#line) {
      this.#line = prefetched(sheetView.view);
      this.#line.listeners.add(this.#receive);
    }
    this.#isPending = true;
    requestAnimationFrame(() => setTimeout(() => this.#ask())); // behind the frame with the step
  }

  #ask() {
    this.#isPending = false;
    const { sheetView, place, heading, target } = this.state;
    if (target) return; // the sheet that is on its way comes first
    const now = performance.now();
    const isForgotten = (/** @type {Spot} */ spot) =>
      now - (this.#asked.get(this.shelf.key(sheetView, spot)) ?? -Infinity) > FORGOTTEN_MS;
    const missing = missingAround(this.shelf, sheetView, place, heading);
    this.root.dataset.missing = String(missing.length);
    const wanted = missing.filter(isForgotten);
    if (!wanted.length) return;
    for (const spot of wanted) this.#asked.set(this.shelf.key(sheetView, spot), now);
    this.inTurn(() => want(sheetView.view, wanted));
  }

  /** Another subject: what was asked for no longer counts. */
  forget() {
    this.#asked.clear();
  }

  close() {
    this.#line?.listeners.delete(this.#receive);
  }
}
