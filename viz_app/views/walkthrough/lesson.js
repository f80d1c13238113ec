// @ts-check
// One sheet of the lesson as it came from the page, and how to find one's way in it.

import { digits } from "../shared/format.js";

/** @import { Asked, CellShown, ColumnShown, Edges, Pattern, Place, WalkthroughHeader, WeightsShown } from "../payloads.js" */
/** @typedef {ColumnShown & {values: Float32Array, width: number}} Column */
/** @typedef {WeightsShown & {pixels: Uint8Array, shape: number[]}} Picture */
/** @typedef {Place & {step: string}} Spot a place and the step that stands there */
/** @typedef {Partial<Spot> & {row?: number, dim?: number}} Change of a spot; row and dimension say where to look */
/**
 * @typedef {Omit<WalkthroughHeader, "columns" | "pictures"> & {
 *   columns: Column[],
 *   pictures: Record<string, Picture>,
 *   byId: Record<string, Column>,
 *   headRow: Record<string, Float32Array>,
 *   footRow: Record<string, Float32Array>,
 *   masked: Uint8Array,
 *   revealedAt: Record<string, number>,
 *   unitText: string,
 * }} Lesson
 */
/** @typedef {{lesson: Lesson, step: number, row: number, dim: number}} Here where the student looks */

/**
 * The payload in the shape the view works with: columns with their values.
 *
 * @param {import("../shared/payload.js").Payload<WalkthroughHeader, Record<string, any>>} payload
 * @returns {Lesson}
 */
export function readLesson({ header, arrays, shapes }) {
  const columns = header.columns.map((column) => ({
    ...column,
    values: arrays[`column:${column.id}`],
    width: column.kind === "strip" ? header.sizes.head_size : 1,
  }));
  const edge = (/** @type {Edges} */ part) =>
    Object.fromEntries(Object.keys(header[part]).map((name) => [name, arrays[`${part}:${name}`]]));
  const pictures = Object.entries(header.pictures).map(([step, picture]) => {
    const name = `picture:${step}`;
    return [step, { ...picture, pixels: arrays[name], shape: shapes[name] }];
  });
  return {
    ...header,
    columns,
    pictures: Object.fromEntries(pictures),
    byId: Object.fromEntries(columns.map((column) => [column.id, column])),
    headRow: edge("head"),
    footRow: edge("foot"),
    masked: arrays.masked,
    revealedAt: revealedAt(header),
    unitText: unitText(header.unit),
  };
}

/** @param {WalkthroughHeader["unit"]} unit */
function unitText(unit) {
  if (!unit) return "";
  const named = unit.choices.find(([value]) => value === unit.chosen);
  return named ? named[1] : String(unit.chosen);
}

/**
 * One row of a strip column.
 *
 * @param {Lesson} lesson
 * @param {string} name
 * @param {number} row
 */
export function vector(lesson, name, row) {
  const { values, width } = lesson.byId[name];
  return values.subarray(row * width, (row + 1) * width);
}

/**
 * The column of "column", "head:column" or "foot:column".
 *
 * @param {string} name
 */
export const columnOf = (name) => name.slice(name.indexOf(":") + 1);

/**
 * For each column, head cell and foot cell: the index of the step that reveals it.
 *
 * @param {Pick<WalkthroughHeader, "steps" | "sheet">} lesson
 */
export function revealedAt({ steps, sheet }) {
  /** @type {Record<string, number>} */
  const at = {};
  steps.forEach((step, index) => {
    if (step.sheet !== sheet) return;
    for (const name of step.reveals) at[name] = index;
  });
  return at;
}

/**
 * The cell of the trace that a place in the table shows; null where it shows none of its own.
 *
 * @param {Pick<Lesson, "rows">} lesson
 * @param {Pattern | null} pattern
 * @param {number | Edges} row
 * @param {number} [dim]
 * @returns {CellShown | null}
 */
export function cellAt({ rows }, pattern, row, dim = 0) {
  if (!pattern) return null;
  const [row0, row1] = typeof row === "number" ? rows[row].place : [];
  /** @type {Record<string, number>} */
  const named = { row: Number(row), row0, row1, dim };
  const index = pattern.index.map((part) => (typeof part === "string" ? named[part] : part));
  const cell = { stage: pattern.stage, layer: pattern.layer, index };
  return pattern.term ? { ...cell, term: named[pattern.term] } : cell;
}

/** @param {CellShown} cell */
export function cellKey({ stage, layer, index, term }) {
  return `${stage}|${layer ?? ""}|${index.join(",")}|${term ?? ""}`;
}

/** @param {Pick<Here, "lesson" | "step">} here */
export const currentStep = ({ lesson, step }) => lesson.steps[step];

/**
 * A number with the decimals of the lesson.
 *
 * @param {Pick<Here, "lesson">} here
 * @param {number} value
 */
export const shown = ({ lesson }, value) => digits(value, lesson.decimals);

/**
 * The step's place in the sheet that is shown, -1 if it belongs to another sheet.
 *
 * @param {Pick<Lesson, "steps" | "sheet">} lesson
 * @param {unknown} id
 */
export function stepHere({ steps, sheet }, id) {
  return steps.findIndex((step) => step.sheet === sheet && step.id === id);
}

/**
 * The label of the query token.
 *
 * @param {Pick<Here, "lesson">} here
 */
export const queryText = ({ lesson }) => lesson.tokens[lesson.query].label;

/**
 * The label of the selected row.
 *
 * @param {Pick<Here, "lesson" | "row">} here
 */
export const keyText = ({ lesson, row }) => lesson.rows[row].label;

/**
 * What the placeholders in the lesson's texts stand for.
 *
 * @param {Pick<Here, "lesson" | "row">} here
 */
export function selected(here) {
  const { lesson } = here;
  return {
    query: queryText(here),
    key: keyText(here),
    unit: lesson.unitText,
    layer: lesson.layer,
    head: lesson.head_index,
    heads: lesson.heads,
    size: lesson.sizes.head_size,
    hidden: lesson.sizes.hidden,
    inner: lesson.sizes.inner,
    vocab: lesson.sizes.vocab,
    tokens: lesson.tokens.length,
    activation: lesson.facts.activation === "relu" ? "ReLU" : "GELU",
    times: lesson.facts.times ?? "",
  };
}

/**
 * The row to select in a sheet that has just come: that of the largest weight, if there are weights.
 *
 * @param {Lesson} lesson
 * @param {boolean} isGuessing where the student is to guess, that row would give it away
 */
export function firstRow(lesson, isGuessing) {
  const weights = lesson.byId.attention_probs?.values;
  if (!weights) return 0;
  return isGuessing ? lesson.query : weights.indexOf(Math.max(...weights));
}

/**
 * Whether two sheets show the same things of the same place.
 *
 * @param {Lesson | null} before
 * @param {Lesson} lesson
 */
export function isSameSheet(before, lesson) {
  return (
    before !== null &&
    before.sheet === lesson.sheet &&
    before.layer === lesson.layer &&
    before.head_index === lesson.head_index &&
    before.query === lesson.query
  );
}

/**
 * The cells that take part in the answer to a question, by key.
 *
 * @param {Asked | null} asked
 */
export function litCells(asked) {
  const cells = (asked?.groups ?? []).flatMap(({ stage, layer, lit }) =>
    lit.map((index) => cellKey({ stage, layer, index })),
  );
  return new Set(cells);
}
