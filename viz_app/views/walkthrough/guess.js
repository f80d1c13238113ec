// @ts-check
// Guess, then see: before the attention weights appear, the student puts three tokens in order or
// says how large the largest weight is. The guess stays in the view; nothing is sent or kept.

import { element } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { judgeOrder, judgeShare, openRows, readShare, rowsToGuess } from "./guess_share.js";
import { cellAt, currentStep, queryText } from "./sheet_view.js";

/** @import { CellShown } from "../payloads.js" */
/** @import { SheetView } from "./sheet_view.js" */
/** @import { State } from "./state.js" */
/** @typedef {(cell: CellShown | null) => void} Question */
/** @typedef {(sheetView: SheetView) => (Node | string)[]} Verdict said anew in the language of the page */

const KEY = "headlight.guess"; // whether the student wants to be asked, in this browser
const STEP = "attention_probs";

/** @param {Pick<SheetView, "alone">} sheetView */
export function wantsGuess({ alone }) {
  return !alone && localStorage.getItem(KEY) !== "off";
}

/**
 * Three tokens to click; calls `done(rows)` once they are in order.
 *
 * @param {SheetView} sheetView
 * @param {number[]} rows
 * @param {string} query
 * @param {(rows: number[]) => void} done
 */
function orderQuestion({ labels, rows: all }, rows, query, done) {
  /** @type {number[]} */
  const guessed = [];
  const progress = element("span", { class: "quiet", "aria-live": "polite" });
  const count = () => {
    progress.textContent = fill(labels.guess_progress, { count: guessed.length });
  };
  const buttons = rows.map((row) => {
    const button = element("button", { type: "button", class: "choice" }, all[row].label);
    button.addEventListener("click", () => {
      guessed.push(row);
      button.disabled = true;
      button.prepend(`${guessed.length}. `);
      count();
      if (guessed.length === rows.length) done(guessed);
    });
    return button;
  });
  count();
  return element(
    "div",
    {},
    element("p", {}, fill(labels.guess_ask, { query })),
    element("div", { class: "asked-buttons" }, ...buttons, progress),
  );
}

/**
 * A number to type; calls `done(share)` once it can be one.
 *
 * @param {SheetView} sheetView
 * @param {boolean} alsoOrder
 * @param {(share: number) => void} done
 */
function shareQuestion({ labels }, alsoOrder, done) {
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const field = element("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    maxlength: 12,
    "aria-label": labels.guess_value_label,
  });
  const submit = element("button", { type: "submit" }, labels.guess_value_check);
  const form = element("form", { class: "asked-buttons", novalidate: true }, field, submit);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const read = readShare(field.value);
    if ("share" in read) {
      done(read.share);
      return;
    }
    const typed = field.value.trim();
    problem.textContent = fill(labels[`guess_value_${read.problem}`], { typed });
    problem.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  });
  const ask = alsoOrder ? labels.guess_value_or : labels.guess_value_ask;
  return element("div", {}, element("p", {}, ask), form, problem);
}

/**
 * A message as nodes, for values that are nodes themselves.
 *
 * @param {string} template
 * @param {Record<string, Node | string>} values
 */
function fillNodes(template, values) {
  return template
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? (values[part.slice(1, -1)] ?? part) : part));
}

/**
 * What is told after a share was guessed; the model's own digits can be asked about.
 *
 * @param {SheetView} sheetView
 * @param {number} guess
 * @param {Question} question
 */
function shareVerdict(sheetView, guess, question) {
  const { labels, rows } = sheetView;
  const found = judgeShare(sheetView, guess);
  const show = (/** @type {number} */ value) => digits(value, sheetView.decimals);
  const weight = (/** @type {number} */ row, /** @type {number} */ value) => {
    const digit = element("button", { type: "button", class: "digit" }, show(value));
    const { cell } = sheetView.byId.attention_probs;
    digit.addEventListener("click", () => question(cellAt(sheetView, cell, row)));
    return digit;
  };
  const text = `${labels.guess_value_result} ${labels[`guess_value_${found.right}`]}`;
  return fillNodes(text, {
    guess: show(found.guess),
    largest: weight(found.first, found.largest),
    distance: show(found.distance),
    token: rows[found.first].label,
    next_token: rows[found.second].label,
    next: weight(found.second, found.next),
    count: String(found.count),
    even: show(1 / found.count),
    gap: show(found.gap),
    ratio: digits(found.ratio, 1),
  });
}

/** Whether the weights wait for a guess, and the box that asks for it. */
export class Guess {
  box = element("div", { hidden: true });
  wanted = element("input", { type: "checkbox" });
  name = element("span");
  label = element("label", { class: "guess-switch", hidden: true }, this.wanted, this.name);
  #asked = ""; // what the box asks
  #answered = ""; // the subject that was guessed or passed over
  /** @type {Verdict | null} */
  #verdict = null;

  /**
   * @param {State} state
   * @param {{root: HTMLElement, repaint(): void, isPlaying(): boolean, question: Question}} view
   */
  constructor(state, view) {
    this.state = state;
    this.view = view;
    this.wanted.addEventListener("change", () => {
      localStorage.setItem(KEY, this.wanted.checked ? "on" : "off");
      view.repaint();
    });
  }

  paint() {
    const { sheetView } = this.state;
    const isPending = this.#isPending;
    this.label.hidden = sheetView.part !== "attention" || sheetView.alone;
    this.name.textContent = sheetView.labels.guess;
    this.wanted.checked = wantsGuess(sheetView);
    this.view.root.classList.toggle("guessing", isPending);
    const isHere = currentStep(this.state).id === STEP && this.#answered === this.#subject;
    const told = isHere ? this.#verdict : null;
    this.box.hidden = !isPending && !told;
    if (isPending) this.#ask();
    else if (told) {
      const attributes = { class: "guess", role: "status" };
      this.box.replaceChildren(element("p", attributes, ...told(sheetView)));
    }
  }

  /** Asked once per head and token. */
  get #subject() {
    const { sheetView } = this.state;
    const texts = sheetView.tokens.map(({ text }) => text);
    return [sheetView.layer, sheetView.head_index, sheetView.query, ...texts].join();
  }

  get #isPending() {
    const { sheetView } = this.state;
    return (
      currentStep(this.state).id === STEP &&
      wantsGuess(sheetView) &&
      !this.view.isPlaying() &&
      this.#answered !== this.#subject &&
      openRows(sheetView).length > 1
    );
  }

  /** @param {Verdict | null} verdict */
  #answer(verdict) {
    this.#answered = this.#subject;
    this.#verdict = verdict;
    this.#asked = "";
    this.view.repaint();
  }

  #ask() {
    const { sheetView } = this.state;
    const { labels } = sheetView;
    const asked = `${labels.guess_ask} ${this.#subject}`;
    if (this.#asked === asked) return; // half answered: leave it
    this.#asked = asked;
    const rows = rowsToGuess(sheetView);
    const order =
      rows.length === 3
        ? orderQuestion(sheetView, rows, queryText(this.state), (guessed) => {
            this.#answer((now) => {
              const found = judgeOrder(now, rows, guessed);
              const inOrder = found.order.map((row) => now.rows[row].label).join(" > ");
              return [fill(now.labels[`guess_${found.verdict}`], { order: inOrder })];
            });
          })
        : null;
    const share = shareQuestion(sheetView, order !== null, (guess) => {
      this.#answer((now) => shareVerdict(now, guess, this.view.question));
    });
    const skip = element("button", { type: "button", class: "skip" }, labels.guess_skip);
    skip.addEventListener("click", () => this.#answer(null));
    this.box.replaceChildren(element("section", { class: "guess" }, order, share, skip));
  }
}
