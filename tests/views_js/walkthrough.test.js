import assert from "node:assert/strict";
import { test } from "node:test";
import { queryOf, readAddress, restOfAddress } from "../../viz_app/views/walkthrough/address.js";
import { beyond, missingAround, SheetShelf } from "../../viz_app/views/walkthrough/ahead.js";
import { arithmetic } from "../../viz_app/views/walkthrough/arithmetic.js";
import {
  judgeOrder,
  judgeShare,
  readShare,
  rowsToGuess,
} from "../../viz_app/views/walkthrough/guess_share.js";
import { moveOf } from "../../viz_app/views/walkthrough/keys.js";
import {
  breakLatex,
  inBrackets,
  readLatex,
  termsText,
} from "../../viz_app/views/walkthrough/latex.js";
import {
  digitsPerLine,
  layOut,
  needsRows,
  rowsToDraw,
  visibleColumns,
  widened,
} from "../../viz_app/views/walkthrough/layout.js";
import { ORIGINS } from "../../viz_app/views/walkthrough/origins.js";
import { pickedPlace } from "../../viz_app/views/walkthrough/pickers.js";
import { frameOf } from "../../viz_app/views/walkthrough/picture.js";
import {
  cellAt,
  cellKey,
  columnOf,
  revealedAt,
} from "../../viz_app/views/walkthrough/sheet_view.js";
import { placeNamed, withoutSpot } from "../../viz_app/views/walkthrough/travel.js";

/** A tree as text: tag(children) or tag:text. */
function drawn({ tag, text, children, cell }) {
  if (children) return `${tag}(${children.map(drawn).join(" ")})`;
  return `${tag}:${text}${cell === undefined ? "" : `#${cell}`}`;
}

test("LaTeX becomes MathML", () => {
  const read = (latex, args = []) => readLatex(latex, args).children.map(drawn).join(" ");
  assert.equal(read("q_{\\arg{0}} = −1.5", ["}x{"]), "msub(mi:q mrow(mtext:}x{)) mo:= mn:−1.5");
  assert.equal(read("\\frac{a}{\\sqrt{d}}"), "mfrac(mrow(mi:a) mrow(msqrt(mrow(mi:d))))");
  assert.equal(read("\\sum_j w_j^2"), "munder(mo:∑ mi:j) msubsup(mi:w mi:j mn:2)");
  assert.equal(read("\\max ( 0 , x )"), "mo:max mo:( mn:0 mo:, mi:x mo:)");
  assert.equal(read("\\text{GELU} - \\varepsilon"), "mtext:GELU mo:− mi:ε");
});

test("a number that can be clicked says where it stands in the list", () => {
  const [node] = readLatex("\\cell{3}{−0.12}", []).children;
  assert.deepEqual(node, { tag: "mn", text: "−0.12", cell: 3 });
  assert.equal(inBrackets("\\cell{3}{−0.12}"), "(\\cell{3}{−0.12})");
  assert.equal(inBrackets("\\cell{3}{0.12}"), "\\cell{3}{0.12}");
  assert.equal(termsText(["−1", "−2"], 3), "−1 + (−2) + \\ldots");
});

test("a line breaks at signs outside of braces", () => {
  assert.deepEqual(breakLatex("a = \\frac{b + c}{d} + e"), ["a", " = \\frac{b + c}{d}", " + e"]);
});

test("every operation's arithmetic, as it is written", () => {
  const facts = {
    total: 5,
    constants: { head_size: 32, mask: -1, activation_latex: "@ \\cdot \\Phi ( @ )" },
  };
  const write = (name, operands, more = {}) => ORIGINS[name](operands, { ...facts, ...more });
  assert.equal(write("learned", {}), null);
  assert.equal(write("add", { a: ["1"], b: ["−2"] }), "1 + (−2)");
  assert.equal(
    write("mean", { input: ["1", "−2", "3", "4"] }),
    "\\frac{1 + (−2) + 3 + 4 + \\ldots}{5}",
  );
  assert.equal(write("dot", { query: ["1"], key: ["−2"] }, { total: 1 }), "1 \\cdot (−2)");
  assert.equal(write("mask", { input: ["3"] }), "3 + (− \\infty)");
  assert.equal(write("divide_root", { input: ["3"] }), "\\frac{3}{\\sqrt{32}}");
  assert.equal(write("activation", { input: ["3"] }), "3 \\cdot \\Phi ( 3 )");
});

const steps = [
  { id: "a", sheet: "one", reveals: ["x"], operands: [] },
  { id: "b", sheet: "one", reveals: ["y", "foot:x"], operands: ["x"] },
  { id: "c", sheet: "two", reveals: [], operands: [] },
];
const sheetView = {
  steps,
  sheet: "one",
  before: ["z", 0],
  after: ["n", 2],
  sheets: { a: "one", b: "one", c: "two", z: "loose", n: "next" },
  loose: ["loose"],
};
const place = { step: "a", layer: 1, head: 0, query: 3, unit: null, candidate: null };

test("beyond a sheet lies the next one, of this layer, another, or none", () => {
  assert.equal(beyond(sheetView, place, 1).step, "c");
  assert.deepEqual(beyond({ ...sheetView, sheet: "two" }, place, 1), {
    ...place,
    step: "n",
    layer: 2,
  });
  assert.deepEqual(beyond(sheetView, place, -1), { ...place, step: "z" });
  assert.equal(beyond({ ...sheetView, before: null }, place, -1), null);
});

test("sheets are found by place, and what is missing is the nearest on either side", () => {
  const shelf = new SheetShelf();
  shelf.keep({ ...sheetView, place });
  assert.equal(shelf.find(sheetView, place).sheet, "one");
  assert.equal(shelf.find(sheetView, { ...place, head: 5 }), undefined);
  const missing = missingAround(shelf, sheetView, place, 1);
  assert.deepEqual(
    missing.map(({ step }) => step),
    ["c", "z"],
  );
  shelf.keep({ ...sheetView, sheet: "two", place });
  const further = missingAround(shelf, sheetView, place, 1);
  assert.deepEqual(
    further.map(({ step }) => step),
    ["n", "z"],
  );
});

test("columns that a step needs are shown, earlier ones while there is room", () => {
  const columns = ["x", "y", "w"].map((id) => ({ id, kind: "number" }));
  const sheet = { columns, revealedAt: revealedAt(sheetView) };
  assert.deepEqual(sheet.revealedAt, { x: 0, y: 1, "foot:x": 1 });
  const wide = visibleColumns(sheet, steps[1], 1, layOut(columns, 60, 800));
  assert.deepEqual([wide.columns.map(({ id }) => id), wide.hidden], [["x", "y"], 0]);
  const narrow = visibleColumns(
    sheet,
    { operands: [], reveals: ["y"] },
    1,
    layOut(columns, 60, 170),
  );
  assert.deepEqual([narrow.columns.map(({ id }) => id), narrow.hidden], [["y"], 1]);
  assert.equal(columnOf("foot:x"), "x");
});

test("columns in sight take the room there is: strips before bars, numbers never", () => {
  const column = (kind) => ({ kind });
  const [strip, number, bar] = ["strip", "number", "bar"].map(column);
  const layout = layOut([strip, strip, strip, number, bar], 60, 1300);
  const filled = (columns) =>
    columns.reduce((sum, { kind }) => sum + 8 + widened(layout, columns)[kind], layout.label);
  assert.ok(Math.abs(filled([strip]) - layout.available) <= 1);
  assert.ok(Math.abs(filled([strip, strip, number, bar]) - layout.available) <= 2);
  assert.equal(widened(layout, [strip, number]).number, layout.widths.number);
  assert.equal(widened(layout, [number, bar]).bar, 480); // a bar across a screen is hard to read
  assert.deepEqual(widened(layout, [number]), layout.widths);
});

test("digits stand in several lines where not all fit in one", () => {
  assert.equal(digitsPerLine(32, 2000), 32);
  assert.equal(digitsPerLine(32, 1300), 16);
  assert.equal(digitsPerLine(64, 1300), 16);
  assert.equal(digitsPerLine(64, 1500), 24);
  assert.equal(digitsPerLine(32, 360), 32);
});

test("rows in sight are drawn with some to spare, and anew before they end", () => {
  const drawnRows = rowsToDraw(2400, 480, 1000);
  assert.deepEqual(drawnRows, [92, 128]);
  assert.equal(needsRows(drawnRows, 2400, 480, 1000), false);
  assert.equal(needsRows(drawnRows, 2640, 480, 1000), true);
  assert.equal(needsRows(drawnRows, 2232, 480, 1000), true);
});

test("a place in the table names its cell of the trace", () => {
  const pattern = { stage: "query", layer: 1, index: [2, "row0", "dim"], term: "row" };
  const cell = cellAt({ rows: [{ index: [7] }, { index: [9] }] }, pattern, 1, 5);
  assert.deepEqual(cell, { stage: "query", layer: 1, index: [2, 9, 5], term: 1 });
  assert.equal(cellKey(cell), "query|1|2,9,5|1");
  assert.equal(cellAt({ rows: [] }, null, 0), null);
});

test("the address: read, written, and the rest of it", () => {
  const names = { step: "step", layer: "layer", unit: "unit" };
  const search = "?a=Hi%7E&layer=3&step=query&unit=x";
  assert.deepEqual(readAddress(names, search), { step: "query", layer: 3, unit: null });
  assert.equal(restOfAddress(names, "/walk", search), "/walk?a=Hi%7E");
  assert.equal(
    queryOf(names, { step: "key", layer: 0, unit: null }, search),
    "a=Hi~&layer=0&step=key",
  );
});

test("a place that the address leaves out stays, an output does not", () => {
  const found = placeNamed({ ...place, unit: 4 }, { step: "b", layer: null, unit: null });
  assert.deepEqual(found, { ...place, step: "b", unit: null });
  assert.deepEqual(withoutSpot({ step: "b", row: 1, dim: 2 }), { step: "b" });
});

test("keys move steps everywhere, rows in the table", () => {
  const made = [];
  const moves = Object.fromEntries(
    ["step", "row", "dim", "question"].map((name) => [name, (by) => made.push([name, by])]),
  );
  moveOf("ArrowLeft", false, false, moves)();
  moveOf("ArrowRight", true, false, moves)();
  moveOf("ArrowDown", false, true, moves)();
  assert.deepEqual(made, [
    ["step", -1],
    ["dim", 1],
    ["row", 1],
  ]);
  assert.equal(moveOf("ArrowDown", false, false, moves), null);
  assert.equal(moveOf("a", false, true, moves), null);
});

test("picking an output keeps within those there are", () => {
  const sheet = { sheet: "mlm_logits", unit: { count: 8 } };
  assert.deepEqual(pickedPlace("unit", 99.5, sheet), { unit: 7 });
  assert.deepEqual(pickedPlace("choice", 3, sheet), { candidate: 3 });
  assert.deepEqual(pickedPlace("choice", 3, { ...sheet, sheet: "nsp_logits" }), { unit: 3 });
  assert.deepEqual(pickedPlace("layer", 2, sheet), { layer: 2 });
});

test("the frame in a picture of weights is a whole block", () => {
  assert.deepEqual(frameOf(9, 16, 4), { start: 50, length: 25 });
});

const guessed = {
  decimals: 3,
  masked: Uint8Array.from([0, 0, 0, 0, 1]),
  byId: {
    attention_probs: { values: Float32Array.from([0.1, 0.6, 0.25, 0.05, 0]) },
    masked_scores: { values: Float32Array.from([0, 3, 1, -1, -9]) },
  },
};

test("three rows are worth ordering, and the order is judged", () => {
  const rows = rowsToGuess(guessed);
  assert.deepEqual(rows, [0, 1, 2]);
  assert.deepEqual(judgeOrder(guessed, rows, [1, 2, 0]), { verdict: "right", order: [1, 2, 0] });
  assert.equal(judgeOrder(guessed, rows, [1, 0, 2]).verdict, "first");
  assert.equal(judgeOrder(guessed, rows, [0, 1, 2]).verdict, "wrong");
});

test("a typed share is read as it was meant", () => {
  const shares = {
    0.3: ["0.3", "0,3", " .3 ", "０．３", "0。3", "30 %"],
    1: ["1", "100%"],
    0: ["0"],
  };
  for (const [share, texts] of Object.entries(shares)) {
    for (const typed of texts) {
      assert.ok(Math.abs(readShare(typed).share - Number(share)) < 1e-12, typed);
    }
  }
  const problems = {
    empty: ["", "  "],
    text: ["half", "0,3,1", "1e-1", "0x1", ","],
    range: ["-0.1", "−0.1", "1.01", "130%"],
  };
  for (const [problem, texts] of Object.entries(problems)) {
    for (const typed of texts) assert.deepEqual(readShare(typed), { problem }, typed);
  }
});

test("what was right about a guessed share", () => {
  const rows = {
    close: [[0.4, 0.3, 0.3], 0.44],
    below_even: [[0.4, 0.3, 0.3], 0.33],
    both_sharp: [[0.9, 0.1, 0.0], 0.6],
    both_spread: [[0.4, 0.3, 0.3], 0.48],
    sharper: [[0.9, 0.1, 0.0], 0.4],
    flatter: [[0.4, 0.3, 0.3], 0.7],
  };
  for (const [right, [weights, guess]] of Object.entries(rows)) {
    const byId = {
      attention_probs: { values: Float32Array.from(weights) },
      masked_scores: { values: Float32Array.from(weights, Math.log) },
    };
    const found = judgeShare({ byId, masked: new Uint8Array(3) }, guess);
    assert.equal(found.right, right);
    assert.ok(Math.abs(found.distance - Math.abs(guess - Math.max(...weights))) < 1e-6);
    assert.ok(Math.abs(found.ratio / Math.exp(found.gap) - 1) < 1e-5);
  }
});

/** A sheet of two rows: a sum of products and a LayerNorm. */
const column = (id, ...numbers) => ({
  id,
  values: Float32Array.from(numbers),
  width: 1,
  cell: null,
});
const sheetColumns = [
  column("input", 1, -2),
  column("weight", 0.5, -1),
  column("product", 0.5, 2),
  column("centred", 3, -3),
  column("normalised", 1, -1),
];
const sheet = {
  columns: sheetColumns,
  byId: Object.fromEntries(sheetColumns.map((each) => [each.id, each])),
  headRow: {},
  footRow: { weight: [-0.25], product: [2.25], centred: [9] },
  foot: { weight: { cell: null }, product: { cell: null }, centred: { cell: null } },
  rows: [{ label: "0" }, { label: "1" }],
  facts: { epsilon: 0 },
  unitText: "u",
};
const linesOf = (line) => {
  const here = { sheetView: sheet, step: 0, row: 1, dim: 0 };
  const show = (number) =>
    String(typeof number === "number" ? number : number.value).replace("-", "−");
  return arithmetic(here, { id: "made up", lines: [line] }, show).filled;
};

test("a sum of products is written out for the selected row, then in all", () => {
  const uses = { input: "input", weight: "weight", product: "product", bias: "foot:weight" };
  const line = {
    operation: "linear",
    letters: ["x", "W"],
    letter: "y",
    shown: "foot:product",
    uses,
  };
  assert.deepEqual(linesOf(line), [
    ["x_{1} \\cdot W = −2 \\cdot (−1) = 2"],
    ["y_{\\arg{0}} = 0.5 + 2 + b = \\ldots + (−0.25) = 2.25", ["u"]],
  ]);
});

test("normalising shows the variance and the root first", () => {
  const uses = { input: "centred", variance: "foot:centred" };
  const line = { operation: "normalise", letters: [], letter: "n", shown: "normalised", uses };
  assert.deepEqual(linesOf(line), [
    ["\\sigma^2 = \\mean (c^2) = 9 , \\quad \\varepsilon = \\arg{0}", ["0"]],
    ["n_{1} = \\frac{−3}{\\sqrt{9 + \\varepsilon}} = \\frac{−3}{3} = −1", ["1"]],
  ]);
});

test("an operation without a line of its own writes none", () => {
  assert.deepEqual(linesOf({ operation: "learned", uses: {} }), []);
});
