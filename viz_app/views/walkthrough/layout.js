// @ts-check
// Which columns of a sheet are to be seen at a step, and how wide they are.

import { clamp } from "../shared/scale.js";
import { columnOf } from "./sheet_view.js";

/** @import { StepShown } from "../payloads.js" */
/** @import { Column, SheetView } from "./sheet_view.js" */
/** @typedef {{label: number, available: number, widths: Record<Column["kind"], number>}} Layout CSS pixels */

export const ROW_HEIGHT = 24;
const NUMBER_WIDTH = 76;
const BAR_WIDTH = 96;
export const GAP = 8;
const EDGE = 12; // the table's border, and room behind the last column
const STRIP_LIMITS = [80, 280];
const WIDEST = { strip: 1280, bar: 480 };
const DIGITS_WIDTH = 58; // −12.345 and its padding

/**
 * Widths in pixels, the same at every step, so that columns stay where they appeared.
 *
 * @param {{kind: Column["kind"]}[]} columns
 * @param {number} label width of the row labels
 * @param {number} width
 * @returns {Layout}
 */
export function layOut(columns, label, width) {
  const available = width - EDGE;
  const strips = columns.filter((column) => column.kind === "strip").length;
  const own = { number: NUMBER_WIDTH, bar: BAR_WIDTH, strip: 0 };
  const fixed = columns.reduce((sum, { kind }) => sum + GAP + own[kind], label);
  const [least, most] = STRIP_LIMITS;
  const fair = strips ? Math.floor((available - fixed) / strips) : 0;
  // Where not all fit beside each other, two strips and a number column should.
  const crowded = Math.min(150, Math.floor((available - label - 4 * GAP - BAR_WIDTH) / 2));
  const strip = Math.max(least, Math.min(most, fair < least ? crowded : fair));
  return { label, available, widths: { ...own, strip } };
}

/**
 * The widths of the columns in sight, widened to the room there is: strips, which are easier to point
 * at then, or bars where there is no strip.
 *
 * @param {Layout} layout
 * @param {{kind: Column["kind"]}[]} columns in sight
 * @returns {Layout["widths"]}
 */
export function widened({ label, available, widths }, columns) {
  const kind = columns.some((column) => column.kind === "strip") ? "strip" : "bar";
  const count = columns.filter((column) => column.kind === kind).length;
  const taken = columns.reduce((sum, column) => sum + GAP + widths[column.kind], label);
  const share = count ? Math.max(0, Math.floor((available - taken) / count)) : 0;
  return { ...widths, [kind]: Math.min(widths[kind] + share, WIDEST[kind]) };
}

/**
 * How many columns of digits stand in one line: all, or as many as there is room for, by eights. A
 * phone scrolls sideways instead.
 *
 * @param {number} count
 * @param {number} available CSS pixels beside the labels
 */
export function digitsPerLine(count, available) {
  const fit = Math.floor(available / DIGITS_WIDTH);
  return fit >= count || fit < 16 ? count : Math.floor(fit / 8) * 8;
}

/**
 * How wide row labels are: as the longest, within limits.
 *
 * @param {string[]} texts
 * @param {(text: string) => number} measure
 * @param {boolean} isNarrow
 */
export function labelWidth(texts, measure, isNarrow) {
  const widest = Math.max(...texts.map(measure));
  return Math.round(clamp(widest + 14, [56, isNarrow ? 84 : 130]));
}

/**
 * The columns to show at a step: what it needs and what it adds, then earlier ones, latest first,
 * while there is room. Returns them in table order, and how many had to be left out.
 *
 * @param {Pick<SheetView, "columns" | "revealedAt">} sheetView
 * @param {Pick<StepShown, "operands" | "reveals">} step
 * @param {number} index of the step
 * @param {Layout} layout
 */
export function visibleColumns({ columns, revealedAt }, step, index, layout) {
  const revealed = columns.filter(({ id }) => {
    const firsts = [id, `head:${id}`].map((name) => revealedAt[name] ?? Infinity);
    return Math.min(...firsts) <= index;
  });
  const needed = new Set([...step.operands, ...step.reveals].map(columnOf));
  let room = layout.available - layout.label;
  const shown = new Set();
  for (const column of revealed.filter(({ id }) => needed.has(id))) {
    shown.add(column);
    room -= layout.widths[column.kind] + GAP;
  }
  for (const column of [...revealed].reverse()) {
    if (shown.has(column)) continue;
    room -= layout.widths[column.kind] + GAP;
    if (room < 0) break;
    shown.add(column);
  }
  return {
    columns: revealed.filter((column) => shown.has(column)),
    hidden: revealed.length - shown.size,
  };
}

/**
 * The rows to draw: those in sight and some on either side.
 *
 * @param {number} top of what is in sight, below the first row
 * @param {number} height
 * @param {number} count
 * @returns {[first: number, behind: number]}
 */
export function rowsToDraw(top, height, count) {
  const first = Math.max(0, Math.floor(top / ROW_HEIGHT) - 8);
  return [first, Math.min(count, first + Math.ceil(height / ROW_HEIGHT) + 16)];
}

/**
 * Whether the rows that are drawn end too near to what is in sight.
 *
 * @param {[first: number, behind: number]} drawn
 * @param {number} top
 * @param {number} height
 * @param {number} count
 */
export function needsRows([first, behind], top, height, count) {
  const row = top / ROW_HEIGHT;
  const isEnd = behind < count && row + height / ROW_HEIGHT > behind - 2;
  return (first > 0 && row < first + 2) || isEnd;
}
