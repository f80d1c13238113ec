// @ts-check
// Where we are: layer, head and token, the boxes of the architecture, the output that is written out.

import { element, eventElement } from "../shared/elements.js";
import { clamp } from "../shared/scale.js";

/** @import { Part } from "../payloads.js" */
/** @import { Change, SheetView } from "./sheet_view.js" */
/** @import { State } from "./state.js" */
/** @typedef {"layer" | "head" | "query" | "unit" | "choice"} Choice */
/** @typedef {{control: HTMLSelectElement | HTMLInputElement, name: HTMLElement, box: HTMLElement}} Control */

/** @type {Choice[]} */
const PLACES = ["layer", "head", "query"];

/**
 * @param {HTMLSelectElement | HTMLInputElement} control
 * @returns {Control}
 */
function labelled(control) {
  const name = element("span");
  return { control, name, box: element("label", {}, name, control) };
}

/**
 * The place that picking a value asks for.
 *
 * @param {Choice} name
 * @param {number} value
 * @param {Pick<SheetView, "sheet" | "unit">} sheetView
 * @returns {Change}
 */
export function pickedPlace(name, value, { sheet, unit }) {
  if (name === "choice") return sheet === "mlm_logits" ? { candidate: value } : { unit: value };
  if (name !== "unit") return { [name]: value };
  return { unit: clamp(Math.trunc(value), [0, (unit?.count ?? 1) - 1]) };
}

/**
 * What can be picked of each: values with their texts.
 *
 * @param {SheetView} sheetView
 * @returns {Record<Exclude<Choice, "unit">, [number, string][]>}
 */
export function optionsOf({ layers, heads, tokens, unit }) {
  const number = (/** @type {number} */ value) =>
    /** @type {[number, string]} */ ([value, String(value)]);
  return {
    layer: layers.map(number),
    head: Array.from({ length: heads }, (_, index) => number(index)),
    query: tokens.map(({ label }, index) => [index, label]),
    choice: unit?.choices ?? [],
  };
}

/**
 * Which pickers have nothing to pick on this sheet.
 *
 * @param {SheetView} sheetView
 * @returns {Record<Choice, boolean>}
 */
export function hiddenPicks({ unit, part, layer_check: check }) {
  return {
    layer: check === null,
    head: part !== "projection" && part !== "attention",
    query: part === "nsp",
    choice: !unit?.choices.length,
    unit: !unit || unit.choices.length > 0,
  };
}

export class Pickers {
  /** @type {Record<Choice, Control>} */
  all = {
    layer: labelled(element("select")),
    head: labelled(element("select")),
    query: labelled(element("select")),
    unit: labelled(element("input", { type: "number", min: 0, inputmode: "numeric" })),
    choice: labelled(element("select")),
  };
  partsBox = element("div", { class: "parts", role: "group" });
  placesBox = element("div", { class: "pickers" }, ...PLACES.map((name) => this.all[name].box));
  where = element("div", { class: "where" }, this.placesBox, this.partsBox);
  own = [this.all.unit.box, this.all.choice.box];

  /**
   * `ask(place)` is called when something is picked, `goToPart` when a part of the model is.
   *
   * @param {State} state
   * @param {{ask(change: Change): void, goToPart(part: string, step: string): void}} actions
   */
  constructor(state, { ask, goToPart }) {
    this.state = state;
    for (const [name, { control }] of this.#entries()) {
      control.addEventListener("change", () => {
        if (control.value !== "") ask(pickedPlace(name, Number(control.value), state.sheetView));
      });
    }
    this.partsBox.addEventListener("click", (event) => {
      const button = eventElement(event, "button");
      if (button) goToPart(button.dataset.part ?? "", button.dataset.step ?? "");
    });
  }

  #entries() {
    return /** @type {[Choice, Control][]} */ (Object.entries(this.all));
  }

  /** Show what the sheet offers. */
  fill() {
    this.#fillControls(this.state.sheetView);
    this.#fillParts(this.state.sheetView);
  }

  /** @param {SheetView} sheetView */
  #fillControls(sheetView) {
    const options = optionsOf(sheetView);
    const { layer, head_index: head, query, unit } = sheetView;
    const values = { layer, head, query, choice: unit?.chosen, unit: unit?.chosen };
    const hidden = hiddenPicks(sheetView);
    for (const [name, { control, name: label, box }] of this.#entries()) {
      if (name !== "unit") {
        const made = options[name].map(([value, text]) => element("option", { value }, text));
        control.replaceChildren(...made);
      } else if (control instanceof HTMLInputElement) {
        control.max = String((unit?.count ?? 1) - 1);
      }
      control.value = String(values[name] ?? "");
      label.textContent = sheetView.labels[`pick_${name}`];
      control.setAttribute("aria-label", label.textContent);
      control.disabled = sheetView.alone && name !== "layer"; // a file holds layers, no other heads
      box.hidden = hidden[name];
    }
    this.placesBox.hidden = PLACES.every((name) => hidden[name]);
  }

  /** @param {SheetView} sheetView */
  #fillParts({ parts, part, labels, layer }) {
    const button = (/** @type {Part} */ { id, title, step }) => {
      const data = { type: "button", "data-part": id, "data-step": step };
      return element("button", { ...data, "aria-current": String(id === part) }, title);
    };
    const name = element("span", { class: "quiet" }, `${labels.pick_layer} ${layer}`);
    const own = parts.filter((each) => each.layer).map(button);
    const [first, ...others] = parts.filter((each) => !each.layer).map(button);
    const group = element("div", { class: "layer" }, name, ...own);
    this.partsBox.replaceChildren(first, group, ...others);
    this.partsBox.setAttribute("aria-label", labels.parts);
  }
}
