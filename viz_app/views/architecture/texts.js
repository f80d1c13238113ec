// @ts-check
// What the parts of the board say when pointed at.

import { digits, fill, percent } from "../shared/format.js";
import { PARTS } from "./layout.js";

/** @import { ArchitectureArrays, ArchitectureHeader } from "../payloads.js" */
/** @typedef {import("../shared/payload.js").Payload<ArchitectureHeader, ArchitectureArrays>} BoardPayload */
/** @typedef {{layer: number, head: number}} Tile */
/** @typedef {"token" | "embedding" | "head" | "hidden" | "mask" | "next"} Part that a click opens the page of */

/**
 * The part that a strip belongs to: before the layers, or behind one of them.
 *
 * @param {number} strip
 * @returns {Part}
 */
export const stripPart = (strip) => (strip <= PARTS.length ? "embedding" : "hidden");

/**
 * The letter of a sentence.
 *
 * @param {number} segment
 */
export const segmentName = (segment) => "AB"[segment] ?? String(segment);

export class Texts {
  /** @param {BoardPayload} payload */
  constructor(payload) {
    this.payload = payload;
    this.labels = payload.header.labels;
  }

  /**
   * Which page a click opens, on a line of its own; nothing where it opens none.
   *
   * @param {Part} part
   */
  hint(part) {
    const page = this.payload.header.pages[part];
    return page === undefined ? "" : `\n${fill(this.labels.go, { page })}`;
  }

  /** @param {number} strip */
  stripName(strip) {
    const { strips } = this.labels;
    if (strip < PARTS.length) return strips[PARTS[strip]];
    if (strip === PARTS.length) return strips.input;
    return fill(strips.output, { layer: strip - PARTS.length - 1 });
  }

  /**
   * @param {number} strip
   * @param {number} row
   * @param {number} dimension
   */
  strip(strip, row, dimension) {
    const { arrays, shapes, header } = this.payload;
    const [, tokens, dimensions] = shapes.vectors;
    const place = strip * tokens + row;
    const text = fill(this.labels.tip_strip, {
      token: header.tokens[row].label,
      strip: this.stripName(strip),
      dimension,
      value: digits(arrays.vectors[place * dimensions + dimension], 4),
      length: digits(arrays.lengths[place], 2),
    });
    return text + this.hint(stripPart(strip));
  }

  /**
   * @param {Tile} tile
   * @param {number} row
   */
  head({ layer, head }, row) {
    const { arrays, shapes, header } = this.payload;
    const [, heads, tokens] = shapes.best_keys;
    const place = (layer * heads + head) * tokens + row;
    const text = fill(this.labels.tip_head, {
      layer,
      head,
      query: header.tokens[row].label,
      to: header.tokens[arrays.best_keys[place]].label,
      weight: digits(arrays.best_weights[place], 3),
    });
    return text + this.hint("head");
  }

  /** @param {number} row */
  token(row) {
    const { label, segment } = this.payload.header.tokens[row];
    const values = { token: label, position: row, segment: segmentName(segment) };
    return fill(this.labels.tip_token, values) + this.hint("token");
  }

  /** @param {number} row */
  guesses(row) {
    const { guesses, tokens } = this.payload.header;
    const words = guesses[row].map(([text, probability]) => `${text} ${percent(probability)}`);
    const text = fill(this.labels.tip_guess, { token: tokens[row].label });
    return `${text} ${words.join(", ")}${this.hint("mask")}`;
  }

  next() {
    return this.labels.tip_next + this.hint("next");
  }
}
