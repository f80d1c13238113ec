import assert from "node:assert/strict";
import { test } from "node:test";
import {
  allDigits,
  digits,
  fill,
  percent,
  shareDigits,
  smallNumber,
} from "../../viz_app/views/shared/format.js";
import golden from "../golden.json" with { type: "json" };

test("numbers are written as Python writes them", () => {
  for (const [value, decimals, text] of golden.digits) {
    assert.equal(digits(Number(value), Number(decimals)), text);
  }
});

test("a message takes the values it has names for and leaves the others", () => {
  assert.equal(fill("{a} → {b} {c}", { a: "x{b}", b: 0 }), "x{b} → 0 {c}");
});

test("a share too small for its digits is not shown as nothing", () => {
  assert.equal(shareDigits(0, 2), "0.00");
  assert.equal(shareDigits(0.004, 2), "<0.01");
  assert.equal(shareDigits(0.005, 2), "0.01");
});

test("percent has a decimal below ten", () => {
  assert.deepEqual([0, 0.004, 0.0994, 0.0995, 1].map(percent), [
    "0 %",
    "0.4 %",
    "9.9 %",
    "10 %",
    "100 %",
  ]);
});

test("every digit of a float32, and no digit of the double around it", () => {
  assert.equal(allDigits(Math.fround(0.1)), "0.100000001");
  assert.equal(allDigits(-2.5), "−2.5");
});

test("a small difference is written with a power of ten", () => {
  assert.deepEqual([0, 3.6e-7, 12].map(smallNumber), ["0", "3.6 × 10⁻⁷", "1.2 × 10¹"]);
});
