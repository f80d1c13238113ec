import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellsOf,
  headIndices,
  layoutBoard,
  stripIndices,
  tileSide,
} from "../../viz_app/views/architecture/layout.js";

test("tiles are whole pixels per token where that comes close", () => {
  assert.equal(tileSide(50, 16, 1), 48);
  assert.equal(tileSide(50, 16, 2), 48);
  assert.equal(tileSide(40, 100, 1), 40);
});

test("three panels side by side, or below each other on a phone", () => {
  const grid = { tokens: 16, layers: 4, heads: 8 };
  const wide = layoutBoard(1280, grid, 60, 1);
  assert.equal(wide.stacked, false);
  assert.equal(wide.height, Math.max(16 * wide.row, 8 * (wide.tile + 4)));
  const narrow = layoutBoard(358, grid, 60, 1);
  assert.equal(narrow.stacked, true);
  assert.equal(narrow.top, 0);
  assert.ok(narrow.labels + 4 * (narrow.tile + narrow.strip) <= 358);
});

test("a strip shows as many numbers as have room", () => {
  assert.deepEqual(cellsOf(60, 32, 1), { count: 20, drawn: 60 });
  assert.deepEqual(cellsOf(110, 8, 1), { count: 8, drawn: 104 });
});

test("a pixel that covers several cells shows the strongest", () => {
  const attention = Uint8Array.from([9, 9, 1, 2, 3, 4, 0, 7, 5, 5, 5, 5, 0, 0, 0, 0, 8, 0]);
  const { indices, side } = headIndices(attention, 2, 4, 2);
  assert.equal(side, 2);
  assert.deepEqual([...indices], [7, 5, 5, 8]);
});

test("the ends of a strip's scale are its limit", () => {
  const vectors = Float32Array.from([0, 0, 0, 0, -9, 0, 2, 9]);
  assert.deepEqual([...stripIndices(vectors, [2, 2, 2], 1, 2, 2)], [0, 128, 255, 255]);
});
