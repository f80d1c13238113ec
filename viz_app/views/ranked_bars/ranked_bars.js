// @ts-check
// Ranked bars in groups: label, bar, digits. A row with an action is a button.

import { element, eventElement, isRepeat, languageOf, oneStop } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";
import { clamp } from "../shared/scale.js";

/** @import { Bar, BarGroup, RankedBarsArrays, RankedBarsHeader } from "../payloads.js" */
/** @import { Emit } from "../shared/mount.js" */
/** @typedef {import("../shared/payload.js").Payload<RankedBarsHeader, RankedBarsArrays>} BarsPayload */
/** @typedef {{group: number, row: number}} Place */

/**
 * @param {string} name of its class
 * @param {number} share of the full length
 */
function makeBar(name, share) {
  const bar = element("span", { class: name });
  bar.style.width = `${clamp(share, [0, 1]) * 100}%`;
  return bar;
}

/**
 * @param {Bar} bar
 * @param {number} value
 * @param {number} high value of a bar of full length
 * @param {Place} place
 */
function makeRow(bar, value, high, place) {
  const compared = bar.baseline !== null;
  const bars = [makeBar("bar", value / high)];
  if (bar.baseline !== null) bars.push(makeBar("bar baseline", bar.baseline / high));
  const parts = [
    element("span", { class: "label", lang: languageOf(bar.label) }, bar.label),
    element("span", { class: "track", "aria-hidden": "true" }, ...bars),
    element("span", { class: "digits" }, bar.digits),
    element("span", { class: "tag" }, bar.tag),
  ];
  const attributes = {
    class: `row${bar.marked ? " marked" : ""}${bar.action ? " active" : ""}${compared ? " compared" : ""}`,
    title: bar.action || null,
    "data-group": place.group,
    "data-row": place.row,
  };
  if (!bar.action) return element("li", {}, element("div", attributes, ...parts));
  return element("li", {}, element("button", { ...attributes, type: "button" }, ...parts));
}

/**
 * @param {BarGroup} group
 * @param {number} number
 * @param {Float32Array} values of its rows
 * @param {number} high
 */
function makeGroup({ title, note, rows }, number, values, high) {
  const made = rows.map((bar, row) => makeRow(bar, values[row], high, { group: number, row }));
  return element(
    "section",
    { class: "group" },
    title ? element("h4", {}, title) : null,
    element("ol", {}, ...made),
    note ? element("p", { class: "quiet" }, note) : null,
  );
}

/**
 * @param {HTMLElement} root
 * @param {Emit} emit
 */
function build(root, emit) {
  const box = element("div", { class: "groups", role: "group" });
  const scale = element("div", { class: "scale quiet" });
  root.append(box, scale);

  box.addEventListener("click", (event) => {
    const row = eventElement(event, "button.row");
    if (!row || isRepeat(event)) return;
    emit("select", { group: Number(row.dataset.group), row: Number(row.dataset.row) });
  });
  const settle = oneStop(box, "button");

  return {
    show(/** @type {BarsPayload} */ { header, arrays }) {
      let first = 0;
      box.className = `groups ${header.layout}`;
      box.setAttribute("aria-label", header.label);
      box.replaceChildren(
        ...header.groups.map((group, number) => {
          const values = arrays.values.subarray(first, first + group.rows.length);
          first += group.rows.length;
          return makeGroup(group, number, values, header.high);
        }),
      );
      settle(0);
      scale.textContent = header.scale;
    },
    select() {},
    repaint() {},
  };
}

export const mount = mountWith(build);
