// @ts-check
// The colours and fonts that the page gives its components.

import { context2d } from "./canvas.js";
import { colours, hexRgb, luminance } from "./colour.js";

/** @typedef {import("./colour.js").Rgb} Rgb */
/**
 * @typedef {{
 *   dark: boolean, background: Rgb, panel: Rgb, text: Rgb, mark: Rgb, border: Rgb,
 *   font: string, codeFont: string,
 * }} Theme
 */

/** @type {CanvasRenderingContext2D | null} */
let probe = null;

/**
 * Red, green and blue of any CSS colour.
 *
 * @param {string} colour
 * @returns {Rgb}
 */
export function rgb(colour) {
  if (/^#[0-9a-f]{6}$/i.test(colour)) return hexRgb(colour);
  probe ??= context2d(document.createElement("canvas"), { willReadFrequently: true });
  probe.canvas.width = probe.canvas.height = 1;
  probe.fillStyle = colour;
  probe.fillRect(0, 0, 1, 1);
  const [red, green, blue] = probe.getImageData(0, 0, 1, 1).data;
  return [red, green, blue];
}

/**
 * Read anew after a theme switch.
 *
 * @param {Element} node
 * @returns {Theme}
 */
export function readTheme(node) {
  const style = getComputedStyle(node);
  const value = (/** @type {string} */ name, /** @type {string} */ otherwise) =>
    style.getPropertyValue(name).trim() || otherwise;
  const background = rgb(value("--st-background-color", colours(false).background));
  const dark = luminance(background) < 0.5;
  const own = colours(dark);
  return {
    dark,
    background,
    panel: rgb(value("--st-secondary-background-color", own.panel)),
    text: rgb(value("--st-text-color", own.text)),
    mark: rgb(own.mark), // what is chosen: stands out on every blue
    border: rgb(value("--st-border-color", own.border)),
    font: value("--st-font", "sans-serif"),
    codeFont: value("--st-code-font", "monospace"),
  };
}
