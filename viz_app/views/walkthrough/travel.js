// @ts-check
// Moving through the walkthrough. Where the sheet of a place is here, a move needs no server. The server
// is told of a place where the student has come to rest, and asked for a sheet that is not here.

import { PATIENCE_MS } from "../shared/prefetch.js";
import { addressWriter, readAddress, restOfAddress } from "./address.js";
import { beyond } from "./ahead.js";

/** @import { Emit } from "../shared/mount.js" */
/** @import { SheetShelf } from "./ahead.js" */
/** @import { Change, SheetView, Spot } from "./sheet_view.js" */
/** @import { State } from "./state.js" */
/** @typedef {{paint(): void, display(sheetView: SheetView, spot: Change): void}} Screen */

const SETTLED_MS = 400; // a place is told once the student has stayed there for so long
const HISTORY_MS = 1500; // Streamlit tells the server of the back button; when to make sure
const REPEATS = 2; // of a request that nothing came of

/**
 * Row and dimension are no part of a place: they say where to look in its sheet.
 *
 * @param {Change} change
 */
export function withoutSpot({ row, dim, ...place }) {
  return place;
}

/**
 * A place as the address names it; what it does not name and every place has stays.
 *
 * @param {Spot} place
 * @param {Record<string, string | number | null>} named
 */
export function placeNamed(place, named) {
  const { layer, head, query } = place;
  const stays = { layer, head, query };
  const given = Object.entries(named).filter(([name, value]) => value !== null || !(name in stays));
  return /** @type {Spot} */ ({ ...place, ...Object.fromEntries(given) });
}

export class Traveller {
  #write = addressWriter();
  #telling = 0;
  #repeating = 0;
  #isRest = true; // whether the place left is one that the back button should lead to
  #rest = ""; // what the address said besides the place when this sheetView began
  #onHistory = () => this.#goBack();

  /**
   * `screen.paint()` is called after a step within the sheet, `screen.display` to show another one.
   *
   * @param {State} state
   * @param {SheetShelf} shelf
   * @param {Emit} emit
   * @param {Screen} screen
   */
  constructor(state, shelf, emit, screen) {
    this.state = state;
    this.shelf = shelf;
    this.emit = emit;
    this.screen = screen;
    window.addEventListener("popstate", this.#onHistory);
  }

  /** @param {number} step index; one beyond the sheet leads to the sheet beside it */
  goTo(step) {
    const { state } = this;
    if (step === state.step || state.target) return; // or another sheet is on its way
    state.heading = Math.sign(step - state.step);
    const inside = state.sheetView.steps[step];
    if (inside?.sheet !== state.sheetView.sheet) {
      const place = inside
        ? { ...state.place, step: inside.id }
        : beyond(state.sheetView, state.place, state.heading);
      if (place) this.ask(place);
      return;
    }
    state.step = step;
    state.place = { ...state.place, step: inside.id };
    this.#writePlace(state.place);
    this.screen.paint();
    this.#tell(SETTLED_MS);
  }

  /**
   * Go to a place; what is not named stays.
   *
   * @param {Change} change
   */
  ask(change) {
    const target = { ...this.state.place, ...change };
    this.#writePlace(target);
    if (this.#show(target, SETTLED_MS)) return;
    this.#wait(target);
    this.emit("place", withoutSpot(target));
  }

  /**
   * A sheet has come: show it if it is the one that was asked for.
   *
   * @param {SheetView} sheetView
   */
  arrived(sheetView) {
    const { target } = this.state;
    if (!target || this.shelf.find(sheetView, target) !== sheetView) return;
    this.state.target = null;
    this.#isRest = true;
    this.screen.display(sheetView, target);
  }

  /** The first sheet of a sheetView is shown: from now on the address is the walkthrough's. */
  began() {
    clearTimeout(this.#telling);
    this.state.target = null;
    const { sheetView, place } = this.state;
    if (sheetView.alone) return;
    this.#write(sheetView.address, place, false);
    this.#rest = restOfAddress(sheetView.address, location.pathname, location.search);
    this.#isRest = true;
  }

  close() {
    clearTimeout(this.#telling);
    clearTimeout(this.#repeating);
    window.removeEventListener("popstate", this.#onHistory);
  }

  /**
   * Show a place whose sheet is here; false if it is not.
   *
   * @param {Change} target
   * @param {number} after ms, the place is told
   */
  #show(target, after) {
    const sheetView = this.shelf.find(this.state.sheetView, target);
    if (!sheetView) return false;
    this.state.target = null;
    this.screen.display(sheetView, target);
    this.#tell(after);
    return true;
  }

  /** @param {number} after ms */
  #tell(after) {
    clearTimeout(this.#telling);
    this.#telling = setTimeout(() => {
      this.#isRest = true;
      this.emit("place", this.state.place);
    }, after);
  }

  /** @param {Change} place */
  #writePlace(place) {
    const { sheetView } = this.state;
    if (!sheetView.alone) this.#write(sheetView.address, place, this.#isRest);
    this.#isRest = false;
  }

  /** @param {Change} target */
  #wait(target) {
    clearTimeout(this.#telling);
    this.state.target = target;
    this.#send(target, REPEATS);
  }

  /**
   * A click is lost now and then when two runs of the page fall together, so it is repeated.
   *
   * @param {Change} target
   * @param {number} attempts
   */
  #send(target, attempts) {
    clearTimeout(this.#repeating);
    this.#repeating = setTimeout(() => {
      if (this.state.target !== target) return;
      if (attempts > 0) {
        this.emit("place", withoutSpot(target));
        this.#send(target, attempts - 1);
      } else {
        this.state.target = null;
        this.#writePlace(this.state.place);
      }
    }, PATIENCE_MS);
  }

  /** The back and forward buttons of the browser. */
  #goBack() {
    const { state } = this;
    if (!state.hasSheetView || state.sheetView.alone) return; // a file has no address of its own
    const { address, sheets } = state.sheetView;
    // another text, model or language is another sheetView
    if (restOfAddress(address, location.pathname, location.search) !== this.#rest) return;
    const target = placeNamed(state.place, readAddress(address, location.search));
    if (!(target.step in sheets)) return;
    this.#isRest = true;
    if (!this.#show(target, HISTORY_MS)) this.#wait(target);
  }
}
