// @ts-check
// Two sentences token by token. Each row is a button: two bars and how far they are apart.

import { element, eventElement, isModified, isRepeat } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { lengths } from "./layout.js";

/** @import { PairedBarsArrays, PairedBarsHeader, PairedBarsValues } from "../payloads.js" */
/** @import { PairedRow, PairedSide } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @import { Lengths } from "./layout.js" */
/** @typedef {import("../shared/payload.js").Payload<PairedBarsHeader, PairedBarsArrays>} BarsPayload */

const LONG = 24; // rows

/**
 * @param {number} length from 0 to 1
 * @param {string} side
 */
function makeBar(length, side) {
  const bar = element("span", { class: "bar" });
  bar.style.width = `${length * 100}%`;
  return element("span", { class: `track ${side}`, "aria-hidden": "true" }, bar);
}

/** @param {number} shift from -1 to 1, to the right where A is ahead */
function makeShift(shift) {
  const bar = element("span", { class: `bar ${shift < 0 ? "b" : "a"}` });
  bar.style.width = `${Math.abs(shift) * 50}%`;
  bar.style.left = `${shift < 0 ? 50 + shift * 50 : 50}%`;
  return element("span", { class: "shift", "aria-hidden": "true" }, bar);
}

/**
 * What one sentence has in a row; nothing where it has no token there.
 *
 * @param {"a" | "b"} side
 * @param {PairedSide | null} cell
 * @param {number} length
 * @param {boolean} named whether its token is written beside it
 */
function makeSide(side, cell, length, named) {
  return [
    named ? element("span", { class: `token ${side}` }, cell ? cell.token : "–") : null,
    element("span", { class: `letter ${side}`, "aria-hidden": "true" }, side.toUpperCase()),
    makeBar(cell ? length : 0, side),
    element("span", { class: `digits ${side}` }, cell ? cell.digits : ""),
  ];
}

/**
 * @param {PairedRow} row
 * @param {Lengths} length
 * @param {number} number
 * @param {string} action
 */
function makeRow({ a, b, difference, shared }, length, number, action) {
  const said = [
    shared && a ? a.token : null,
    a ? `A ${shared ? "" : a.token} ${a.digits}` : null,
    b ? `B ${shared ? "" : b.token} ${b.digits}` : null,
    `A − B ${difference}`,
  ];
  const button = element(
    "button",
    {
      type: "button",
      class: `row${shared ? "" : " differs"}`,
      "data-row": number,
      title: action,
      "aria-label": said.filter(Boolean).join(", "),
    },
    shared && a ? element("span", { class: "token both" }, a.token) : null,
    ...makeSide("a", a, length.a, !shared),
    ...makeSide("b", b, length.b, !shared),
    makeShift(length.shift),
    element("span", { class: "difference" }, difference),
  );
  return element("li", {}, button);
}

/** @param {PairedBarsHeader} header */
function makeTotal({ total }) {
  return element(
    "div",
    { class: "row total" },
    element("span", { class: "token both" }, total.label),
    element("span", { class: "letter a" }, "A"),
    element("span", { class: "digits a" }, total.a),
    element("span", { class: "letter b" }, "B"),
    element("span", { class: "digits b" }, total.b),
    element("span", { class: "difference" }, total.difference),
  );
}

/**
 * A list under its own head; long ones are cut in two, which stand side by side where there is room.
 *
 * @param {PairedBarsHeader} header
 * @param {Float32Array} scores
 */
function makeLists(header, scores) {
  const found = lengths(scores);
  const made = header.rows.map((row, number) => makeRow(row, found[number], number, header.action));
  const half = made.length > LONG ? Math.ceil(made.length / 2) : made.length;
  const parts = [made.slice(0, half), made.slice(half)].filter((part) => part.length > 0);
  return element(
    "div",
    { class: "lists" },
    ...parts.map((part) =>
      element("div", { class: "list" }, makeHead(header), element("ol", {}, ...part)),
    ),
  );
}

/** @param {PairedBarsHeader} header */
function makeHead({ columns }) {
  return element(
    "div",
    { class: "row head quiet", "aria-hidden": "true" },
    element("span", { class: "token both" }, columns.token),
    element("span", { class: "digits a" }, columns.score),
    element("span", { class: "difference" }, columns.difference),
  );
}

/**
 * @param {HTMLElement} root
 * @param {Emit} emit
 */
function build(root, emit) {
  const box = element("div", { role: "group" });
  const scale = element("div", { class: "scale quiet" });
  let chosen = -1;
  root.append(box, scale);

  const mark = () => {
    for (const button of box.querySelectorAll("button")) {
      const pressed = Number(button.dataset.row) === chosen;
      button.classList.toggle("selected", pressed);
      button.setAttribute("aria-pressed", String(pressed));
    }
  };
  box.addEventListener("click", (event) => {
    const row = eventElement(event, "button.row");
    if (row && !isRepeat(event)) emit("select", { row: Number(row.dataset.row) });
  });
  box.addEventListener("keydown", (event) => {
    const row = eventElement(event, "button.row");
    const step = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
    if (!step || !row || isModified(event)) return;
    event.preventDefault();
    event.stopPropagation();
    box.querySelectorAll("button")[Number(row.dataset.row) + step]?.focus();
  });

  return {
    show(/** @type {BarsPayload} */ { header, arrays }) {
      box.setAttribute("aria-label", header.label);
      box.replaceChildren(makeLists(header, arrays.scores), makeTotal(header));
      scale.textContent = header.scale;
      mark();
    },
    select(/** @type {PairedBarsValues} */ { row }) {
      chosen = row;
      mark();
    },
    repaint() {},
  };
}

export const mount = mountWith(build);
