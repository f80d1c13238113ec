import assert from "node:assert/strict";
import { test } from "node:test";
import { onlyHead, toggledHeads } from "../../viz_app/views/lines/controls.js";
import {
  crosses,
  isMostlyUpright,
  layoutLines,
  lineEnd,
  nextPlace,
  piecesOf,
} from "../../viz_app/views/lines/layout.js";
import { countSentence, tokenSentence } from "../../viz_app/views/lines/sentences.js";
import { sortPlaces, Weights } from "../../viz_app/views/lines/weights.js";

const measure = (text) => 7 * text.length;
const tokens = (count, upright = false) =>
  Array.from({ length: count }, (_, index) => ({ text: `t${index}`, label: `t${index}`, upright }));

/** Two heads of three tokens: head 0 looks ahead, head 1 spreads out. */
const values = Float32Array.from([
  ...[0, 0.9, 0.1, 0, 0, 1, 0.002, 0.098, 0.9],
  ...[0.3, 0.3, 0.4, 0.3, 0.3, 0.4, 0.3, 0.3, 0.4],
]);
const hidden = Float32Array.from([0, 0, 0, 0, 0.5, 0]);
const weights = new Weights({ weights: values, hidden }, [2, 3, 3]);

test("lines end at their tokens, with the heads fanned out over half a row", () => {
  const size = layoutLines(tokens(5), 3, 800, false, measure);
  assert.equal(size.height, 5 * size.step);
  const [x, y] = lineEnd(size, 3, "query", 2, 1);
  assert.deepEqual([x, y], [size.from, 2.5 * size.step]);
  const fan = lineEnd(size, 3, "key", 2, 2)[1] - lineEnd(size, 3, "key", 2, 0)[1];
  assert.equal(fan, size.step / 2);
  const turned = layoutLines(tokens(5), 3, 800, true, measure);
  assert.deepEqual(lineEnd(turned, 1, "key", 0, 0), [turned.step / 2, turned.to]);
});

test("Chinese stands in rows", () => {
  assert.equal(isMostlyUpright(tokens(3, true)), true);
  assert.equal(isMostlyUpright(tokens(3)), false);
});

test("a long plot is cut into pieces without gaps, and a line is drawn in those it crosses", () => {
  const size = layoutLines(tokens(200), 3, 800, false, measure);
  const pieces = piecesOf(size);
  assert.equal(pieces[0].start, 0);
  assert.equal(pieces.at(-1).end, size.height);
  for (let index = 1; index < pieces.length; index += 1) {
    assert.equal(pieces[index].start, pieces[index - 1].end);
  }
  assert.deepEqual(
    pieces.map((piece) => crosses(size, piece, 0, 3)),
    pieces.map((_, index) => index === 0),
  );
  assert.ok(pieces.every((piece) => crosses(size, piece, 199, 0)));
});

test("arrow keys move along a side and over to the other", () => {
  const here = { side: "query", index: 3 };
  assert.deepEqual(nextPlace(false, "ArrowDown", here), { side: "query", index: 4 });
  assert.deepEqual(nextPlace(false, "ArrowRight", here), { side: "key", index: 3 });
  assert.deepEqual(nextPlace(true, "ArrowRight", here), { side: "query", index: 4 });
  assert.deepEqual(nextPlace(true, "ArrowDown", here), { side: "key", index: 3 });
  assert.equal(nextPlace(true, "l", here), null);
});

test("places are in order of weight", () => {
  const sorted = [...sortPlaces(values, Uint32Array.from(values.keys()))].map((at) => values[at]);
  assert.deepEqual(
    sorted,
    [...values].sort((a, b) => b - a),
  );
});

test("the heaviest lines of the heads that are on are drawn", () => {
  const all = weights.choose({ cut: "weight", threshold: 0.35, count: 9 }, [true, true]);
  assert.equal(all.count, 6);
  const few = weights.choose({ cut: "count", threshold: 0, count: 2 }, [true, true]);
  assert.deepEqual(few.bundles[0].heads, [[5], []]);
  assert.equal(few.count, 2);
  const one = weights.choose({ cut: "weight", threshold: 0.35, count: 9 }, [false, true]);
  assert.equal(one.count, 3);
  assert.ok(Math.abs(one.weight - 1.2) < 1e-6);
  const row = weights.choose({ cut: "weight", threshold: 0.35, count: 9 }, [true, true], 1);
  const places = row.bundles.flatMap(({ heads }) => heads.flat());
  assert.ok(places.length > 0);
  assert.deepEqual([...new Set(places.map((place) => weights.pair(place)[0]))], [1]);
});

test("weights sent sparsely are the same weights", () => {
  const places = Uint32Array.from([1, 5, 17]);
  const sparse = new Weights({ places, values: Float32Array.of(0.9, 1, 0.4), hidden }, [2, 3, 3]);
  assert.deepEqual([sparse.at(0, 0, 1), sparse.at(0, 1, 2), sparse.at(1, 2, 2)].map(Math.fround), [
    Math.fround(0.9),
    1,
    Math.fround(0.4),
  ]);
  assert.deepEqual(sparse.counts, [2, 1]);
  assert.deepEqual(sparse.pair(17), [2, 2]);
});

test("a sentence names the strongest pairs, their mean and what a filter hid", () => {
  const labels = {
    looks: "{token} looks: {pairs}",
    seen: "{token} seen: {pairs}",
    mean: "(mean of {heads})",
    hidden: "hidden {value}",
    count: "{shown}/{total} {weight}",
    count_of: "{token}: {shown}/{total} {weight}",
    sparse: "sparse",
  };
  const header = { labels, tokens: tokens(3) };
  const text = tokenSentence(header, weights, { side: "query", index: 1 }, [0, 1]);
  assert.equal(text, "t1 looks: t2 0.700 · t0 0.150 · t1 0.150 (mean of 2) hidden 0.250");
  const seen = tokenSentence(header, weights, { side: "key", index: 0 }, [0]);
  assert.equal(seen, "t0 seen: t2 0.002 · t0 0.000 · t1 0.000");
  const chosen = weights.choose({ cut: "weight", threshold: 0.35, count: 9 }, [true, true]);
  assert.equal(countSentence(header, weights, chosen, [0, 1], null), "6/15 67 %");
  const row = weights.choose({ cut: "weight", threshold: 0.35, count: 9 }, [true, true], 1);
  assert.equal(countSentence(header, weights, row, [0, 1], 1), "t1: 2/4 70 %");
});

test("switching heads: one off, one on again, only one, all", () => {
  assert.deepEqual(toggledHeads(null, 1, 3), [0, 2]);
  assert.deepEqual(toggledHeads([2], 0, 3), [0, 2]);
  assert.equal(toggledHeads([0, 2], 1, 3), null);
  assert.deepEqual(onlyHead(null, 2), [2]);
  assert.equal(onlyHead([2], 2), null);
});
