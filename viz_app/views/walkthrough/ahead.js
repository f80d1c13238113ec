// @ts-check
// The sheets that are here already, and those to ask for beside the one that is shown.
//
// A step within a sheet needs no server. For a step into the next sheet to be as quick, that sheet
// has to be here before the key is pressed; shared/prefetch.js says how. It is asked for only once
// the shown one is painted, so that nothing is worked out before what the student looks at, and no
// further than two sheets on.

import { FORGOTTEN_MS, prefetched, want } from "../shared/prefetch.js";
import { readLesson } from "./lesson.js";

/** @import { AnyPayload } from "../shared/prefetch.js" */
/** @import { Change, Lesson, Spot } from "./lesson.js" */
/** @import { State } from "./state.js" */
/** @typedef {Pick<Lesson, "sheets" | "loose">} Sheets which sheet a step is on, and which belong to no layer */

const AHEAD = 2; // sheets in the direction of travel: some hold one step, and keys are quick
const BEHIND = 1;
const KEPT = 48; // sheets of some 40 kB: as many as all layers of a small model have

/** Sheets by place; all of one subject (text, model, language), or they would not fit together. */
export class SheetShelf {
  /** @type {Map<string, Lesson>} */
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

  /** @param {Lesson} lesson */
  keep(lesson) {
    const key = this.#keyOf(lesson.sheet, lesson.loose, lesson.place);
    this.#kept.delete(key);
    this.#kept.set(key, lesson);
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
 * @param {Pick<Lesson, "steps" | "sheet" | "before" | "after" | "sheets" | "loose">} lesson
 * @param {Spot} place
 * @param {number} direction 1 or -1
 * @returns {Spot | null}
 */
export function beyond(lesson, place, direction) {
  const isOwn = (/** @type {{sheet: string}} */ { sheet }) => sheet === lesson.sheet;
  const end = direction > 0 ? lesson.steps.findLastIndex(isOwn) : lesson.steps.findIndex(isOwn);
  const next = lesson.steps[end + direction];
  if (next) return { ...place, step: next.id };
  const outside = direction > 0 ? lesson.after : lesson.before;
  if (!outside) return null;
  const [step, layer] = outside;
  // The embedding and the predictions belong to no layer and leave the chosen one as it is.
  const isLoose = lesson.loose.includes(lesson.sheets[step]);
  return { ...place, step, layer: isLoose ? place.layer : layer };
}

/**
 * The nearest places on either side whose sheets are not here.
 *
 * @param {Pick<SheetShelf, "find">} shelf
 * @param {Lesson} lesson
 * @param {Spot} place
 * @param {number} heading
 */
export function missingAround(shelf, lesson, place, heading) {
  const missing = [];
  for (const [direction, depth] of [
    [heading, AHEAD],
    [-heading, BEHIND],
  ]) {
    let from = { lesson, place };
    for (let far = 0; far < depth; far += 1) {
      const next = beyond(from.lesson, from.place, direction);
      if (!next) break;
      const found = shelf.find(lesson, next);
      if (!found) {
        missing.push(next);
        break;
      }
      from = { lesson: found, place: next };
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
    for (const lesson of payloads.map(readLesson)) {
      if (lesson.subject === this.state.lesson.subject) this.shelf.keep(lesson);
    }
    this.look();
  };

  /**
   * @param {State} state
   * @param {SheetShelf} shelf
   * @param {(work: () => void) => void} inTurn
   */
  constructor(state, shelf, inTurn) {
    this.state = state;
    this.shelf = shelf;
    this.inTurn = inTurn;
  }

  /** To be called whenever another sheet is shown. */
  look() {
    const { lesson } = this.state;
    if (this.#isPending || lesson.alone) return;
    if (!this.#line) {
      this.#line = prefetched(lesson.view);
      this.#line.listeners.add(this.#receive);
    }
    this.#isPending = true;
    requestAnimationFrame(() => setTimeout(() => this.#ask())); // behind the frame with the step
  }

  #ask() {
    this.#isPending = false;
    const { lesson, place, heading, target } = this.state;
    if (target) return; // the sheet that is on its way comes first
    const now = performance.now();
    const isForgotten = (/** @type {Spot} */ spot) =>
      now - (this.#asked.get(this.shelf.key(lesson, spot)) ?? -Infinity) > FORGOTTEN_MS;
    const missing = missingAround(this.shelf, lesson, place, heading).filter(isForgotten);
    if (!missing.length) return;
    for (const spot of missing) this.#asked.set(this.shelf.key(lesson, spot), now);
    this.inTurn(() => want(lesson.view, missing));
  }

  /** Another subject: what was asked for no longer counts. */
  forget() {
    this.#asked.clear();
  }

  close() {
    this.#line?.listeners.delete(this.#receive);
  }
}
