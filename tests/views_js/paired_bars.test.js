import assert from "node:assert/strict";
import { test } from "node:test";
import { lengths } from "../../viz_app/views/paired_bars/layout.js";

test("both sentences share a scale, their differences have one of their own", () => {
  assert.deepEqual(lengths(Float32Array.of(-2, -4, -1, -0.5)), [
    { a: 0.5, b: 1, shift: 1 },
    { a: 0.25, b: 0.125, shift: -0.25 },
  ]);
});

test("a token without a partner is set against nothing", () => {
  assert.deepEqual(lengths(Float32Array.of(-2, Number.NaN, Number.NaN, -1)), [
    { a: 1, b: 0, shift: -1 },
    { a: 0, b: 0.5, shift: 0.5 },
  ]);
});

test("where all is certain nothing is drawn", () => {
  assert.deepEqual(lengths(Float32Array.of(0, 0)), [{ a: 0, b: 0, shift: 0 }]);
});
