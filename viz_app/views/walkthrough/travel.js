// Moving through the lesson. A place is {step, layer, head, query, unit, candidate}; where its sheet
// is here, a move needs no server. The server is told of a place where the student has come to rest,
// and asked for a sheet that is not here.

import { PATIENCE_MS } from "../shared/prefetch.js";
import { addressWriter, readAddress, restOfAddress } from "./address.js";
import { beyond } from "./ahead.js";

const SETTLED_MS = 400; // a place is told once the student has stayed there for so long
const HISTORY_MS = 1500; // Streamlit tells the server of the back button; when to make sure

/**
 * Returns {goTo, ask, arrived, began, close}.
 *
 * `paint()` is called after a step within the sheet, `display(lesson, place)` to show another one.
 */
export function traveller(state, shelf, emit, { paint, display }) {
  const write = addressWriter();
  let timer = null;
  let repeating = null;
  let rested = true; // whether the place left is one that the back button should lead to
  let rest = null; // what the address said besides the place when this lesson began

  function report(after) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      rested = true;
      emit("place", state.place);
    }, after);
  }

  function writePlace(place) {
    if (!state.lesson.alone) write(state.lesson.address, place, rested);
    rested = false;
  }

  /** A click is lost now and then when two runs of the page fall together, so it is repeated. */
  function send(target, attempts) {
    clearTimeout(repeating);
    repeating = setTimeout(() => {
      if (state.target !== target) return;
      if (attempts > 0) {
        emit("place", withoutSpot(target));
        send(target, attempts - 1);
      } else {
        state.target = null;
        writePlace(state.place);
      }
    }, PATIENCE_MS);
  }

  /** Row and dimension are no part of a place: they say where to look in its sheet. */
  function withoutSpot({ row, dim, ...place }) {
    return place;
  }

  function wait(target) {
    clearTimeout(timer);
    state.target = target;
    send(target, 2);
  }

  /** Go to a place; what is not named stays. */
  function ask(change) {
    const target = { ...state.place, ...change };
    writePlace(target);
    const lesson = shelf.find(state.lesson, target);
    if (lesson) {
      state.target = null;
      display(lesson, target);
      report(SETTLED_MS);
    } else {
      wait(target);
      emit("place", withoutSpot(target));
    }
  }

  /** The back and forward buttons of the browser. */
  function onHistory() {
    const { lesson } = state;
    // a file has no address of its own; another text, model or language is another lesson
    if (!lesson || lesson.alone || restOfAddress(lesson.address) !== rest) return;
    const named = readAddress(lesson.address);
    if (!(named.step in lesson.sheets)) return;
    const target = { ...state.place, ...named };
    for (const name of ["layer", "head", "query"]) target[name] ??= state.place[name];
    rested = true;
    const found = shelf.find(lesson, target);
    if (found) {
      state.target = null;
      display(found, target);
      report(HISTORY_MS);
    } else wait(target);
  }
  window.addEventListener("popstate", onHistory);

  return {
    ask,
    goTo(step) {
      const { lesson } = state;
      if (step === state.step) return;
      if (state.target) return; // another sheet is on its way
      state.heading = Math.sign(step - state.step);
      const inside = lesson.steps[step];
      if (inside?.sheet === lesson.sheet) {
        state.step = step;
        state.place = { ...state.place, step: inside.id };
        writePlace(state.place);
        paint();
        report(SETTLED_MS);
      } else {
        const place = inside
          ? { ...state.place, step: inside.id }
          : beyond(lesson, state.place, state.heading);
        if (place) ask(place);
      }
    },
    /** A sheet has come: show it if it is the one that was asked for. */
    arrived(lesson) {
      const { target } = state;
      if (!target || shelf.find(lesson, target) !== lesson) return;
      state.target = null;
      rested = true;
      display(lesson, target);
    },
    /** The first sheet of a lesson is shown: from now on the address is the lesson's. */
    began() {
      clearTimeout(timer);
      state.target = null;
      if (state.lesson.alone) return;
      write(state.lesson.address, state.place, false);
      rest = restOfAddress(state.lesson.address);
      rested = true;
    },
    close() {
      clearTimeout(timer);
      clearTimeout(repeating);
      window.removeEventListener("popstate", onHistory);
    },
  };
}
