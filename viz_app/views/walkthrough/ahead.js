// The sheets that are here already, and those to ask for beside the one that is shown.
//
// A step within a sheet needs no server. For a step into the next sheet to be as quick, that sheet
// has to be here before the key is pressed. It is asked for only once the shown one is painted, so
// that nothing is worked out before what the student looks at, and no further than two sheets on.

import { FORGOTTEN_MS, prefetched, want } from "../shared/prefetch.js";
import { readLesson } from "./lesson.js";

const AHEAD = 2; // sheets in the direction of travel: some hold one step, and keys are quick
const BEHIND = 1;
const KEPT = 48; // sheets of some 40 kB: as many as all layers of a small model have
/** Sheets by place; all of one subject (text, model, language), or they would not fit together. */
export function sheetShelf() {
  const kept = new Map();

  function keyOf(sheet, loose, place) {
    const layer = loose.includes(sheet) ? null : place.layer;
    return [sheet, layer, place.head, place.query, place.unit, place.candidate].join();
  }

  return {
    /** The key of a place, to compare with that of another. */
    key: (lesson, place) => keyOf(lesson.sheets[place.step], lesson.loose, place),
    find: (lesson, place) => kept.get(keyOf(lesson.sheets[place.step], lesson.loose, place)),
    keep(lesson) {
      const key = keyOf(lesson.sheet, lesson.loose, lesson.place);
      kept.delete(key);
      kept.set(key, lesson);
      if (kept.size > KEPT) kept.delete(kept.keys().next().value);
      return key;
    },
    clear: () => kept.clear(),
  };
}

/** The place beyond the end of a sheet; null at either end of the chain. */
export function beyond(lesson, place, direction) {
  const own = lesson.steps
    .map((_step, index) => index)
    .filter((index) => lesson.steps[index].sheet === lesson.sheet);
  const next = lesson.steps[(direction > 0 ? own.at(-1) : own[0]) + direction];
  if (next) return { ...place, step: next.id };
  const outside = direction > 0 ? lesson.after : lesson.before;
  if (!outside) return null;
  const [step, layer] = outside;
  // The embedding and the predictions belong to no layer and leave the chosen one as it is.
  const loose = lesson.loose.includes(lesson.sheets[step]);
  return { ...place, step, layer: loose ? place.layer : layer };
}

/** The nearest places on either side whose sheets are not here. */
function missingAround(shelf, lesson, place, heading) {
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

/**
 * Ask for the sheets beside the shown one, and put those that come on the shelf.
 *
 * They travel through a component of their own (prefetch.js), whose messages do not touch the
 * view. Returns {look, close}; `look()` is called whenever another sheet is shown.
 */
export function lookout(state, shelf, inTurn) {
  const asked = new Map();
  let line = null;
  let pending = false;

  function receive(payloads) {
    for (const payload of payloads) {
      const lesson = readLesson(payload);
      if (lesson.subject === state.lesson.subject) shelf.keep(lesson);
    }
    look();
  }

  function ask() {
    pending = false;
    const { lesson, place, heading, target } = state;
    if (target) return; // the sheet that is on its way comes first
    const now = performance.now();
    const missing = missingAround(shelf, lesson, place, heading).filter(
      (each) => now - (asked.get(shelf.key(lesson, each)) ?? -Infinity) > FORGOTTEN_MS,
    );
    if (!missing.length) return;
    for (const each of missing) asked.set(shelf.key(lesson, each), now);
    inTurn(() => want(lesson.view, missing));
  }

  function look() {
    if (pending || state.lesson.alone) return;
    if (!line) {
      line = prefetched(state.lesson.view);
      line.listeners.add(receive);
    }
    pending = true;
    requestAnimationFrame(() => setTimeout(ask)); // behind the frame that shows the step
  }

  return {
    look,
    forget: () => asked.clear(),
    close: () => line?.listeners.delete(receive),
  };
}
