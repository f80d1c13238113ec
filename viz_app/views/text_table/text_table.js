// A plain table. Texts go in as text, so they can hold anything.

import { element } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

function buildTextTable(root) {
  const scroller = element("div", { class: "scroll", tabindex: "0", role: "region" });
  root.append(scroller);
  return {
    show({ header }) {
      const numbers = new Set(header.numbers);
      const line = (cells, tag) =>
        element(
          "tr",
          {},
          ...cells.map((cell, place) =>
            element(
              tag,
              { class: numbers.has(place) ? "number" : null, scope: tag === "th" ? "col" : null },
              cell,
            ),
          ),
        );
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

export const mount = mountWith(buildTextTable);
