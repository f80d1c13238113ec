import assert from "node:assert/strict";
import { test } from "node:test";
import { framesIn } from "../../viz_app/views/architecture/paint.js";
import { Texts } from "../../viz_app/views/architecture/texts.js";
import { cellTexts } from "../../viz_app/views/cell_table/cell_table.js";
import { describeCell } from "../../viz_app/views/heatmap/heatmap.js";
import { describeDimension } from "../../viz_app/views/neurons/neurons.js";
import { gridOf } from "../../viz_app/views/overview/layout.js";
import { describeTile } from "../../viz_app/views/overview/overview.js";
import { languageOf, nextPlace } from "../../viz_app/views/shared/elements.js";

const tokens = ["a", "b"].map((label) => ({ label, segment: 1 }));

test("a cell of a heatmap: its weight, masked, or what a filter hid", () => {
  const labels = {
    tip: "{query}>{to}: {value}",
    masked: "{query} not {to}",
    hidden_tip: "{value} hidden",
  };
  const payload = {
    header: { rows: tokens, columns: tokens, labels, kind: "probability" },
    arrays: { values: [0.1, 0.25, 1, 0], masked: [0, 0, 0, 1], hidden: [0.5, 0] },
  };
  assert.equal(describeCell(payload, { query: 0, key: 1 }), "a>b: 0.2500");
  assert.equal(describeCell(payload, { query: 1, key: 1 }), "b not b");
  assert.equal(describeCell(payload, { query: 0, key: 2 }), "0.5000 hidden");
});

test("a tile of the overview: its strongest pair, and its rank where tiles are ordered", () => {
  const labels = { tip: "L{layer} H{head} {weight} {query}>{to}", score: "{score} {rank}/{total}" };
  const payload = {
    header: { labels, tokens },
    arrays: { peaks: [0, 1, 1, 0], peak_weights: [0.5, 0.75] },
  };
  const order = Uint32Array.of(1, 0);
  const tile = { layer: 0, head: 1 };
  assert.equal(describeTile(payload, gridOf([1, 2, 2], undefined), tile), "L0 H1 0.75 b>a");
  const ordered = { ...payload, arrays: { ...payload.arrays, scores: [0.9, 0.1] } };
  const text = describeTile(ordered, gridOf([1, 2, 2], order), tile);
  assert.equal(text, "L0 H1 0.75 b>a · 0.900 1/2");
});

test("a dimension of a key, and of the query", () => {
  const payload = {
    header: { tokens, labels: { tip: "{token} {dimension}: {q} × {k} = {product}" } },
    arrays: { query: [2, -1], keys: [0, 0, 0, 3] },
  };
  assert.equal(describeDimension(payload, 1, 1), "b 1: −1.000 × 3.000 = −3.000");
  assert.equal(describeDimension(payload, null, 0), "q[0] = 2.000");
});

test("a cell of a table holds digits or a text, or is empty", () => {
  const header = { rows: ["r"], columns: ["c"], texts: null, decimals: 1 };
  const place = { row: 0, column: 0 };
  assert.deepEqual(cellTexts(header, 2, place), { text: "2.0", title: "r · c: 2.0" });
  assert.deepEqual(cellTexts(header, NaN, place), { text: "", title: "r · c: " });
  const named = cellTexts({ ...header, texts: [["word"]] }, 2, place);
  assert.deepEqual(named, { text: "word", title: "r · c: word 2.0" });
});

test("keys lead along a row of buttons", () => {
  const keys = ["Home", "End", "ArrowLeft", "ArrowDown", "x"];
  assert.deepEqual(
    keys.map((key) => nextPlace(key, 1, 3)),
    [0, 2, 0, 2, null],
  );
  assert.equal(nextPlace("ArrowRight", 2, 3), 2);
});

test("a text tells the language that it is written in", () => {
  const texts = ["cat", "##s", "猫 (3)", "[CLS]", "12", "。"];
  assert.deepEqual(texts.map(languageOf), ["en", "en", "zh-CN", "en", null, null]);
});

test("parts of the board say what they are, and which page a click opens", () => {
  const labels = {
    go: "open {page}",
    strips: { word: "word", input: "normed", output: "after {layer}" },
    tip_strip: "{token} {strip} [{dimension}] {value} |{length}|",
    tip_head: "L{layer} H{head} {query}>{to} {weight}",
    tip_token: "{token} {position} {segment}",
  };
  const texts = new Texts({
    header: { labels, tokens, pages: { head: "Attention" } },
    arrays: {
      vectors: Float32Array.from({ length: 6 * 2 * 2 }, (_, index) => index),
      lengths: Float32Array.from({ length: 6 * 2 }, (_, index) => index),
      best_keys: [0, 1],
      best_weights: [0.5, 0.25],
    },
    shapes: { vectors: [6, 2, 2], best_keys: [1, 1, 2] },
  });
  assert.equal(texts.strip(0, 1, 1), "b word [1] 3.0000 |1.00|");
  assert.equal(texts.stripName(4), "normed");
  assert.equal(texts.stripName(5), "after 0");
  assert.equal(texts.head({ layer: 0, head: 0 }, 1), "L0 H0 b>b 0.250\nopen Attention");
  assert.equal(texts.token(0), "a 0 B");
});

test("the chosen head is framed, and the one pointed at over it", () => {
  const chosen = { layer: 1, head: 2 };
  assert.deepEqual(framesIn(1, chosen, null), [[2, true]]);
  assert.deepEqual(framesIn(1, chosen, { layer: 1, head: 0 }), [
    [2, true],
    [0, false],
  ]);
  assert.deepEqual(framesIn(1, chosen, chosen), [[2, false]]);
  assert.deepEqual(framesIn(0, chosen, null), []);
});
