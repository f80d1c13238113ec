// One sheet of the lesson as it came from the page, and how to find one's way in it.

import { digits } from "../shared/format.js";

/** The payload in the shape the view works with: columns with their values, steps with words. */
export function readLesson({ header, arrays, shapes }) {
  const columns = header.columns.map((column) => ({
    ...column,
    values: arrays[`column:${column.id}`],
    width: column.kind === "strip" ? header.sizes.head_size : 1,
  }));
  const pick = (part) =>
    Object.fromEntries(Object.keys(header[part]).map((name) => [name, arrays[`${part}:${name}`]]));
  const pictures = Object.fromEntries(
    Object.entries(header.pictures).map(([step, picture]) => [
      step,
      { ...picture, pixels: arrays[`picture:${step}`], shape: shapes[`picture:${step}`] },
    ]),
  );
  return {
    ...header,
    columns,
    pictures,
    revealedAt: revealedAt(header),
    byId: Object.fromEntries(columns.map((column) => [column.id, column])),
    headRow: pick("head"),
    footRow: pick("foot"),
    masked: arrays.masked,
  };
}

/** One row of a strip column. */
export function vector(lesson, name, row) {
  const { values, width } = lesson.byId[name];
  return values.subarray(row * width, (row + 1) * width);
}

/** The column of "column", "head:column" or "foot:column". */
export function columnOf(name) {
  return name.split(":").at(-1);
}

/** For each column, head cell and foot cell: the index of the step that reveals it. */
function revealedAt(lesson) {
  const at = {};
  lesson.steps.forEach((step, index) => {
    if (step.sheet !== lesson.sheet) return;
    for (const name of step.reveals) at[name] = index;
  });
  return at;
}

/** The cell of the trace that a place in the table shows; null where it shows none of its own. */
export function cellAt(lesson, pattern, row, dim) {
  if (!pattern) return null;
  const place = typeof row === "number" ? lesson.rows[row].place : [];
  const named = { row, row0: place[0], row1: place[1], dim };
  const index = pattern.index.map((part) => (typeof part === "string" ? named[part] : part));
  const cell = { stage: pattern.stage, layer: pattern.layer, index };
  return pattern.term ? { ...cell, term: named[pattern.term] } : cell;
}

export function cellKey({ stage, layer, index, term }) {
  return `${stage}|${layer ?? ""}|${index.join(",")}|${term ?? ""}`;
}

export function currentStep({ lesson, step }) {
  return lesson.steps[step];
}

/** A number with the decimals of the lesson. */
export function shown({ lesson }, value) {
  return digits(value, lesson.decimals);
}

/** The step's place in the sheet that is shown, -1 if it belongs to another sheet. */
export function stepHere(lesson, id) {
  return lesson.steps.findIndex((step) => step.sheet === lesson.sheet && step.id === id);
}

/** What the placeholders in the lesson's words stand for. */
export function selected({ lesson, queryText, row }) {
  return {
    query: queryText,
    key: lesson.rows[row].label,
    unit: lesson.unitText ?? "",
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
