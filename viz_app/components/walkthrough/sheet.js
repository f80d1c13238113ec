// The table of one sheet: which columns are to be seen at a step, how wide they are, their cells.

const ROW_HEIGHT = 24;
const NUMBER_WIDTH = 76;
const BAR_WIDTH = 96;
const GAP = 8;
const STRIP_LIMITS = [80, 280];

/** The payload in the shape the view works with: columns with their values, steps with words. */
function readLesson({ header, arrays, shapes }) {
  const columns = header.columns.map((column) => ({
    ...column,
    values: arrays[`column:${column.id}`],
    width: column.kind === "strip" ? header.sizes.head_size : 1,
  }));
  const pick = (part) =>
    Object.fromEntries(
      Object.keys(header[part]).map((name) => [name, arrays[`${part}:${name}`]]),
    );
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
    byId: Object.fromEntries(columns.map((column) => [column.id, column])),
    headRow: pick("head"),
    footRow: pick("foot"),
    masked: arrays.masked,
  };
}

/** One row of a strip column. */
function vector(lesson, name, row) {
  const { values, width } = lesson.byId[name];
  return values.subarray(row * width, (row + 1) * width);
}

/** The column of "column", "head:column" or "foot:column". */
function columnOf(name) {
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

/** Widths in pixels, the same at every step, so that columns stay where they appeared. */
function layOut(lesson, available) {
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
function visibleColumns(lesson, step, index, layout) {
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

// --- cells of the trace --------------------------------------------------------------------------

/** The cell of the trace that a place in the table shows; null where it shows none of its own. */
function cellAt(lesson, pattern, row, dim) {
  if (!pattern) return null;
  const place = typeof row === "number" ? lesson.rows[row].place : [];
  const named = { row, row0: place[0], row1: place[1], dim };
  const index = pattern.index.map((part) => (typeof part === "string" ? named[part] : part));
  return { stage: pattern.stage, layer: pattern.layer, index };
}

function cellKey({ stage, layer, index }) {
  return `${stage}|${layer ?? ""}|${index.join(",")}`;
}

// --- painting ------------------------------------------------------------------------------------

/** A vector as a strip of colours: one pixel per number, enlarged by the browser. */
function paintStrip(values, low, high, colours) {
  const indices = Uint8Array.from(values, (value) => scaleIndex(value, low, high));
  return indexedBitmap(indices, 1, values.length, colours);
}

function stripCell(values, column, pattern, state, row, selected) {
  const cell = element(
    "div",
    { class: "strip", role: "cell", "data-column": column.id, "data-row": row },
    paintStrip(values, column.low, column.high, state.signed),
  );
  if (selected) {
    const mark = element("i", { class: "mark" });
    mark.style.left = `${(state.dim / values.length) * 100}%`;
    mark.style.width = `${100 / values.length}%`;
    cell.append(mark);
  }
  if (state.lit.size) {
    const lit = [...values.keys()].filter((dim) => {
      const at = cellAt(state.lesson, pattern, row, dim);
      return at && state.lit.has(cellKey(at));
    });
    if (lit.length === values.length) cell.classList.add("lit");
    else {
      for (const dim of lit) {
        const mark = element("i", { class: "mark litmark" });
        mark.style.left = `${(dim / values.length) * 100}%`;
        mark.style.width = `${100 / values.length}%`;
        cell.append(mark);
      }
    }
  }
  return cell;
}

function numberCell(value, column, state) {
  const cell = element(
    "div",
    { class: "number", role: "cell", title: allDigits(value), "data-column": column.id },
    digits(value, state.lesson.decimals),
  );
  const signed = column.low < 0;
  // Held back to two thirds of the scale, so that the digits stay the first thing to read.
  const share = signed ? (value / column.high) * 0.66 : (value / column.high) * 0.5;
  const colours = signed ? state.signed : state.probability;
  const colour = tableColour(colours, signed ? scaleIndex(share, -1, 1) : scaleIndex(share, 0, 1));
  cell.style.background = css(colour);
  cell.style.color = inkOn(colour);
  return cell;
}

function barCell(value, column, state) {
  const bar = element("i", { class: "fill" });
  bar.style.width = `${Math.max(0, Math.min(1, value)) * 100}%`;
  return element(
    "div",
    { class: "barcell", role: "cell", title: allDigits(value), "data-column": column.id },
    bar,
    element("span", {}, shareDigits(value, state.lesson.decimals)),
  );
}

/** A share of 1; one too small for the digits says so rather than passing for nothing. */
function shareDigits(value, decimals) {
  const least = 10 ** -decimals;
  return value > 0 && value < least / 2 ? `<${least}` : digits(value, decimals);
}

function bodyCell(state, column, row) {
  const { lesson } = state;
  if (lesson.masked[row] && ["masked_scores", "shifted_scores"].includes(column.id)) {
    return element("div", { class: "number cut", role: "cell" }, "−∞");
  }
  if (column.kind === "strip") {
    const values = vector(lesson, column.id, row);
    return stripCell(values, column, column.cell, state, row, row === state.row);
  }
  const value = column.values[row];
  const cell =
    column.kind === "bar" ? barCell(value, column, state) : numberCell(value, column, state);
  const at = cellAt(lesson, column.cell, row);
  if (at && state.lit.has(cellKey(at))) cell.classList.add("lit");
  if (at && state.askedKey === cellKey(at)) cell.classList.add("asked-cell");
  return cell;
}

function rowLabel(lesson, row) {
  const { text, label, special } = lesson.rows[row];
  const cell = element("div", { class: "token", role: "rowheader", title: label }, text);
  if (special) cell.classList.add("special");
  return cell;
}
