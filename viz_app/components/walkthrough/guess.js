// Guess, then see: before the attention weights appear, the student puts three tokens in order.
// The guess stays in the browser; nothing is sent or kept.

const GUESS_KEY = "headlight.guess"; // whether the student wants to be asked, in this browser

function wantsGuess(lesson) {
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
  const open = [...weights.keys()].filter((row) => !lesson.masked[row]);
  open.sort((a, b) => weights[b] - weights[a]);
  if (open.length < 4) return [];
  const chosen = [open[0], open[Math.floor(open.length / 3)], open[Math.floor((open.length * 2) / 3)]];
  const shown = chosen.map((row) => digits(weights[row], lesson.decimals));
  return new Set(shown).size === 3 ? chosen.sort((a, b) => a - b) : [];
}

/** "right", "first" or "wrong", and the true order. */
function judge(lesson, rows, guessed) {
  const weights = lesson.byId.attention_probs.values;
  const order = [...rows].sort((a, b) => weights[b] - weights[a]);
  const all = order.every((row, place) => row === guessed[place]);
  return { verdict: all ? "right" : order[0] === guessed[0] ? "first" : "wrong", order };
}

/** The question; calls `done(guessed)` with three rows in order, or with null when skipped. */
function guessPanel(lesson, rows, queryText, done) {
  const { words } = lesson;
  const guessed = [];
  const progress = element("span", { class: "quiet", "aria-live": "polite" });
  const count = () => {
    progress.textContent = fill(words.guess_progress, { count: guessed.length });
  };
  const buttons = rows.map((row) => {
    const button = element("button", { type: "button" }, lesson.rows[row].label);
    button.addEventListener("click", () => {
      guessed.push(row);
      button.disabled = true;
      button.prepend(`${guessed.length}. `);
      count();
      if (guessed.length === rows.length) done(guessed);
    });
    return button;
  });
  const skip = element("button", { type: "button", class: "skip" }, words.guess_skip);
  skip.addEventListener("click", () => done(null));
  count();
  return element(
    "section",
    { class: "guess" },
    element("p", {}, fill(words.guess_ask, { query: queryText })),
    element("div", { class: "asked-buttons" }, ...buttons, skip, progress),
  );
}

/** Whether the weights wait for a guess, and the box that asks for it: {box, label, paint}. */
function guessing(state, { root, repaint, isPlaying }) {
  const box = element("div", { hidden: true });
  const wanted = element("input", { type: "checkbox" });
  const name = element("span");
  const label = element("label", { class: "guess-switch", hidden: true }, wanted, name);
  let answered = null; // the subject that was guessed or passed over
  let verdict = null;

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
      rowsToGuess(lesson).length === 3
    );
  }

  function ask() {
    if (box.dataset.subject === subject()) return; // half answered: leave it
    box.dataset.subject = subject();
    const { lesson } = state;
    const rows = rowsToGuess(lesson);
    box.replaceChildren(
      guessPanel(lesson, rows, state.queryText, (guessed) => {
        answered = subject();
        verdict = guessed && judge(lesson, rows, guessed);
        box.dataset.subject = "";
        repaint();
      }),
    );
  }

  function tellVerdict() {
    const { lesson } = state;
    const order = verdict.order.map((row) => lesson.rows[row].label).join(" > ");
    const text = fill(lesson.words[`guess_${verdict.verdict}`], { order });
    box.replaceChildren(element("p", { class: "guess" }, text));
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
      const told =
        currentStep(state).id === "attention_probs" && verdict && answered === subject();
      box.hidden = !pending && !told;
      if (pending) ask();
      else if (told) tellVerdict();
    },
  };
}
