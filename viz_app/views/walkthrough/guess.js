// Guess, then see: before the attention weights appear, the student puts three tokens in order or
// says how large the largest weight is. The guess stays in the view; nothing is sent or kept.

import { element } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { judgeShare, openRows, readShare } from "./guess_share.js";
import { cellAt, currentStep } from "./lesson.js";

const GUESS_KEY = "headlight.guess"; // whether the student wants to be asked, in this browser

export function wantsGuess(lesson) {
  return !lesson.alone && localStorage.getItem(GUESS_KEY) !== "off";
}

function setWantsGuess(on) {
  localStorage.setItem(GUESS_KEY, on ? "on" : "off");
}

/**
 * Three rows worth ordering: the largest weight, one from the middle, one from the rest, in the
 * order of the sentence. None when there are too few tokens or two weights look the same.
 */
function rowsToGuess(lesson) {
  const weights = lesson.byId.attention_probs.values;
  const open = openRows(lesson);
  if (open.length < 4) return [];
  const chosen = [
    open[0],
    open[Math.floor(open.length / 3)],
    open[Math.floor((open.length * 2) / 3)],
  ];
  const shown = chosen.map((row) => digits(weights[row], lesson.decimals));
  return new Set(shown).size === 3 ? chosen.sort((a, b) => a - b) : [];
}

/** "right", "first" or "wrong", and the true order. */
function judgeOrder(lesson, rows, guessed) {
  const weights = lesson.byId.attention_probs.values;
  const order = [...rows].sort((a, b) => weights[b] - weights[a]);
  const all = order.every((row, place) => row === guessed[place]);
  return { verdict: all ? "right" : order[0] === guessed[0] ? "first" : "wrong", order };
}

/** Three tokens to click; calls `done(rows)` once they are in order. */
function orderQuestion(lesson, rows, queryText, done) {
  const { words } = lesson;
  const guessed = [];
  const progress = element("span", { class: "quiet", "aria-live": "polite" });
  const count = () => {
    progress.textContent = fill(words.guess_progress, { count: guessed.length });
  };
  const buttons = rows.map((row) => {
    const button = element("button", { type: "button", class: "choice" }, lesson.rows[row].label);
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
    element("p", {}, fill(words.guess_ask, { query: queryText })),
    element("div", { class: "asked-buttons" }, ...buttons, progress),
  );
}

/** A number to type; calls `done(share)` once it can be one. */
function shareQuestion({ words }, alsoOrder, done) {
  const problem = element("p", { class: "problem", role: "alert", hidden: true });
  const field = element("input", {
    type: "text",
    inputmode: "decimal",
    autocomplete: "off",
    maxlength: 12,
    "aria-label": words.guess_value_label,
  });
  const form = element(
    "form",
    { class: "asked-buttons", novalidate: true },
    field,
    element("button", { type: "submit" }, words.guess_value_check),
  );
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const read = readShare(field.value);
    if (read.share !== undefined) return done(read.share);
    problem.textContent = fill(words[`guess_value_${read.problem}`], { typed: field.value.trim() });
    problem.hidden = false;
    field.setAttribute("aria-invalid", "true");
    field.focus();
  });
  const ask = alsoOrder ? words.guess_value_or : words.guess_value_ask;
  return element("div", {}, element("p", {}, ask), form, problem);
}

/** A message as nodes, for values that are nodes themselves. */
function fillNodes(template, values) {
  return template
    .split(/(\{\w+\})/)
    .map((part) => (part.startsWith("{") ? (values[part.slice(1, -1)] ?? part) : part));
}

/** What is told after a share was guessed; the model's own digits can be asked about. */
function shareVerdict(lesson, guess, question) {
  const { words, rows } = lesson;
  const found = judgeShare(lesson, guess);
  const show = (value) => digits(value, lesson.decimals);
  const weight = (row, value) => {
    const digit = element("button", { type: "button", class: "digit" }, show(value));
    const { cell } = lesson.byId.attention_probs;
    digit.addEventListener("click", () => question(cellAt(lesson, cell, row)));
    return digit;
  };
  const values = {
    guess: show(found.guess),
    largest: weight(found.first, found.largest),
    distance: show(found.distance),
    token: rows[found.first].label,
    next_token: rows[found.second].label,
    next: weight(found.second, found.next),
    count: found.count,
    even: show(1 / found.count),
    gap: show(found.gap),
    ratio: found.ratio.toFixed(1),
  };
  const text = `${words.guess_value_result} ${words[`guess_value_${found.right}`]}`;
  return fillNodes(text, values);
}

/** Whether the weights wait for a guess, and the box that asks for it: {box, label, paint}. */
export function guessing(state, { root, repaint, isPlaying, question }) {
  const box = element("div", { hidden: true });
  const wanted = element("input", { type: "checkbox" });
  const name = element("span");
  const label = element("label", { class: "guess-switch", hidden: true }, wanted, name);
  let answered = null; // the subject that was guessed or passed over
  let verdict = null; // what to say of the guess, made anew in the language of the page

  wanted.addEventListener("change", () => {
    setWantsGuess(wanted.checked);
    repaint();
  });

  /** Asked once per head and token. */
  function subject() {
    const { lesson } = state;
    const texts = lesson.tokens.map(({ text }) => text);
    return [lesson.layer, lesson.head_index, lesson.query, ...texts].join();
  }

  function isPending() {
    const { lesson } = state;
    return (
      currentStep(state).id === "attention_probs" &&
      wantsGuess(lesson) &&
      !isPlaying() &&
      answered !== subject() &&
      openRows(lesson).length > 1
    );
  }

  function answer(told) {
    answered = subject();
    verdict = told;
    box.dataset.subject = "";
    repaint();
  }

  function ask() {
    const { lesson } = state;
    const asked = `${lesson.words.guess_ask} ${subject()}`;
    if (box.dataset.subject === asked) return; // half answered: leave it
    box.dataset.subject = asked;
    const rows = rowsToGuess(lesson);
    const order =
      rows.length === 3 &&
      orderQuestion(lesson, rows, state.queryText, (guessed) =>
        answer((now) => {
          const found = judgeOrder(now, rows, guessed);
          const inOrder = found.order.map((row) => now.rows[row].label).join(" > ");
          return [fill(now.words[`guess_${found.verdict}`], { order: inOrder })];
        }),
      );
    const share = shareQuestion(lesson, Boolean(order), (guess) =>
      answer((now) => shareVerdict(now, guess, question)),
    );
    const skip = element("button", { type: "button", class: "skip" }, lesson.words.guess_skip);
    skip.addEventListener("click", () => answer(null));
    box.replaceChildren(
      element("section", { class: "guess" }, ...(order ? [order] : []), share, skip),
    );
  }

  return {
    box,
    label,
    paint() {
      const { lesson } = state;
      const pending = isPending();
      label.hidden = lesson.part !== "attention" || lesson.alone;
      name.textContent = lesson.words.guess;
      wanted.checked = wantsGuess(lesson);
      root.classList.toggle("guessing", pending);
      const told = currentStep(state).id === "attention_probs" && verdict && answered === subject();
      box.hidden = !pending && !told;
      if (pending) ask();
      else if (told) {
        box.replaceChildren(element("p", { class: "guess", role: "status" }, ...verdict(lesson)));
      }
    },
  };
}
