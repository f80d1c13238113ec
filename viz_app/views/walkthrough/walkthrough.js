// The lesson: a table per sheet whose columns appear left to right, with the step's formula, its
// arithmetic in digits and its check. Steps, rows and dimensions change here, without the server;
// sheets that are not here yet, and where a number comes from, are asked of it.

import { colourTable, css, tableColour } from "../shared/colour.js";
import { element, tooltip, watchWidth } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { oneAtATime } from "../shared/prefetch.js";
import { readTheme } from "../shared/theme.js";
import { readAddress } from "./address.js";
import { lookout, sheetShelf } from "./ahead.js";
import { guessing, wantsGuess } from "./guess.js";
import { arrowKeys } from "./keys.js";
import { layOut } from "./layout.js";
import { cellKey, currentStep, readLesson, shown, stepHere } from "./lesson.js";
import { pickers } from "./pickers.js";
import { weightPicture } from "./picture.js";
import { provenancePanel } from "./provenance.js";
import { stepStrip } from "./steps.js";
import { lessonTable } from "./table.js";
import { traveller } from "./travel.js";
import { lessonWords } from "./words.js";

const BESIDE_FROM = 1000; // width from which an answer stands beside the table
const ASKED_WIDTH = 400;
const PICTURE_WIDTH = 300; // at least

function build(root, tell) {
  root.classList.add("walkthrough");
  const state = {
    lesson: null, // the sheet that is shown
    place: null, // {step, layer, head, query, unit, candidate}; the step also as an index:
    step: 0,
    row: 0,
    dim: 0,
    heading: 1, // which way the student walks
    layout: null,
    lit: new Set(),
  };
  const inTurn = oneAtATime();
  const emit = (name, value) => inTurn(() => tell(name, value));
  const shelf = sheetShelf();
  const travel = traveller(state, shelf, emit, { paint, display });
  const ahead = lookout(state, shelf, inTurn);
  const tip = tooltip(root);
  const table = lessonTable(state, { show: showTip, hide: tip.hide }, { choose, question });
  const picture = weightPicture(state, {
    choose: (row) => choose(row, state.dim),
    ask: travel.ask,
  });
  const words = lessonWords(state, { choose, question });
  const picks = pickers(state, {
    ask: travel.ask,
    goToPart(part, step) {
      strip.play(false);
      if (part !== state.lesson.part) travel.ask({ step });
    },
  });
  const guess = guessing(state, {
    root,
    repaint: paint,
    isPlaying: () => strip.isPlaying(),
    question,
  });
  const strip = stepStrip(state, [...picks.own, guess.label], { goTo: travel.goTo });
  const keys = arrowKeys(root, table.sheet, () => state.lesson && state.wanted !== undefined, {
    step(by) {
      strip.play(false);
      travel.goTo(state.step + by);
    },
    row(by) {
      strip.play(false);
      choose(state.row + by, state.dim);
    },
    dim(by) {
      strip.play(false);
      choose(state.row, state.dim + by);
    },
    question() {
      strip.play(false);
      question(table.newestCell());
    },
  });
  const askedBox = element("div", { class: "askedbox", hidden: true });
  root.append(
    picks.where,
    strip.box,
    words.lead,
    guess.box,
    words.filled,
    element("div", { class: "work" }, table.sheet, picture.box, askedBox),
    table.notes,
    words.table,
    words.check,
    words.layerCheck,
    words.why,
  );

  function showTip(text, event) {
    const box = root.getBoundingClientRect();
    tip.show(text, event.clientX - box.left, event.clientY - box.top);
  }

  /** Ask where a number comes from; an exported file has nobody to ask. */
  function question(cell) {
    if (cell && !state.lesson.alone) emit("ask", { cell, fresh: true });
  }

  // --- painting --------------------------------------------------------------------------------

  function paint() {
    // The sheet and the step to stand on come one after the other; before both there is nothing.
    if (!state.layout || state.wanted === undefined) return;
    const { lesson } = state;
    Object.assign(root.dataset, {
      step: currentStep(state).id,
      layer: lesson.layer,
      sheet: lesson.sheet,
      difference: currentStep(state).check?.[0] ?? "",
    });
    guess.paint();
    picture.paint();
    table.paint();
    words.paintArithmetic();
    words.paint();
    strip.paint();
  }

  function paintAsked() {
    const { asked, lesson } = state;
    askedBox.hidden = !asked;
    if (!asked) return askedBox.replaceChildren();
    const show = (value) => shown(state, value);
    askedBox.replaceChildren(
      provenancePanel(asked, lesson.words, show, lesson.decimals, {
        follow: (cell) => emit("ask", { cell }),
        back: () => emit("ask", { back: true }),
        close: () => emit("ask", { close: true }),
        show: (place) => travel.ask(place),
      }),
    );
  }

  function choose(row, dim) {
    const { rows, sizes } = state.lesson;
    state.row = Math.max(0, Math.min(rows.length - 1, row));
    state.dim = Math.max(0, Math.min(sizes.head_size - 1, dim));
    table.scrollToRow();
    picture.paint();
    table.paint();
    words.paintArithmetic();
  }

  // --- room ------------------------------------------------------------------------------------

  function measureLabels() {
    const context = document.createElement("canvas").getContext("2d");
    context.font = `14px ${readTheme(root).font}`;
    const { lesson } = state;
    const widest = Math.max(
      ...lesson.rows.map((row) => context.measureText(row.text).width),
      context.measureText(lesson.words.row_kind).width,
      lesson.sheet === "attention" ? context.measureText(`q ${state.queryText}`).width + 4 : 0,
    );
    const most = root.clientWidth < 500 ? 84 : 130;
    lesson.labelWidth = Math.round(Math.min(most, Math.max(56, widest + 14)));
  }

  /** Widths for the room beside a picture and the answer to a question, where there are any. */
  function measure() {
    const width = root.clientWidth;
    const pictured = Object.keys(state.lesson.pictures).length > 0;
    const taken = (state.asked ? ASKED_WIDTH : 0) + (pictured ? PICTURE_WIDTH : 0);
    const beside = width >= BESIDE_FROM ? taken : 0;
    state.layout = width > 0 ? layOut(state.lesson, width - beside) : null;
  }

  const stopWatching = watchWidth(root, () => {
    if (!state.lesson) return;
    measure();
    paint();
  });

  function readColours() {
    const theme = readTheme(root);
    state.signed = colourTable("signed", theme);
    state.probability = colourTable("probability", theme);
    root.style.setProperty("--bar", css(tableColour(state.probability, 105)));
  }

  // --- what comes from the page ----------------------------------------------------------------

  /** The step to begin with: of the address, of the sheet before, the page's, or the first. */
  function firstStep(before) {
    const { lesson } = state;
    const named = lesson.alone ? null : readAddress(lesson.address).step;
    const known = [named, before?.steps[state.step].id, state.wanted];
    const id = known.find((each) => stepHere(lesson, each) >= 0);
    return id ?? lesson.steps.find((step) => step.sheet === lesson.sheet).id;
  }

  /** Row and dimension in a sheet that has just come. */
  function settle(before, { row, dim }) {
    const { lesson } = state;
    const same =
      before &&
      ["sheet", "layer", "head_index", "query"].every((name) => before[name] === lesson[name]);
    if (!same || state.row >= lesson.rows.length) {
      const weights = lesson.byId.attention_probs?.values;
      if (!weights) state.row = 0;
      // Where the student is to guess, the row of the largest weight would give it away.
      else state.row = wantsGuess(lesson) ? lesson.query : weights.indexOf(Math.max(...weights));
      table.scrollToTop();
    }
    if (row !== undefined) {
      const isIt = ({ place }, index) => (place.length === 1 ? place[0] : index) === row;
      state.row = Math.max(0, lesson.rows.findIndex(isIt));
    }
    state.dim = Math.min(dim ?? state.dim, lesson.sizes.head_size - 1);
  }

  /** Show a sheet; `spot` is a place, and may name a row and a dimension besides. */
  function display(lesson, spot) {
    const before = state.place && state.lesson;
    state.lesson = lesson;
    const { row, dim, ...place } = spot ?? { ...lesson.place, step: firstStep(before) };
    state.place = place;
    state.step = stepHere(lesson, place.step);
    state.queryText = lesson.tokens[lesson.query].label;
    settle(before, { row, dim });
    table.describe();
    picks.fill();
    strip.fill();
    measureLabels();
    measure();
    paint();
    if (state.layout) table.scrollToRow();
    if (state.asked) paintAsked();
    ahead.look();
  }

  /** Show the first sheet of a lesson, at the step that fits. */
  function begin(lesson) {
    readColours();
    display(lesson, null);
    travel.began();
  }

  return {
    show(payload) {
      const lesson = readLesson(payload);
      const another = lesson.subject !== state.lesson?.subject;
      if (another) {
        shelf.clear();
        ahead.forget();
      }
      shelf.keep(lesson);
      if (state.wanted === undefined)
        state.lesson = lesson; // its step comes right behind
      else if (another) begin(lesson);
      else travel.arrived(lesson);
    },
    select({ step, asked }) {
      const question = JSON.stringify(asked ?? null);
      if (question === state.question && state.wanted !== undefined) return;
      const begins = state.wanted === undefined;
      state.question = question;
      state.asked = asked;
      state.askedKey = asked ? cellKey(asked.cell) : null;
      state.lit = new Set(
        (asked?.groups ?? []).flatMap(({ stage, layer, lit }) =>
          lit.map((index) => cellKey({ stage, layer, index })),
        ),
      );
      state.wanted = step;
      if (!state.lesson) return;
      if (begins) return begin(state.lesson);
      measure();
      paint();
      if (state.layout) table.scrollToRow();
      paintAsked();
    },
    repaint() {
      if (!state.lesson) return;
      readColours();
      paint();
    },
    close() {
      strip.play(false);
      travel.close();
      ahead.close();
      keys.close();
      stopWatching();
    },
  };
}

export const mount = mountWith(build);
