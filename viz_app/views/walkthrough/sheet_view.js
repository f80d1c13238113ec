// @ts-check
// One sheet of the walkthrough as it came from the page, and how to find one's way in it.

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
 * }} SheetView
 */
/** @typedef {{sheetView: SheetView, step: number, row: number, dim: number, layout?: import("./layout.js").Layout | null}} Here where the student looks */

/**
 * The payload in the shape the view works with: columns with their values.
 *
 * @param {import("../shared/payload.js").Payload<WalkthroughHeader, Record<string, any>>} payload
 * @returns {SheetView}
 */
export function readSheetView({ header, arrays, shapes }) {
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
 * @param {SheetView} sheetView
 * @param {string} name
 * @param {number} row
 */
export function vector(sheetView, name, row) {
  const { values, width } = sheetView.byId[name];
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
 * @param {Pick<WalkthroughHeader, "steps" | "sheet">} sheetView
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
 * @param {Pick<SheetView, "rows">} sheetView
 * @param {Pattern | null} pattern
 * @param {number | Edges} row
 * @param {number} [dim]
 * @returns {CellShown | null}
 */
export function cellAt({ rows }, pattern, row, dim = 0) {
  if (!pattern) return null;
  const [row0, row1] = typeof row === "number" ? rows[row].index : [];
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

/** @param {Pick<Here, "sheetView" | "step">} here */
export const currentStep = ({ sheetView, step }) => sheetView.steps[step];

/**
 * A number with the decimals of the walkthrough.
 *
 * @param {Pick<Here, "sheetView">} here
 * @param {number} value
 */
export const shown = ({ sheetView }, value) => digits(value, sheetView.decimals);

/**
 * The step's place in the sheet that is shown, -1 if it belongs to another sheet.
 *
 * @param {Pick<SheetView, "steps" | "sheet">} sheetView
 * @param {unknown} id
 */
export function stepHere({ steps, sheet }, id) {
  return steps.findIndex((step) => step.sheet === sheet && step.id === id);
}

/**
 * The label of the query token.
 *
 * @param {Pick<Here, "sheetView">} here
 */
export const queryText = ({ sheetView }) => sheetView.tokens[sheetView.query].label;

/**
 * The label of the selected row.
 *
 * @param {Pick<Here, "sheetView" | "row">} here
 */
export const keyText = ({ sheetView, row }) => sheetView.rows[row].label;

/**
 * What the placeholders in the walkthrough's texts stand for.
 *
 * @param {Pick<Here, "sheetView" | "row">} here
 */
export function selected(here) {
  const { sheetView } = here;
  return {
    query: queryText(here),
    key: keyText(here),
    unit: sheetView.unitText,
    layer: sheetView.layer,
    head: sheetView.head_index,
    heads: sheetView.heads,
    size: sheetView.sizes.head_size,
    hidden: sheetView.sizes.hidden,
    inner: sheetView.sizes.inner,
    vocab: sheetView.sizes.vocab,
    tokens: sheetView.tokens.length,
    activation: sheetView.facts.activation_name,
    times: sheetView.facts.times ?? "",
  };
}

/**
 * The row to select in a sheet that has just come: that of the largest weight, if there are weights.
 *
 * @param {SheetView} sheetView
 * @param {boolean} isGuessing where the student is to guess, that row would give it away
 */
export function firstRow(sheetView, isGuessing) {
  const weights = sheetView.byId.attention_probs?.values;
  if (!weights) return 0;
  return isGuessing ? sheetView.query : weights.indexOf(Math.max(...weights));
}

/**
 * Whether two sheets show the same things of the same place.
 *
 * @param {SheetView | null} before
 * @param {SheetView} sheetView
 */
export function isSameSheet(before, sheetView) {
  return (
    before !== null &&
    before.sheet === sheetView.sheet &&
    before.layer === sheetView.layer &&
    before.head_index === sheetView.head_index &&
    before.query === sheetView.query
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
