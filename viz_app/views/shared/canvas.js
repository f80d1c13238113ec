// @ts-check
// Drawing on a canvas in CSS pixels.

import { tableColour } from "./colour.js";
import { pageZoom } from "./elements.js";

/** @typedef {{text: string, label: string, upright?: boolean}} TokenName */

/**
 * The drawing context of a canvas.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {CanvasRenderingContext2DSettings} [settings]
 */
export function context2d(canvas, settings) {
  const context = canvas.getContext("2d", settings);
  if (!context) throw new Error("this browser cannot draw on a canvas");
  return context;
}

/** Device pixels in one CSS pixel. */
export const pixelRatio = () => (window.devicePixelRatio || 1) * pageZoom();

/**
 * Size a canvas in CSS pixels, sharp at any zoom, and return its context in CSS pixels.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 */
export function sizeCanvas(canvas, width, height) {
  const ratio = pixelRatio();
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = context2d(canvas);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

/**
 * Measures text in a font, in CSS pixels.
 *
 * @param {string} font as CSS has it
 * @returns {(text: string) => number}
 */
export function textMeasure(font) {
  const context = context2d(document.createElement("canvas"));
  context.font = font;
  return (text) => context.measureText(text).width;
}

/** @type {WeakMap<Uint8ClampedArray, Uint32Array>} colour table → the same colours as pixels */
const packed = new WeakMap();

/**
 * The colours of a table as pixels: little-endian ABGR, as in every browser today.
 *
 * @param {Uint8ClampedArray} table
 */
export function packedColours(table) {
  const known = packed.get(table);
  if (known) return known;
  const made = new Uint32Array(256);
  for (let index = 0; index < 256; index += 1) {
    const [red, green, blue] = tableColour(table, index);
    made[index] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }
  packed.set(table, made);
  return made;
}

/**
 * One pixel per cell, from 256-colour indices; draw it enlarged with smoothing off.
 *
 * @param {ArrayLike<number>} indices
 * @param {number} rows
 * @param {number} columns
 * @param {Uint8ClampedArray} table
 */
export function indexedBitmap(indices, rows, columns, table) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = context2d(canvas);
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = packedColours(table);
  for (let cell = 0; cell < pixels.length; cell += 1) pixels[cell] = colours[indices[cell]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/**
 * Shorten `text` with … until it is at most `width` wide.
 *
 * @param {(text: string) => number} measure
 * @param {string} text
 * @param {number} width
 */
export function fitText(measure, text, width) {
  if (measure(text) <= width) return text;
  const characters = [...text];
  while (characters.length > 1) {
    characters.pop();
    const shorter = `${characters.join("")}…`;
    if (measure(shorter) <= width) return shorter;
  }
  return characters.join("");
}

/**
 * The characters of a Chinese token that fit above a column, and its position where it repeats.
 *
 * @param {TokenName} token
 * @param {number} height
 * @param {number} size
 */
export function uprightStack(token, height, size) {
  const repeated = token.label !== token.text;
  const room = Math.max(1, Math.floor(height / (size * 1.15)) - (repeated ? 1 : 0));
  return {
    stack: [...token.text].slice(0, room),
    position: repeated ? token.label.slice(token.text.length).replace(/[ ()]/g, "") : "",
  };
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {TokenName} token
 * @param {number} x
 * @param {number} bottom
 * @param {number} height
 * @param {number} size
 */
function drawUpright(context, token, x, bottom, height, size) {
  const { stack, position } = uprightStack(token, height, size);
  stack.reverse().forEach((character, index) => {
    context.fillText(character, x, bottom - size * (0.6 + index * 1.15));
  });
  if (!position) return;
  context.font = context.font.replace(/[\d.]+px/, `${size * 0.75}px`);
  context.fillText(position, x, bottom - size * (0.55 + stack.length * 1.15));
}

/**
 * Draw a token above a column whose centre is x: Latin turned, Chinese upright and stacked.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {TokenName} token
 * @param {number} x
 * @param {number} bottom
 * @param {number} height
 * @param {number} size of the font, CSS pixels
 */
export function drawColumnToken(context, token, x, bottom, height, size) {
  context.save();
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (token.upright) {
    drawUpright(context, token, x, bottom, height, size);
  } else {
    const measure = (/** @type {string} */ text) => context.measureText(text).width;
    context.translate(x, bottom);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(fitText(measure, token.label, height), 0, 0);
  }
  context.restore();
}
