// @ts-check
// The sheetView: a table per sheet whose columns appear left to right, with the step's formula, its
// arithmetic in digits and its check. Steps, rows and dimensions change here, without the server;
// sheets that are not here yet, and where a number comes from, are asked of it.

import { textMeasure } from "../shared/canvas.js";
import { canvasFont, colourTable, css, tableColour } from "../shared/colour.js";
import { element, pointIn, tooltip, watchWidth } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { oneAtATime } from "../shared/prefetch.js";
import { clamp } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";
import { readAddress } from "./address.js";
import { Lookout, SheetShelf } from "./ahead.js";
import { Guess, wantsGuess } from "./guess.js";
import { arrowKeys } from "./keys.js";
import { labelWidth, layOut } from "./layout.js";
import { Pickers } from "./pickers.js";
import { WeightPicture } from "./picture.js";
import { provenancePanel } from "./provenance.js";
import {
  cellKey,
  currentStep,
  firstRow,
  isSameSheet,
  litCells,
  queryText,
  readSheetView,
  stepHere,
} from "./sheet_view.js";
import { State } from "./state.js";
import { StepText } from "./step_text.js";
import { StepStrip } from "./steps.js";
import { SheetTable } from "./table.js";
import { Traveller } from "./travel.js";

/** @import { CellShown, WalkthroughValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Change, SheetView } from "./sheet_view.js" */

const BESIDE_FROM = 1000; // width from which an answer stands beside the table
const ASKED_WIDTH = 400;
const PICTURE_WIDTH = 300; // at least
const NARROW = 500;

class Walkthrough {
  state = new State();
  shelf = new SheetShelf();
  askedBox = element("div", { class: "askedbox", hidden: true });
  asked = ""; // the question that is answered, to compare with another

  /**
   * @param {HTMLElement} root
   * @param {Emit} tell
   */
  constructor(root, tell) {
    this.root = root;
    root.classList.add("walkthrough");
    const { state, shelf } = this;
    const inTurn = oneAtATime();
    /** @type {Emit} */
    const emit = (name, value) => inTurn(() => tell(name, value));
    const choose = (/** @type {number} */ row, /** @type {number} */ dim) => this.choose(row, dim);
    const question = (/** @type {CellShown | null} */ cell) => this.question(cell);
    const ask = (/** @type {Change} */ change) => this.travel.ask(change);
    this.emit = emit;
    this.travel = new Traveller(state, shelf, emit, {
      paint: () => this.paint(),
      display: (sheetView, spot) => this.display(sheetView, spot),
    });
    this.ahead = new Lookout(state, shelf, inTurn, root);
    const tip = tooltip(root);
    this.table = new SheetTable(state, {
      choose,
      question,
      showTip(text, event) {
        const box = root.getBoundingClientRect();
        tip.show(text, ...pointIn(event, box));
      },
      hideTip: tip.hide,
    });
    this.picture = new WeightPicture(state, { choose: (row) => choose(row, state.dim), ask });
    this.text = new StepText(state, { choose, question });
    this.pickers = new Pickers(state, { ask, goToPart: (part, step) => this.goToPart(part, step) });
    const isPlaying = () => this.strip.isPlaying;
    this.guess = new Guess(state, { root, repaint: () => this.paint(), isPlaying, question });
    const own = [...this.pickers.own, this.guess.label];
    this.strip = new StepStrip(state, own, (step) => this.travel.goTo(step));
    this.keys = this.listenKeys();
    this.stopWatching = watchWidth(root, () => {
      if (!state.hasSheetView) return;
      this.measure();
      this.paint();
    });
    this.assemble();
  }

  assemble() {
    const { text, table } = this;
    this.root.append(this.pickers.where, this.strip.box, text.lead, this.guess.box, text.filled);
    this.root.append(
      element("div", { class: "work" }, table.box, this.picture.box, this.askedBox),
      table.notes,
      text.table,
      text.check,
      text.layerCheck,
      text.why,
    );
  }

  listenKeys() {
    const { state } = this;
    const isShown = () => state.hasSheetView && state.wanted !== undefined;
    return arrowKeys(this.root, this.table.box, isShown, {
      step: (by) => {
        this.strip.play(false);
        this.travel.goTo(state.step + by);
      },
      row: (by) => {
        this.strip.play(false);
        this.choose(state.row + by, state.dim);
      },
      dim: (by) => {
        this.strip.play(false);
        this.choose(state.row, state.dim + by);
      },
      question: () => {
        this.strip.play(false);
        this.question(this.table.newestCell());
      },
    });
  }

  /** @param {import("../shared/payload.js").Payload<any, any>} payload */
  show(payload) {
    const { state } = this;
    const sheetView = readSheetView(payload);
    const isOther = !state.hasSheetView || sheetView.subject !== state.sheetView.subject;
    if (isOther) {
      this.shelf.clear();
      this.ahead.forget();
    }
    this.shelf.keep(sheetView);
    if (state.wanted === undefined)
      state.sheetView = sheetView; // its step comes right behind
    else if (isOther) this.begin(sheetView);
    else this.travel.arrived(sheetView);
  }

  /** @param {WalkthroughValues} values */
  select({ step, asked }) {
    const { state } = this;
    const question = JSON.stringify(asked ?? null);
    const isBeginning = state.wanted === undefined;
    if (question === this.asked && !isBeginning) return;
    this.asked = question;
    state.asked = asked;
    state.askedKey = asked ? cellKey(asked.cell) : null;
    state.lit = litCells(asked);
    state.wanted = step;
    if (!state.hasSheetView) return;
    if (isBeginning) {
      this.begin(state.sheetView);
      return;
    }
    this.measure();
    this.paint();
    if (state.layout) this.table.scrollToRow();
    this.paintAsked();
  }

  repaint() {
    if (!this.state.hasSheetView) return;
    this.readColours();
    this.paint();
  }

  close() {
    this.strip.play(false);
    this.travel.close();
    this.ahead.close();
    this.keys.close();
    this.stopWatching();
  }

  // --- where the student goes ----------------------------------------------------------------

  /**
   * Show the first sheet of a sheetView, at the step that fits.
   *
   * @param {SheetView} sheetView
   */
  begin(sheetView) {
    this.readColours();
    this.display(sheetView, null);
    this.travel.began();
  }

  /**
   * Show a sheet; `spot` is a place, and may name a row and a dimension besides.
   *
   * @param {SheetView} sheetView
   * @param {Change | null} spot
   */
  display(sheetView, spot) {
    const { state } = this;
    const before = state.hasPlace ? state.sheetView : null;
    const step = spot?.step ?? this.firstStep(sheetView, before);
    const { row, dim, ...place } = spot ?? {};
    state.sheetView = sheetView;
    state.place = { ...sheetView.place, ...place, step };
    state.step = stepHere(sheetView, step);
    this.settle(before, row, dim);
    this.table.describe();
    this.pickers.fill();
    this.strip.fill();
    this.measureLabels();
    this.measure();
    this.paint();
    if (state.layout) this.table.scrollToRow();
    if (state.asked) this.paintAsked();
    this.ahead.look();
  }

  /**
   * The step to begin with: of the address, of the sheet before, the page's, or the first.
   *
   * @param {SheetView} sheetView
   * @param {SheetView | null} before
   */
  firstStep(sheetView, before) {
    const named = sheetView.alone ? null : readAddress(sheetView.address, location.search).step;
    const known = [named, before?.steps[this.state.step].id, this.state.wanted];
    const id = known.find((each) => stepHere(sheetView, each) >= 0);
    return String(id ?? sheetView.steps.find((step) => step.sheet === sheetView.sheet)?.id);
  }

  /**
   * Row and dimension in a sheet that has just come.
   *
   * @param {SheetView | null} before
   * @param {number | undefined} row as its cells are numbered
   * @param {number | undefined} dim
   */
  settle(before, row, dim) {
    const { state } = this;
    const { sheetView } = state;
    if (!isSameSheet(before, sheetView) || state.row >= sheetView.rows.length) {
      state.row = firstRow(sheetView, wantsGuess(sheetView));
      this.table.scrollToTop();
    }
    if (row !== undefined) {
      const numbers = sheetView.rows.map(({ index }, at) => (index.length === 1 ? index[0] : at));
      state.row = Math.max(0, numbers.indexOf(row));
    }
    state.dim = Math.min(dim ?? state.dim, sheetView.sizes.head_size - 1);
  }

  /**
   * @param {string} part of the model
   * @param {string} step
   */
  goToPart(part, step) {
    this.strip.play(false);
    if (part !== this.state.sheetView.part) this.travel.ask({ step });
  }

  /**
   * @param {number} row
   * @param {number} dim
   */
  choose(row, dim) {
    const { rows, sizes } = this.state.sheetView;
    this.state.row = clamp(row, [0, rows.length - 1]);
    this.state.dim = clamp(dim, [0, sizes.head_size - 1]);
    this.table.scrollToRow();
    this.picture.paint();
    this.table.paint();
    this.text.paintArithmetic();
  }

  /**
   * Ask where a number comes from; an exported file has nobody to ask.
   *
   * @param {CellShown | null} cell
   */
  question(cell) {
    if (cell && !this.state.sheetView.alone) this.emit("ask", { cell, fresh: true });
  }

  // --- painting ------------------------------------------------------------------------------

  paint() {
    const { state } = this;
    // The sheet and the step to stand on come one after the other; before both there is nothing.
    if (!state.layout || state.wanted === undefined) return;
    const step = currentStep(state);
    Object.assign(this.root.dataset, {
      step: step.id,
      layer: state.sheetView.layer,
      sheet: state.sheetView.sheet,
      difference: step.check?.[0] ?? "",
    });
    this.guess.paint();
    this.picture.paint();
    this.table.paint();
    this.text.paintArithmetic();
    this.text.paint();
    this.strip.paint();
  }

  paintAsked() {
    const { asked, sheetView } = this.state;
    this.askedBox.hidden = !asked;
    if (!asked) {
      this.askedBox.replaceChildren();
      return;
    }
    const panel = provenancePanel(asked, sheetView, {
      follow: (cell) => this.emit("ask", { cell }),
      back: () => this.emit("ask", { back: true }),
      close: () => this.emit("ask", { close: true }),
      show: (place) => this.travel.ask(place),
    });
    this.askedBox.replaceChildren(panel);
  }

  readColours() {
    const theme = readTheme(this.root);
    this.state.signed = colourTable("signed", theme);
    this.state.probability = colourTable("probability", theme);
    this.root.style.setProperty("--bar", css(tableColour(this.state.probability, 105)));
  }

  measureLabels() {
    const { state } = this;
    const { rows, labels, sheet } = state.sheetView;
    const texts = [...rows.map(({ text }) => text), labels.row_kind];
    if (sheet === "attention") texts.push(`q ${queryText(state)}`);
    const measure = textMeasure(canvasFont("text", readTheme(this.root)));
    state.labelWidth = labelWidth(texts, measure, this.root.clientWidth < NARROW);
  }

  /** Widths for the room beside a picture and the answer to a question, where there are any. */
  measure() {
    const { state } = this;
    const width = this.root.clientWidth;
    const isPictured = Object.keys(state.sheetView.pictures).length > 0;
    const taken = (state.asked ? ASKED_WIDTH : 0) + (isPictured ? PICTURE_WIDTH : 0);
    const room = width - (width >= BESIDE_FROM ? taken : 0);
    state.layout = width > 0 ? layOut(state.sheetView.columns, state.labelWidth, room) : null;
  }
}

export const mount = mountWith((root, tell) => new Walkthrough(root, tell));
