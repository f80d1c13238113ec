// @ts-check
// The table of a sheet: header, first and last row, and of the rows between those in sight.

import { element, eventElement } from "../shared/elements.js";
import { allDigits, fill } from "../shared/format.js";
import { clamp } from "../shared/scale.js";
import { bodyCell, colourBar, edgeCell, rowLabel } from "./cells.js";
import { formula } from "./formula.js";
import { GAP, needsRows, ROW_HEIGHT, rowsToDraw, visibleColumns, widened } from "./layout.js";
import { cellAt, columnOf, currentStep, queryText, selected, vector } from "./sheet_view.js";

/** @import { CellShown, Edges } from "../payloads.js" */
/** @import { Column, SheetView } from "./sheet_view.js" */
/** @import { State } from "./state.js" */
/**
 * `choose(row, dim)` is called when a row or dimension is clicked, `question(cell)` when a number.
 *
 * @typedef {{
 *   choose(row: number, dim: number): void,
 *   question(cell: CellShown | null): void,
 *   showTip(text: string, event: MouseEvent): void,
 *   hideTip(): void,
 * }} TableActions
 */

/**
 * @param {string | undefined} name
 * @returns {Edges | null}
 */
const edgeNamed = (name) => (name === "head" || name === "foot" ? name : null);

export class SheetTable {
  hiddenNote = element("p", { hidden: true });
  legend = element("p", { class: "legend" });
  notes = element("div", { class: "quiet" }, this.legend, this.hiddenNote);
  header = element("div", { class: "line header", role: "row" });
  headRow = element("div", { class: "line headrow", role: "row" });
  rowsBox = element("div", { class: "rows", role: "rowgroup" });
  footRow = element("div", { class: "line footrow", role: "row" });
  box = element(
    "div",
    { class: "sheet", role: "table", tabindex: "0" },
    element("div", { class: "top" }, this.header, this.headRow),
    this.rowsBox,
    this.footRow,
  );
  /** @type {Column[]} those in sight */
  columns = [];
  template = "";
  /** @type {[first: number, behind: number] | null} rows that are drawn */
  painted = null;
  /** @type {{sheetView: SheetView, step: number} | null} painted last: only what a step has added slides in */
  seen = null;
  fresh = false;

  /**
   * @param {State} state
   * @param {TableActions} actions
   */
  constructor(state, actions) {
    this.state = state;
    this.actions = actions;
    this.box.addEventListener("click", (event) => this.#click(event));
    this.box.addEventListener("pointermove", (event) => this.#point(event));
    this.box.addEventListener("pointerleave", () => actions.hideTip());
    this.box.addEventListener("scroll", () => {
      this.fresh = false;
      const { rows } = this.state.hasSheetView ? this.state.sheetView : { rows: [] };
      const { clientHeight } = this.box;
      if (this.painted && needsRows(this.painted, this.#top, clientHeight, rows.length)) {
        this.#paintRows();
      }
    });
  }

  /** What of the rows is above what is in sight. */
  get #top() {
    return Math.max(0, this.box.scrollTop - this.rowsBox.offsetTop);
  }

  paint() {
    const { state } = this;
    const { sheetView, layout, step } = state;
    if (!layout) return;
    this.fresh = this.seen?.sheetView !== sheetView || this.seen.step !== step;
    this.seen = { sheetView, step };
    const inSight = visibleColumns(sheetView, currentStep(state), step, layout);
    const wide = widened(layout, inSight.columns);
    const widths = [layout.label, ...inSight.columns.map(({ kind }) => wide[kind])];
    this.columns = inSight.columns;
    this.template = widths.map((width) => `${width}px`).join(" ");
    const width = widths.reduce((sum, each) => sum + each + GAP, -GAP);
    this.rowsBox.style.height = `${sheetView.rows.length * ROW_HEIGHT}px`;
    this.rowsBox.style.minWidth = `${width}px`;
    this.hiddenNote.hidden = inSight.hidden === 0;
    this.hiddenNote.textContent = fill(sheetView.labels.hidden_columns, { count: inSight.hidden });
    this.#paintHeader();
    this.#paintLegend();
    const query = [formula("q"), ` ${queryText(state)}`];
    const attributes = { class: "token itself", role: "rowheader" };
    this.#paintEdge(this.headRow, "head", element("div", attributes, ...query));
    const result = element("div", { class: "token", role: "rowheader" }, sheetView.labels.result);
    this.#paintEdge(this.footRow, "foot", result);
    this.#paintRows();
  }

  /** What a reader who cannot see the table is told of it. */
  describe() {
    const { labels, rows } = this.state.sheetView;
    this.box.setAttribute("aria-label", labels.table);
    this.box.setAttribute("aria-rowcount", String(rows.length));
  }

  scrollToTop() {
    this.box.scrollTop = 0;
  }

  scrollToRow() {
    const { box, header, headRow, footRow } = this;
    const top = this.rowsBox.offsetTop + this.state.row * ROW_HEIGHT;
    const sticky = header.offsetHeight + (headRow.hidden ? 0 : headRow.offsetHeight);
    const foot = footRow.hidden ? 0 : footRow.offsetHeight;
    const bottom = box.scrollTop + box.clientHeight - foot;
    if (top - sticky < box.scrollTop) box.scrollTop = top - sticky;
    else if (top + ROW_HEIGHT > bottom) box.scrollTop += top + ROW_HEIGHT - bottom;
  }

  /** The cell of the selected row's newest number, for a question by keyboard. */
  newestCell() {
    const { sheetView, row, dim } = this.state;
    const added = currentStep(this.state).reveals.map(columnOf);
    const newest = this.columns.filter(({ id }) => added.includes(id)).at(-1);
    const column = newest ?? this.columns.at(-1);
    return column ? cellAt(sheetView, column.cell, row, dim) : null;
  }

  /**
   * @param {HTMLElement} line
   * @param {HTMLElement} label
   * @param {(column: Column) => HTMLElement} cellOf
   */
  #fillLine(line, label, cellOf) {
    line.replaceChildren(label, ...this.columns.map(cellOf));
    line.style.gridTemplateColumns = this.template;
  }

  #paintHeader() {
    const { reveals, operands } = currentStep(this.state);
    const [added, used] = [reveals, operands].map((names) => names.map(columnOf));
    const { revealedAt: at, steps, labels } = this.state.sheetView;
    const corner = element("div", { class: "token", role: "columnheader" }, labels.row_kind);
    this.#fillLine(this.header, corner, ({ id, kind, symbol }) => {
      const step = steps[at[id] ?? at[`head:${id}`]]; // that brings the column in
      const name = fill(step.title, selected(this.state));
      const use = added.includes(id) ? " added" : used.includes(id) ? " operand" : "";
      const attributes = { role: "columnheader", title: name, "aria-label": name };
      return element("div", { ...attributes, class: `title ${kind}${use}` }, formula(symbol));
    });
  }

  #paintLegend() {
    const { signed, probability, sheetView } = this.state;
    /** @type {[boolean, Uint8ClampedArray, string][]} */
    const scales = [
      [this.columns.some(({ low }) => low < 0), signed, sheetView.labels.legend_signed],
      [this.columns.some(({ low }) => low >= 0), probability, sheetView.labels.legend_share],
    ];
    const made = scales
      .filter(([isUsed]) => isUsed)
      .map(([, table, text]) => element("span", { class: "scale" }, colourBar(table), text));
    this.legend.replaceChildren(...made);
  }

  /**
   * @param {HTMLElement} line
   * @param {Edges} part
   * @param {HTMLElement} label
   */
  #paintEdge(line, part, label) {
    const { sheetView, step } = this.state;
    const since = (/** @type {Column} */ { id }) =>
      sheetView.revealedAt[`${part}:${id}`] ?? Infinity;
    line.hidden = !this.columns.some((column) => since(column) <= step);
    if (!line.hidden) this.#fillLine(line, label, (column) => edgeCell(this.state, column, part));
  }

  /** @param {number} row */
  #rowLine(row) {
    const { sheetView } = this.state;
    const added = currentStep(this.state).reveals;
    const itself = sheetView.sheet === "attention" && row === sheetView.query;
    const line = element("div", {
      class: `line row${itself ? " itself" : ""}`,
      role: "row",
      "data-row": row,
      "aria-rowindex": row + 1,
      "aria-selected": row === this.state.row ? "true" : null,
    });
    line.style.top = `${row * ROW_HEIGHT}px`;
    this.#fillLine(line, rowLabel(sheetView, row), (column) => {
      const cell = bodyCell(this.state, column, row);
      const isNewest = added.includes(column.id);
      cell.classList.toggle("newest", isNewest);
      cell.classList.toggle("fresh", isNewest && this.fresh);
      return cell;
    });
    return line;
  }

  #paintRows() {
    const { rows } = this.state.sheetView;
    const [first, behind] = rowsToDraw(this.#top, this.box.clientHeight, rows.length);
    this.painted = [first, behind];
    const numbers = Array.from({ length: behind - first }, (_, index) => first + index);
    this.rowsBox.replaceChildren(...numbers.map((row) => this.#rowLine(row)));
  }

  /**
   * Where on a strip the pointer is: null outside of strips.
   *
   * @param {MouseEvent} event
   */
  #dimensionAt(event) {
    const strip = eventElement(event, ".strip");
    if (!strip) return null;
    const box = strip.getBoundingClientRect();
    const size = this.state.sheetView.sizes.head_size;
    const dim = Math.floor(((event.clientX - box.left) / box.width) * size);
    return { strip, dim: clamp(dim, [0, size - 1]) };
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const { sheetView } = this.state;
    const at = this.#dimensionAt(event);
    const line = eventElement(event, "[data-row].row");
    const row = line ? Number(line.dataset.row) : this.state.row;
    const number = eventElement(event, ".number, .barcell, .strip");
    if (line || at) this.actions.choose(row, at ? at.dim : this.state.dim);
    const column = number?.dataset.column;
    if (!column) return;
    const edge = line ? null : edgeNamed(number.dataset.part ?? number.dataset.row);
    const pattern = edge ? sheetView[edge][column].cell : sheetView.byId[column].cell;
    this.actions.question(cellAt(sheetView, pattern, edge ?? row, this.state.dim));
  }

  /** @param {MouseEvent} event */
  #point(event) {
    const at = this.#dimensionAt(event);
    if (!at) {
      this.actions.hideTip();
      return;
    }
    const { sheetView } = this.state;
    const { column = "", row } = at.strip.dataset;
    const edge = edgeNamed(row);
    const values = edge
      ? (edge === "head" ? sheetView.headRow : sheetView.footRow)[column]
      : vector(sheetView, column, Number(row));
    const value = allDigits(values[at.dim]);
    this.actions.showTip(fill(sheetView.labels.dimension_value, { dim: at.dim, value }), event);
  }
}
