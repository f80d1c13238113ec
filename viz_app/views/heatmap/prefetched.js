// @ts-check
// Another head's weights drawn before Python has answered: see shared/prefetch.js for the states.

import { PATIENCE_MS, prefetched } from "../shared/prefetch.js";

/** @import { HeadsArrays, HeadsHeader } from "../payloads.js" */
/** @import { HeatmapPayload } from "./layout.js" */
/** @typedef {import("../shared/payload.js").Payload<HeadsHeader, HeadsArrays>} Heads */
/** @typedef {{layer: number, head: number}} Tile */

/**
 * The payload with another head's weights.
 *
 * @param {HeatmapPayload} payload
 * @param {Heads} heads
 * @param {Tile} tile
 * @returns {HeatmapPayload}
 */
export function withHead(payload, { arrays, shapes }, { layer, head }) {
  const cells = payload.arrays.values.length;
  const first = (layer * shapes.heads[1] + head) * cells;
  const values = arrays.heads.subarray(first, first + cells);
  return { ...payload, arrays: { ...payload.arrays, values } };
}

/**
 * Whether Python's `payload` answers an earlier choice than the `tile` that is drawn.
 *
 * @param {HeatmapPayload} payload
 * @param {Heads | null} heads
 * @param {Tile} tile
 */
export function isEarlier({ header }, heads, tile) {
  const shown = header.heads;
  if (!shown || shown.name !== heads?.header.name) return false;
  return shown.layer !== tile.layer || shown.head !== tile.head;
}

/** Which of two payloads counts: Python's, or the one drawn ahead of its answer. */
export class HeadsAhead {
  /** @type {HeatmapPayload | null} */
  #answered = null;
  /** @type {Tile | null} */
  #tile = null;
  #timer = 0;
  #goBack;

  /** @param {() => void} goBack called when the answer has not come in time */
  constructor(goBack) {
    this.#goBack = goBack;
  }

  /** @returns {HeatmapPayload | null} what Python said last */
  get answered() {
    return this.#answered;
  }

  /** @param {string} view */
  #heads(view) {
    /** @type {Heads | null} */
    const heads = prefetched(view).values?.[0] ?? null;
    return heads;
  }

  /**
   * What to draw when another head is chosen: null where its weights are not here.
   *
   * @param {Tile} tile
   */
  choose(tile) {
    const payload = this.#answered;
    const heads = payload && this.#heads(payload.header.view);
    if (!payload || !heads || payload.header.heads?.name !== heads.header.name) return null;
    clearTimeout(this.#timer);
    this.#tile = tile;
    this.#timer = setTimeout(() => {
      this.close();
      this.#goBack();
    }, PATIENCE_MS);
    return withHead(payload, heads, tile);
  }

  /**
   * What to draw when Python has sent `payload`.
   *
   * @param {HeatmapPayload} payload
   */
  answer(payload) {
    this.#answered = payload;
    const heads = this.#heads(payload.header.view);
    if (this.#tile && heads && isEarlier(payload, heads, this.#tile)) {
      return withHead(payload, heads, this.#tile);
    }
    this.close();
    return payload;
  }

  close() {
    clearTimeout(this.#timer);
    this.#tile = null;
  }
}
