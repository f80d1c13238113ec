// The strip of steps: back and next, a pill for each step of the part, and playing by itself.

import { element } from "../shared/elements.js";
import { fill } from "../shared/format.js";
import { formula } from "./formula.js";
import { selected } from "./lesson.js";

const PLAY_MS = 2200;

/** Returns {box, paint, fill, play, isPlaying}; `goTo(step)` is called with an index. */
export function stepStrip(state, own, { goTo }) {
  const pills = element("div", { class: "pills" });
  const back = element("button", { type: "button", class: "go" }, "‹");
  const forward = element("button", { type: "button", class: "go" }, "›");
  const button = element("button", { type: "button", class: "go play" }, "▶");
  const box = element("div", { class: "nav" }, back, pills, forward, button, ...own);
  let playing = null;

  function play(on) {
    clearInterval(playing);
    playing = on
      ? setInterval(() => {
          if (forward.disabled) play(false);
          else goTo(state.step + 1);
        }, PLAY_MS)
      : null;
    if (!state.lesson) return;
    button.textContent = on ? "❚❚" : "▶";
    button.title = on ? state.lesson.words.pause : state.lesson.words.play;
    button.setAttribute("aria-label", button.title);
  }

  const walk = (step) => {
    play(false);
    goTo(step);
  };
  back.addEventListener("click", () => walk(state.step - 1));
  forward.addEventListener("click", () => walk(state.step + 1));
  button.addEventListener("click", () => play(playing === null));
  pills.addEventListener("click", (event) => {
    const pill = event.target.closest("button");
    if (pill) walk([...pills.children].indexOf(pill));
  });

  return {
    box,
    play,
    isPlaying: () => playing !== null,
    fill() {
      const { words, steps } = state.lesson;
      back.setAttribute("aria-label", words.back);
      forward.setAttribute("aria-label", words.next);
      back.title = `${words.back} (←)`;
      forward.title = `${words.next} (→)`;
      if (playing === null) play(false);
      pills.replaceChildren(
        ...steps.map((step) => {
          const name = fill(step.title, selected(state));
          const label = { type: "button", title: name, "aria-label": name };
          return element("button", label, formula(step.symbol));
        }),
      );
    },
    paint() {
      const { lesson, step } = state;
      [...pills.children].forEach((pill, index) => {
        pill.setAttribute("aria-current", index === step ? "step" : "false");
        pill.classList.toggle("done", index < step);
      });
      const pill = pills.children[step];
      const left = pill.offsetLeft - pills.offsetLeft;
      if (left < pills.scrollLeft) pills.scrollLeft = left - 8;
      if (left + pill.offsetWidth > pills.scrollLeft + pills.clientWidth) {
        pills.scrollLeft = left + pill.offsetWidth - pills.clientWidth + 8;
      }
      back.disabled = step === 0 && !lesson.before;
      forward.disabled = step === lesson.steps.length - 1 && !lesson.after;
    },
  };
}
