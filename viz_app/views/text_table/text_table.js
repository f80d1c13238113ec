// @ts-check
// A plain table. Texts go in as text, so they can hold anything.

import { element } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

/** @import { TextTableHeader } from "../payloads.js" */

/** @param {HTMLElement} root */
function build(root) {
  const scroller = element("div", { class: "scroll", tabindex: "0", role: "region" });
  root.append(scroller);
  return {
    show(/** @type {{header: TextTableHeader}} */ { header }) {
      const numbers = new Set(header.numbers);
      const line = (/** @type {string[]} */ cells, /** @type {"th" | "td"} */ tag) => {
        const scope = tag === "th" ? "col" : null;
        const made = cells.map((cell, place) =>
          element(tag, { class: numbers.has(place) ? "number" : null, scope }, cell),
        );
        return element("tr", {}, ...made);
      };
      scroller.setAttribute("aria-label", header.label);
      scroller.replaceChildren(
        element(
          "table",
          {},
          element("thead", {}, line(header.columns, "th")),
          element("tbody", {}, ...header.rows.map((row) => line(row, "td"))),
        ),
      );
    },
    select() {},
    repaint() {},
  };
}

export const mount = mountWith(build);
