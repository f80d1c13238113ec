import assert from "node:assert/strict";
import { test } from "node:test";
import {
  colours,
  colourTable,
  css,
  headColour,
  hexRgb,
  inkOn,
  tableColour,
} from "../../viz_app/views/shared/colour.js";
import golden from "../golden.json" with { type: "json" };

const themeOf = (dark) => ({ dark, background: hexRgb(colours(dark).background) });

const hex = (colour) => `#${colour.map((part) => part.toString(16).padStart(2, "0")).join("")}`;

test("scales have the colours that exported pictures have", () => {
  for (const [variant, kind, index, colour] of golden.ramps) {
    const table = colourTable(kind, themeOf(variant === "dark"));
    assert.equal(hex(tableColour(table, index)), colour, `${variant} ${kind} ${index}`);
  }
});

test("heads have their colours; beyond the twelfth they begin again", () => {
  for (const [variant, head, colour] of golden.heads) {
    assert.equal(headColour(head, { dark: variant === "dark" }), colour);
  }
});

test("ink is dark on light colours and light on dark ones", () => {
  for (const [colour, ink] of golden.inks) assert.equal(inkOn(hexRgb(colour)), ink);
});

test("a colour as CSS is whole numbers", () => {
  assert.equal(css([1.4, 2.6, 3], 0.5), "rgb(1 3 3 / 0.5)");
});
