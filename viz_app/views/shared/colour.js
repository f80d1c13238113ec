// @ts-check
// Colours of numbers and heads, from the palette that exported pictures use as well.

import palette from "../../palette/palette.json" with { type: "json" };
import { clamp } from "./scale.js";

/** @typedef {[number, number, number]} Rgb red, green, blue 0..255 */
/** @typedef {"probability" | "signed"} Kind of a scale */

/**
 * The palette of a page that is dark or light.
 *
 * @param {boolean} dark
 */
export const colours = (dark) => palette[dark ? "dark" : "light"];

/**
 * A font for a canvas, in a size of the scale that the style sheets have as well.
 *
 * @param {keyof typeof palette.sizes} size
 * @param {{font: string}} theme
 * @param {number} [weight]
 */
export const canvasFont = (size, theme, weight = 400) =>
  `${weight} ${pixels(size)}px ${theme.font}`;

/** @param {keyof typeof palette.sizes} size */
export const pixels = (size) => palette.sizes[size] * 16;

/**
 * @param {string} colour #rrggbb
 * @returns {Rgb}
 */
export function hexRgb(colour) {
  const part = (/** @type {number} */ start) => parseInt(colour.slice(start, start + 2), 16);
  return [part(1), part(3), part(5)];
}

/**
 * A colour as CSS has it.
 *
 * @param {Rgb} colour
 */
export function css([red, green, blue], alpha = 1) {
  return `rgb(${Math.round(red)} ${Math.round(green)} ${Math.round(blue)} / ${alpha})`;
}

/**
 * @param {Rgb} from
 * @param {Rgb} to
 * @param {number} share
 * @returns {Rgb}
 */
function mix(from, to, share) {
  const part = (/** @type {0 | 1 | 2} */ index) => from[index] + (to[index] - from[index]) * share;
  return [part(0), part(1), part(2)];
}

/**
 * How bright a colour looks, 0 to 1.
 *
 * @param {Rgb} colour
 */
export function luminance([red, green, blue]) {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/**
 * @param {Rgb[]} stops evenly apart
 * @param {number} share 0 to 1
 */
function ramp(stops, share) {
  const place = clamp(share, [0, 1]) * (stops.length - 1);
  const index = Math.min(Math.floor(place), stops.length - 2);
  return mix(stops[index], stops[index + 1], place - index);
}

/**
 * 256 colours as a flat RGB table: 0 = low, 255 = high of a scale. It starts at the page's own
 * background, so that nothing glares in the dark.
 *
 * @param {Kind} kind
 * @param {{dark: boolean, background: Rgb}} theme
 */
export function colourTable(kind, theme) {
  const own = colours(theme.dark);
  const from = (/** @type {string[]} */ stops) => [theme.background, ...stops.map(hexRgb)];
  const [probability, negative, positive] = [own.probability, own.negative, own.positive].map(from);
  const table = new Uint8ClampedArray(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    const signed = (index - 127.5) / 127.5;
    const colour =
      kind === "signed"
        ? ramp(signed < 0 ? negative : positive, Math.abs(signed))
        : ramp(probability, index / 255);
    table.set(colour, index * 3);
  }
  return table;
}

/**
 * @param {Uint8ClampedArray} table of colourTable
 * @param {number} index 0..255
 * @returns {Rgb}
 */
export function tableColour(table, index) {
  return [table[index * 3], table[index * 3 + 1], table[index * 3 + 2]];
}

/**
 * Relative luminance of a colour, 0 to 1. Source: WCAG 2.2.
 *
 * @param {Rgb} colour
 */
function relativeLuminance(colour) {
  const linear = (/** @type {number} */ part) =>
    part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  return luminance(/** @type {Rgb} */ (colour.map((part) => 255 * linear(part / 255))));
}

/**
 * Black or white, whichever stands out more from a colour: at least 4.5 to 1 on any, which no grey
 * could promise.
 *
 * @param {Rgb} colour
 */
export function inkOn(colour) {
  const { ink_dark, ink_light } = palette.both;
  return relativeLuminance(colour) > 0.179 ? ink_dark : ink_light;
}

/**
 * The colour of a head; from the thirteenth head on they come round again.
 *
 * @param {number} head
 * @param {{dark: boolean}} theme
 */
export function headColour(head, theme) {
  const { heads } = colours(theme.dark);
  return heads[head % heads.length];
}
