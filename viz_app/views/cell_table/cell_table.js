// A table of coloured cells. Arrow keys move, Enter or a click chooses.

import { colourTable, css, inkOn, tableColour } from "../shared/colour.js";
import { element } from "../shared/elements.js";
import { digits } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { scaleIndex } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";

/** The scale as a strip with its two ends in digits. */
function drawLegend(box, header, theme) {
  const table = colourTable(header.kind, theme);
  const stops = [0, 64, 128, 191, 255].map((index) => css(tableColour(table, index)));
  const strip = element("span", { class: "strip", "aria-hidden": "true" });
  strip.style.background = `linear-gradient(to right, ${stops.join(", ")})`;
  const decimals = Math.min(header.decimals, 2);
  box.replaceChildren(
    digits(header.low, header.low === 0 ? 0 : decimals),
    strip,
    digits(header.high, decimals),
    element("span", {}, header.legend),
  );
}

function buildCellTable(root, emit) {
  const scroller = element("div", { class: "cells" });
  const legend = element("div", { class: "legend quiet" });
  root.append(scroller, legend);
  let payload = null;
  let focus = { row: 0, column: 0 };
  let selected = { row: null, column: null };

  const cellAt = ({ row, column }) =>
    scroller.querySelector(`td[data-row="${row}"][data-column="${column}"]`);

  function paint() {
    if (!payload) return;
    const { header, arrays } = payload;
    const theme = readTheme(root);
    const table = colourTable(header.kind, theme);
    for (const cell of scroller.querySelectorAll("td")) {
      const value =
        arrays.values[
          Number(cell.dataset.row) * header.columns.length + Number(cell.dataset.column)
        ];
      if (Number.isNaN(value)) continue;
      const colour = tableColour(table, scaleIndex(value, header.low, header.high));
      cell.style.background = css(colour);
      cell.style.color = inkOn(colour);
    }
    drawLegend(legend, header, theme);
  }

  function markSelected() {
    scroller.querySelector("td.selected")?.classList.remove("selected");
    const cell = selected.row === null ? null : cellAt(selected);
    if (!cell) return;
    cell.classList.add("selected");
    // into sight within the table; the page itself stays where it is
    const head = scroller.querySelector("thead").offsetHeight;
    const [inside, outside] = [cell.getBoundingClientRect(), scroller.getBoundingClientRect()];
    if (inside.top < outside.top + head || inside.bottom > outside.bottom) {
      scroller.scrollTop += inside.top - outside.top - scroller.clientHeight / 2;
    }
  }

  function moveTo(place, withFocus) {
    cellAt(focus)?.setAttribute("tabindex", "-1");
    focus = place;
    const cell = cellAt(focus);
    cell?.setAttribute("tabindex", "0");
    if (withFocus) cell?.focus();
  }

  function choose(place) {
    moveTo(place, true);
    if (!payload.header.active) return;
    selected = place;
    markSelected();
    emit("select", { ...place });
  }

  const placeOf = (event) => {
    const cell = event.target.closest("td");
    return cell ? { row: Number(cell.dataset.row), column: Number(cell.dataset.column) } : null;
  };

  scroller.addEventListener("click", (event) => {
    const place = placeOf(event);
    if (place) choose(place);
  });
  scroller.addEventListener("keydown", (event) => {
    const place = placeOf(event);
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(place);
      return;
    }
    const step = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    const { rows, columns } = payload.header;
    moveTo(
      {
        row: Math.min(Math.max(place.row + step[0], 0), rows.length - 1),
        column: Math.min(Math.max(place.column + step[1], 0), columns.length - 1),
      },
      true,
    );
  });

  return {
    show(next) {
      payload = next;
      const { header, arrays } = next;
      const marked = new Set(header.marked);
      const head = element(
        "tr",
        {},
        element("th", { scope: "col", class: "corner" }, header.corner),
        ...header.columns.map((column) => element("th", { scope: "col" }, column)),
      );
      const body = header.rows.map((label, row) =>
        element(
          "tr",
          { class: marked.has(row) ? "marked" : null },
          element("th", { scope: "row" }, label),
          ...header.columns.map((column, place) => {
            const value = arrays.values[row * header.columns.length + place];
            const shown = Number.isNaN(value) ? "" : digits(value, header.decimals);
            const text = header.texts ? header.texts[row][place] : shown;
            return element(
              "td",
              {
                "data-row": row,
                "data-column": place,
                tabindex: "-1",
                title: `${label} · ${column}: ${header.texts ? `${text} ${shown}` : text}`,
                class: header.texts ? "words" : null,
              },
              text,
            );
          }),
        ),
      );
      scroller.classList.toggle("active", header.active);
      scroller.classList.toggle("coded", Boolean(header.texts));
      scroller.replaceChildren(
        element(
          "table",
          { "aria-label": header.label, role: "grid" },
          element("thead", {}, head),
          element("tbody", {}, ...body),
        ),
      );
      moveTo(
        {
          row: Math.min(focus.row, header.rows.length - 1),
          column: Math.min(focus.column, header.columns.length - 1),
        },
        false,
      );
      paint();
      markSelected();
    },
    select({ row, column }) {
      selected = { row: row ?? null, column: column ?? null };
      markSelected();
    },
    repaint: paint,
  };
}

export const mount = mountWith(buildCellTable);
