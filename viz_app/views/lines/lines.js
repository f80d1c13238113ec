// @ts-check
// Two rows of tokens and a line per head and pair: colour = head, opacity = √weight.

import { textMeasure } from "../shared/canvas.js";
import { canvasFont } from "../shared/colour.js";
import { element, isModified, pageZoom, watchWidth } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { readTheme } from "../shared/theme.js";
import { Controls } from "./controls.js";
import { isMostlyUpright, layoutLines, nextPlace } from "./layout.js";
import { Plot } from "./plot.js";
import { countSentence, tokenSentence } from "./sentences.js";
import { Tokens } from "./tokens.js";
import { Weights } from "./weights.js";

/** @import { LinesArrays, LinesHeader, LinesPlace, LinesValues } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Settings } from "./controls.js" */
/** @import { Size } from "./layout.js" */
/** @typedef {import("../shared/payload.js").Payload<LinesHeader, LinesArrays>} LinesPayload */

const TOLD_MS = 400; // Python hears of settings once they have stayed so for this long
const CLICK_MS = 260; // after which a click is no longer the first half of a double click

class Lines {
  readOut = element("div", { class: "readout", "aria-live": "polite" });
  queriesTitle = element("span");
  keysTitle = element("span");
  names = element("div", { class: "names quiet" }, this.queriesTitle, this.keysTitle);
  below = element("div", { class: "quiet" });
  plotBox = element("div", { class: "plot", role: "group" });
  count = element("div", { class: "quiet count" });
  legend = element("div", { class: "quiet" });
  tokens = new Tokens(this.plotBox);
  plot = new Plot(this.plotBox);
  controls = new Controls(() => this.settings, {
    change: (change) => this.change(change),
    turn: () => this.change({ across: !this.size?.across }),
    unlock: () => this.change({ locked: null }),
  });
  /** @type {LinesHeader | null} */
  header = null;
  /** @type {Weights | null} */
  weights = null;
  /** @type {Size | null} */
  size = null;
  /** @type {LinesPlace | null} */
  pointed = null;
  /** @type {number | null} */
  query = null;
  /** @type {Settings} */
  settings = {
    heads: null,
    cut: "weight",
    threshold: 0.1,
    count: 100,
    across: null,
    locked: null,
    everything: false,
  };
  telling = 0;
  clicking = 0;

  /**
   * @param {HTMLElement} root
   * @param {Emit} emit
   */
  constructor(root, emit) {
    this.root = root;
    this.emit = emit;
    const box = element("div", { class: "scroll" }, this.plotBox);
    root.append(this.controls.chips, this.controls.box, this.readOut, this.names);
    root.append(box, this.below, this.count, this.legend);
    this.listen();
    this.stopWatching = watchWidth(root, () => this.layout());
  }

  listen() {
    const point = (/** @type {Event} */ event) => this.point(this.tokens.placeOf(event));
    this.plotBox.addEventListener("pointerover", point);
    this.plotBox.addEventListener("pointerleave", () => this.point(null));
    this.plotBox.addEventListener("focusin", point);
    this.plotBox.addEventListener("focusout", () => this.point(null));
    this.plotBox.addEventListener("click", (event) => {
      clearTimeout(this.clicking);
      const place = this.tokens.placeOf(event);
      if (place?.side !== "query") return;
      this.clicking = setTimeout(() => this.emit("select", { query: place.index }), CLICK_MS);
    });
    this.plotBox.addEventListener("dblclick", (event) => {
      clearTimeout(this.clicking);
      const place = this.tokens.placeOf(event);
      if (place) this.lock(place);
    });
    this.plotBox.addEventListener("keydown", (event) => this.walk(event));
  }

  /**
   * @param {LinesPayload} next
   * @param {LinesValues | null} values
   */
  show({ header, arrays }, values) {
    const { labels, tokens } = header;
    this.header = header;
    this.weights = new Weights(arrays, header.shape);
    this.pointed = null;
    if (values) this.take(values);
    const { locked } = this.settings;
    if (locked && locked.index >= tokens.length) this.settings.locked = null;
    this.controls.fill(labels, this.weights.heads);
    this.legend.textContent = labels.legend;
    this.plotBox.setAttribute("aria-label", labels.plot);
    this.queriesTitle.textContent = labels.queries;
    this.keysTitle.textContent = this.below.textContent = labels.keys;
    this.tokens.remove();
    this.size = null;
    this.layout();
  }

  /** @param {LinesValues} values */
  select(values) {
    const { across } = this.settings;
    const before = JSON.stringify([this.query, this.settings]);
    this.take(values);
    if (JSON.stringify([this.query, this.settings]) === before) return; // as show was told
    if (this.settings.across !== across) this.layout();
    else this.update();
  }

  repaint() {
    this.layout();
  }

  close() {
    clearTimeout(this.telling);
    clearTimeout(this.clicking);
    this.stopWatching();
    this.plot.clear();
  }

  /** @param {LinesValues} values */
  take({ query, ...settings }) {
    this.query = query;
    this.settings = settings;
    const heads = this.weights?.heads ?? 0;
    if (settings.heads && settings.heads.length >= heads) this.settings.heads = null;
  }

  /** The heads that are on. */
  get heads() {
    const { heads } = this.settings;
    return [...Array(this.weights?.heads ?? 0).keys()].filter(
      (head) => heads?.includes(head) ?? true,
    );
  }

  /** The token whose lines are drawn while none is pointed at; null for all tokens. */
  get resting() {
    const { query, weights } = this;
    const chosen = query !== null && query < (weights?.many ?? 0);
    return chosen && !this.settings.everything ? query : null;
  }

  /** @param {Partial<Settings>} change */
  change(change) {
    Object.assign(this.settings, change);
    if ("across" in change) this.layout();
    else this.update();
    clearTimeout(this.telling);
    this.telling = setTimeout(() => this.emit("settings", { ...this.settings }), TOLD_MS);
  }

  /** @param {LinesPlace} place */
  lock({ side, index }) {
    const { locked } = this.settings;
    const same = locked?.side === side && locked.index === index;
    this.change({ locked: same ? null : { side, index } });
  }

  /** @param {KeyboardEvent} event */
  walk(event) {
    const place = this.tokens.placeOf(event);
    if (!place || !this.size || isModified(event)) return;
    const next = nextPlace(this.size.across, event.key, place);
    const { locked } = this.settings;
    if (next) this.tokens.focus(next);
    else if (event.key === "l" || event.key === "L") this.lock(place);
    else if (event.key === "Escape" && locked) this.lock(locked);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  layout() {
    const width = this.root.clientWidth;
    if (!this.header || !this.weights || !width) return;
    const { tokens } = this.header;
    // Asked for while the tokens are not there yet, where the plot lies costs little.
    const { left, top } = this.plotBox.getBoundingClientRect();
    const origin = { left: left / pageZoom(), top: top / pageZoom() };
    if (this.tokens.isEmpty) this.tokens.make(tokens);
    const theme = readTheme(this.root);
    const across = this.settings.across ?? isMostlyUpright(tokens);
    const measure = textMeasure(canvasFont("text", theme));
    const size = layoutLines(tokens, this.weights.heads, width, across, measure);
    this.size = size;
    this.plotBox.style.width = `${size.width}px`;
    this.plotBox.style.height = `${size.height}px`;
    this.names.style.maxWidth = `${size.width}px`;
    this.keysTitle.hidden = across;
    this.below.hidden = !across;
    this.controls.colour(theme);
    this.tokens.place(size);
    this.plot.place({ size, theme, weights: this.weights }, origin);
    this.update();
  }

  /** Draw what the settings ask for. */
  update() {
    this.controls.update();
    if (!this.header || !this.weights) return;
    const { heads } = this;
    const on = Array.from({ length: this.weights.heads }, (_, head) => heads.includes(head));
    const { resting } = this;
    const chosen = this.weights.choose(this.settings, on, resting);
    this.count.textContent = countSentence(this.header, this.weights, chosen, heads, resting);
    this.plot.rest(chosen);
    this.focus();
  }

  /** @param {LinesPlace | null} place */
  point(place) {
    this.pointed = place;
    this.focus();
  }

  /** Bring the token pointed at to the front, else the locked one. */
  focus() {
    if (!this.header || !this.weights || !this.size) return;
    const { many } = this.weights;
    const place = this.pointed ?? this.settings.locked;
    const inFront = place && place.index < many ? place : null;
    const { query } = this;
    this.tokens.mark("pointed", inFront);
    this.tokens.mark("locked", this.settings.locked);
    this.tokens.mark(
      "selected",
      query === null || query >= many ? null : { side: "query", index: query },
    );
    this.plotBox.classList.toggle("pointing", inFront !== null);
    this.readOut.textContent = inFront
      ? tokenSentence(this.header, this.weights, inFront, this.heads)
      : this.header.labels.help;
    this.plot.front(inFront, this.heads);
  }
}

export const mount = mountWith((root, emit) => new Lines(root, emit));
