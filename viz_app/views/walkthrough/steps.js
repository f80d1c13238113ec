// @ts-check
// The strip of steps: back and next, a pill for each step of the part, and playing by itself.

import { element } from "../shared/elements.js";
import { fill } from "../shared/format.js";
import { formula } from "./formula.js";
import { selected } from "./sheet_view.js";

/** @import { State } from "./state.js" */

const PLAY_MS = 2200;

export class StepStrip {
  pills = element("div", { class: "pills" });
  back = element("button", { type: "button", class: "go" }, "‹");
  forward = element("button", { type: "button", class: "go" }, "›");
  button = element("button", { type: "button", class: "go play" }, "▶");
  #playing = 0;

  /**
   * @param {State} state
   * @param {HTMLElement[]} own controls of the sheet, at its end
   * @param {(step: number) => void} goTo called with an index
   */
  constructor(state, own, goTo) {
    this.state = state;
    this.goTo = goTo;
    const { back, pills, forward, button } = this;
    this.box = element("div", { class: "nav" }, back, pills, forward, button, ...own);
    const walk = (/** @type {number} */ step) => {
      this.play(false);
      goTo(step);
    };
    back.addEventListener("click", () => walk(state.step - 1));
    forward.addEventListener("click", () => walk(state.step + 1));
    button.addEventListener("click", () => this.play(!this.isPlaying));
    pills.addEventListener("click", (event) => {
      const index = [...pills.children].findIndex((pill) => event.composedPath().includes(pill));
      if (index >= 0) walk(index);
    });
  }

  get isPlaying() {
    return this.#playing !== 0;
  }

  /** @param {boolean} on */
  play(on) {
    clearInterval(this.#playing);
    this.#playing = on ? setInterval(() => this.#playOn(), PLAY_MS) : 0;
    if (this.state.hasSheetView) this.#paintButton();
  }

  #playOn() {
    if (this.forward.disabled) this.play(false);
    else this.goTo(this.state.step + 1);
  }

  #paintButton() {
    const { labels } = this.state.sheetView;
    this.button.textContent = this.isPlaying ? "❚❚" : "▶";
    this.button.title = this.isPlaying ? labels.pause : labels.play;
    this.button.setAttribute("aria-label", this.button.title);
  }

  fill() {
    const { labels, steps } = this.state.sheetView;
    this.back.setAttribute("aria-label", labels.back);
    this.forward.setAttribute("aria-label", labels.next);
    this.back.title = `${labels.back} (←)`;
    this.forward.title = `${labels.next} (→)`;
    this.#paintButton();
    this.pills.replaceChildren(
      ...steps.map((step) => {
        const name = fill(step.title, selected(this.state));
        const attributes = { type: "button", title: name, "aria-label": name };
        return element("button", attributes, formula(step.symbol));
      }),
    );
  }

  paint() {
    const { sheetView, step } = this.state;
    const pills = [...this.pills.children];
    pills.forEach((pill, index) => {
      pill.setAttribute("aria-current", index === step ? "step" : "false");
      pill.classList.toggle("done", index < step);
    });
    const pill = pills[step];
    if (pill instanceof HTMLElement) this.#bringIntoSight(pill);
    this.back.disabled = step === 0 && !sheetView.before;
    this.forward.disabled = step === sheetView.steps.length - 1 && !sheetView.after;
  }

  /** @param {HTMLElement} pill */
  #bringIntoSight(pill) {
    const { pills } = this;
    const left = pill.offsetLeft - pills.offsetLeft;
    const right = left + pill.offsetWidth;
    if (left < pills.scrollLeft) pills.scrollLeft = left - 8;
    if (right > pills.scrollLeft + pills.clientWidth) {
      pills.scrollLeft = right - pills.clientWidth + 8;
    }
  }
}
