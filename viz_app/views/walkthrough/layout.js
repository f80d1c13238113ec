// Which columns of a sheet are to be seen at a step, and how wide they are.

import { columnOf } from "./lesson.js";

export const ROW_HEIGHT = 24;
const NUMBER_WIDTH = 76;
const BAR_WIDTH = 96;
export const GAP = 8;
const EDGE = 12; // the table's border, and room behind the last column
const STRIP_LIMITS = [80, 280];

/** Widths in pixels, the same at every step, so that columns stay where they appeared. */
export function layOut(lesson, width) {
  const available = width - EDGE;
  const strips = lesson.columns.filter((column) => column.kind === "strip").length;
  const label = lesson.labelWidth;
  const fixed = lesson.columns.reduce(
    (sum, column) =>
      sum + GAP + (column.kind === "number" ? NUMBER_WIDTH : column.kind === "bar" ? BAR_WIDTH : 0),
    label,
  );
  const [least, most] = STRIP_LIMITS;
  const fair = strips ? Math.floor((available - fixed) / strips) : 0;
  // Where not all fit beside each other, two strips and a number column should.
  const crowded = Math.min(150, Math.floor((available - label - 4 * GAP - BAR_WIDTH) / 2));
  const strip = Math.max(least, Math.min(most, fair < least ? crowded : fair));
  const widths = { number: NUMBER_WIDTH, bar: BAR_WIDTH, strip };
  return { label, of: (column) => widths[column.kind], available };
}

/**
 * The columns to show at a step: what it needs and what it adds, then earlier ones, latest first,
 * while there is room. Returns them in table order, and how many had to be left out.
 */
export function visibleColumns(lesson, step, index, layout) {
  const revealed = lesson.columns.filter((column) => {
    const first = Math.min(
      ...[column.id, `head:${column.id}`].map((name) => lesson.revealedAt[name] ?? Infinity),
    );
    return first <= index;
  });
  const needed = new Set([...step.operands, ...step.reveals].map(columnOf));
  let room = layout.available - layout.label;
  const shown = new Set();
  for (const column of revealed.filter(({ id }) => needed.has(id))) {
    shown.add(column);
    room -= layout.of(column) + GAP;
  }
  for (const column of [...revealed].reverse()) {
    if (shown.has(column)) continue;
    room -= layout.of(column) + GAP;
    if (room < 0) break;
    shown.add(column);
  }
  return {
    columns: revealed.filter((column) => shown.has(column)),
    hidden: revealed.length - shown.size,
  };
}
