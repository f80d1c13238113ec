import assert from "node:assert/strict";
import { test } from "node:test";
import {
  colours,
  colourTable,
  headColour,
  hexRgb,
  inkOn,
  tableColour,
} from "../../viz_app/views/shared/colour.js";
import golden from "../golden.json" with { type: "json" };

/** @param {unknown} variant */
const theme = (variant) => {
  const dark = variant === "dark";
  return { dark, background: hexRgb(colours(dark).background) };
};

test("scales have the colours of exported pictures", () => {
  for (const [variant, kind, index, colour] of golden.ramps) {
    const table = colourTable(kind === "signed" ? "signed" : "probability", theme(variant));
    const found = tableColour(table, Number(index));
    assert.deepEqual(found, hexRgb(String(colour)), `${variant} ${kind} ${index}`);
  }
});

test("heads have the colours of exported pictures, and come round again", () => {
  for (const [variant, head, colour] of golden.heads) {
    assert.equal(headColour(Number(head), theme(variant)), colour);
  }
});

test("ink is the one that is easier to read", () => {
  for (const [colour, ink] of golden.inks) {
    assert.equal(inkOn(hexRgb(colour)), ink);
  }
});
