// The table of a sheet: header, first and last row, and of the rows between those in sight.

import { element } from "../shared/elements.js";
import { allDigits, fill } from "../shared/format.js";
import { bodyCell, colourBar, rowLabel, stripCell } from "./cells.js";
import { formula } from "./formula.js";
import { GAP, ROW_HEIGHT, visibleColumns } from "./layout.js";
import { cellAt, cellKey, columnOf, currentStep, selected, shown, vector } from "./lesson.js";

/**
 * Returns {sheet, notes, paint, describe, scrollToTop, scrollToRow, newestCell}.
 *
 * `choose(row, dim)` is called when a row or dimension is clicked, `question(cell)` when a number.
 */
export function lessonTable(state, tip, { choose, question }) {
  const hiddenNote = element("p", { hidden: true });
  const legend = element("p", { class: "legend" });
  const notes = element("div", { class: "quiet" }, legend, hiddenNote);
  const header = element("div", { class: "line header", role: "row" });
  const headRow = element("div", { class: "line headrow", role: "row" });
  const rowsBox = element("div", { class: "rows", role: "rowgroup" });
  const footRow = element("div", { class: "line footrow", role: "row" });
  const sheet = element(
    "div",
    { class: "sheet", role: "table", tabindex: "0" },
    element("div", { class: "top" }, header, headRow),
    rowsBox,
    footRow,
  );
  let columns = []; // those in sight
  let template = "";
  let painted = null; // first and last row that are drawn
  let seen = null; // lesson and step painted last: only what a step has added slides in
  let fresh = false;

  function lineCells(line, label, cellOf) {
    line.replaceChildren(label, ...columns.map(cellOf));
    line.style.gridTemplateColumns = template;
  }

  function paintHeader() {
    const added = currentStep(state).reveals.map(columnOf);
    const operands = currentStep(state).operands.map(columnOf);
    lineCells(
      header,
      element("div", { class: "token", role: "columnheader" }, state.lesson.words.row_kind),
      (column) => {
        const name = fill(revealing(column).title, selected(state));
        const cell = element("div", {
          role: "columnheader",
          class: `title ${column.kind}`,
          title: name,
          "aria-label": name,
        });
        cell.append(formula(column.symbol));
        if (added.includes(column.id)) cell.classList.add("added");
        else if (operands.includes(column.id)) cell.classList.add("operand");
        return cell;
      },
    );
  }

  /** The step that brings a column in. */
  function revealing({ id }) {
    const { revealedAt: at, steps } = state.lesson;
    return steps[at[id] ?? at[`head:${id}`]];
  }

  function paintLegend() {
    const { words } = state.lesson;
    const scales = new Set(columns.map(({ low }) => (low < 0 ? "signed" : "share")));
    legend.replaceChildren(
      ...[...scales].map((scale) => {
        const colours = scale === "signed" ? state.signed : state.probability;
        return element("span", { class: "scale" }, colourBar(colours), words[`legend_${scale}`]);
      }),
    );
  }

  function edgeCell(part, column) {
    const { lesson } = state;
    const values = lesson[`${part}Row`][column.id];
    const since = lesson.revealedAt[`${part}:${column.id}`] ?? Infinity;
    if (!values || since > state.step) return element("div", { role: "cell" });
    const { symbol, cell: pattern } = lesson[part][column.id];
    if (column.kind === "strip") return stripCell(values, column, pattern, state, part, true);
    const cell = element("div", {
      class: "number total",
      role: "cell",
      title: allDigits(values[0]),
      "data-part": part,
      "data-column": column.id,
    });
    cell.append(formula(symbol), ` ${shown(state, values[0])}`);
    const at = cellAt(lesson, pattern, part);
    if (at && state.lit.has(cellKey(at))) cell.classList.add("lit");
    if (at && state.askedKey === cellKey(at)) cell.classList.add("asked-cell");
    return cell;
  }

  function paintEdge(line, part, label) {
    const { lesson } = state;
    line.hidden = !columns.some(
      ({ id }) => (lesson.revealedAt[`${part}:${id}`] ?? Infinity) <= state.step,
    );
    if (!line.hidden) lineCells(line, label, (column) => edgeCell(part, column));
  }

  function rowLine(row) {
    const { lesson } = state;
    const added = currentStep(state).reveals;
    const line = element("div", {
      class: "line row",
      role: "row",
      "data-row": row,
      "aria-rowindex": row + 1,
      "aria-selected": row === state.row ? "true" : null,
    });
    line.style.top = `${row * ROW_HEIGHT}px`;
    if (lesson.sheet === "attention" && row === lesson.query) line.classList.add("itself");
    lineCells(line, rowLabel(lesson, row), (column) => {
      const cell = bodyCell(state, column, row);
      if (added.includes(column.id)) {
        cell.classList.add("newest");
        cell.classList.toggle("fresh", fresh);
      }
      return cell;
    });
    return line;
  }

  function paintRows() {
    const { rows } = state.lesson;
    const top = Math.max(0, sheet.scrollTop - rowsBox.offsetTop);
    const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 8);
    const last = Math.min(rows.length, first + Math.ceil(sheet.clientHeight / ROW_HEIGHT) + 16);
    painted = [first, last];
    const made = [];
    for (let row = first; row < last; row += 1) made.push(rowLine(row));
    rowsBox.replaceChildren(...made);
  }

  /** Where a click on a strip fell: null outside of strips. */
  function dimensionAt(event) {
    const strip = event.target.closest(".strip");
    if (!strip) return null;
    const box = strip.getBoundingClientRect();
    const size = state.lesson.sizes.head_size;
    const dim = Math.floor(((event.clientX - box.left) / box.width) * size);
    return { strip, dim: Math.max(0, Math.min(size - 1, dim)) };
  }

  sheet.addEventListener("click", (event) => {
    const at = dimensionAt(event);
    const line = event.target.closest("[data-row].row");
    const row = line ? Number(line.dataset.row) : state.row;
    const number = event.target.closest(".number, .barcell, .strip");
    const { lesson } = state;
    if (line || at) choose(row, at ? at.dim : state.dim);
    if (!number?.dataset.column) return;
    const part = line ? null : (number.dataset.part ?? number.dataset.row);
    const pattern = part
      ? lesson[part][number.dataset.column].cell
      : lesson.byId[number.dataset.column].cell;
    question(cellAt(lesson, pattern, part ?? row, state.dim));
  });
  sheet.addEventListener("pointermove", (event) => {
    const at = dimensionAt(event);
    if (!at) return tip.hide();
    const { lesson } = state;
    const { column, row } = at.strip.dataset;
    const values =
      row === "head" || row === "foot"
        ? lesson[`${row}Row`][column]
        : vector(lesson, column, Number(row));
    tip.show(
      fill(lesson.words.dimension_value, { dim: at.dim, value: allDigits(values[at.dim]) }),
      event,
    );
  });
  sheet.addEventListener("pointerleave", () => tip.hide());
  sheet.addEventListener("scroll", () => {
    if (!painted) return;
    const top = Math.max(0, sheet.scrollTop - rowsBox.offsetTop) / ROW_HEIGHT;
    const visible = sheet.clientHeight / ROW_HEIGHT;
    const [first, last] = painted;
    const ends = last < state.lesson.rows.length && top + visible > last - 2;
    fresh = false;
    if ((first > 0 && top < first + 2) || ends) paintRows();
  });

  return {
    sheet,
    notes,
    paint() {
      const { lesson, layout } = state;
      fresh = seen?.lesson !== lesson || seen.step !== state.step;
      seen = { lesson, step: state.step };
      const inSight = visibleColumns(lesson, currentStep(state), state.step, layout);
      columns = inSight.columns;
      template = [layout.label, ...columns.map(layout.of)].map((size) => `${size}px`).join(" ");
      const width =
        layout.label + columns.reduce((sum, column) => sum + layout.of(column) + GAP, 0);
      rowsBox.style.height = `${lesson.rows.length * ROW_HEIGHT}px`;
      rowsBox.style.minWidth = `${width}px`;
      hiddenNote.hidden = inSight.hidden === 0;
      hiddenNote.textContent = fill(lesson.words.hidden_columns, { count: inSight.hidden });
      paintHeader();
      paintLegend();
      paintEdge(
        headRow,
        "head",
        element(
          "div",
          { class: "token itself", role: "rowheader" },
          formula("q"),
          ` ${state.queryText}`,
        ),
      );
      paintEdge(
        footRow,
        "foot",
        element("div", { class: "token", role: "rowheader" }, lesson.words.result),
      );
      paintRows();
    },
    /** What a reader who cannot see the table is told of it. */
    describe() {
      sheet.setAttribute("aria-label", state.lesson.words.table);
      sheet.setAttribute("aria-rowcount", state.lesson.rows.length);
    },
    scrollToTop() {
      sheet.scrollTop = 0;
    },
    scrollToRow() {
      const top = rowsBox.offsetTop + state.row * ROW_HEIGHT;
      const sticky = header.offsetHeight + (headRow.hidden ? 0 : headRow.offsetHeight);
      const foot = footRow.hidden ? 0 : footRow.offsetHeight;
      const bottom = sheet.scrollTop + sheet.clientHeight - foot;
      if (top - sticky < sheet.scrollTop) sheet.scrollTop = top - sticky;
      else if (top + ROW_HEIGHT > bottom) sheet.scrollTop += top + ROW_HEIGHT - bottom;
    },
    /** The cell of the selected row's newest number, for a question by keyboard. */
    newestCell() {
      const added = currentStep(state).reveals.map(columnOf);
      const column = columns.filter(({ id }) => added.includes(id)).at(-1) ?? columns.at(-1);
      return column && cellAt(state.lesson, column.cell, state.row, state.dim);
    },
  };
}
