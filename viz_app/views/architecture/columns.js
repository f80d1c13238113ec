// @ts-check
// The columns of the board as elements: tokens, strips of numbers, heads, what comes out.

import { element, eventElement, isModified, languageOf, pointIn } from "../shared/elements.js";
import { percent } from "../shared/format.js";
import { clamp } from "../shared/scale.js";
import { TILE } from "./layout.js";
import { segmentName } from "./texts.js";

/** @import { ArchitectureHeader } from "../payloads.js" */
/** @import { Size } from "./layout.js" */

/**
 * The row that the pointer is on, null between rows.
 *
 * @param {MouseEvent} event
 * @param {Element} column
 * @param {Size} size
 * @param {number} tokens
 */
export function rowAt(event, column, size, tokens) {
  const y = pointIn(event, column.getBoundingClientRect())[1] - size.top;
  const row = Math.floor(y / size.row);
  return row >= 0 && row < tokens ? row : null;
}

/**
 * A column of text; its rows begin at `size.top`.
 *
 * @param {string} name
 * @param {number} width
 * @param {Size} size
 */
export function textColumn(name, width, size) {
  const column = element("div", { class: `column ${name}` });
  column.style.width = `${width}px`;
  column.style.paddingTop = `${size.top}px`;
  return column;
}

/**
 * The tokens, each with the bracket of its sentence; `copy`: without buttons, beside another panel.
 *
 * @param {ArchitectureHeader} header
 * @param {Size} size
 * @param {number} chosen row
 * @param {boolean} copy
 */
export function tokenColumn({ tokens, masked }, size, chosen, copy) {
  const column = textColumn("labels", size.labels, size);
  tokens.forEach(({ text, segment, special }, row) => {
    const first = row === 0 || tokens[row - 1].segment !== segment;
    const bracket = element(
      "span",
      { class: `segment s${segment % 2}${first ? " first" : ""}`, "aria-hidden": "true" },
      first ? segmentName(segment) : "",
    );
    const made = element(
      copy ? "div" : "button",
      {
        class: `token${special ? " special" : ""}${masked[row] ? " mask" : ""}`,
        type: copy ? null : "button",
        tabindex: copy ? null : row === chosen ? "0" : "-1",
        "data-row": row,
        "aria-hidden": copy ? "true" : null,
      },
      bracket,
      element("span", { class: "name", lang: languageOf(text) }, text),
    );
    made.style.height = `${size.row}px`;
    column.append(made);
  });
  return column;
}

/**
 * H0… beside the tiles.
 *
 * @param {number} heads
 * @param {number} width
 * @param {Size} size
 */
export function headNames(heads, width, size) {
  const column = element("div", { class: "column heads quiet", "aria-hidden": "true" });
  column.style.width = `${width}px`;
  for (let head = 0; head < heads; head += 1) {
    const name = element("div", {}, `H${head}`);
    name.style.height = name.style.lineHeight = `${size.tile + TILE.gap}px`;
    column.append(name);
  }
  return column;
}

/**
 * A word with its probability as a bar behind it.
 *
 * @param {string} text
 * @param {number} probability
 */
function chip(text, probability) {
  const made = element(
    "span",
    { class: "chip" },
    element("span", { class: "word" }, text),
    element("span", { class: "share" }, percent(probability)),
  );
  made.style.setProperty("--share", `${Math.max(probability * 100, 1)}%`);
  return made;
}

/**
 * What comes out at one row: is-next at the first, guesses at the others.
 *
 * @param {ArchitectureHeader} header
 * @param {number} row
 */
function guessLine({ guesses, masked, is_next: isNext, labels }, row) {
  if (row === 0) {
    if (isNext === null) return element("div", { class: "guess none" }, labels.no_pair);
    const attributes = { class: "guess next", type: "button", "data-row": row, tabindex: "0" };
    return element("button", attributes, chip(labels.is_next, isNext));
  }
  if (guesses[row].length === 0) return element("div", { class: "guess none" });
  const shown = masked[row] ? guesses[row] : guesses[row].slice(0, 1);
  const chips = shown.map(([text, probability]) => chip(text, probability));
  if (!masked[row]) return element("div", { class: "guess", "data-row": row }, ...chips);
  const isStop = isNext === null && row === masked.indexOf(true);
  const attributes = { class: "guess mask", type: "button", "data-row": row };
  return element("button", { ...attributes, tabindex: isStop ? "0" : "-1" }, ...chips);
}

/**
 * @param {ArchitectureHeader} header
 * @param {Size} size
 */
export function guessColumn(header, size) {
  const column = textColumn("guesses", size.guesses, size);
  column.setAttribute("role", "group");
  column.setAttribute("aria-label", header.labels.output);
  header.tokens.forEach((_, row) => {
    const line = guessLine(header, row);
    line.style.height = `${size.row}px`;
    column.append(line);
  });
  return column;
}

/**
 * Arrow keys move among the buttons of a column, of which one is a tab stop; Enter chooses.
 *
 * @param {HTMLElement} column
 * @param {(row: number) => void} choose
 * @param {(row: number, button: HTMLElement) => void} focused
 */
export function walkRows(column, choose, focused) {
  column.addEventListener("keydown", (event) => {
    const from = eventElement(event, "button");
    if (!from) return;
    const all = [...column.querySelectorAll("button")];
    const at = all.indexOf(/** @type {HTMLButtonElement} */ (from));
    /** @type {Record<string, number>} */
    const targets = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 };
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(Number(from.dataset.row));
      return;
    }
    const next = targets[event.key];
    if (next === undefined || isModified(event)) return;
    event.preventDefault();
    event.stopPropagation();
    const target = all[clamp(next, [0, all.length - 1])];
    all[at].tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  });
  column.addEventListener("focusin", (event) => {
    const button = eventElement(event, "button");
    if (button?.matches(":focus-visible")) focused(Number(button.dataset.row), button);
  });
}

/**
 * A heading over columns; `step` is the tour's step that is about them.
 *
 * @param {string} text
 * @param {number} width
 * @param {number} step
 * @param {string} [title]
 */
export function heading(text, width, step, title) {
  const cell = element("div", { class: "heading", "data-step": step, title }, text);
  cell.style.width = `${width}px`;
  return cell;
}
