// @ts-check
// The weights of one layer, and which of them are drawn as lines.

/** @import { LinesArrays, LinesPlace, LinesValues } from "../payloads.js" */
/** @typedef {{level: number, heads: number[][]}} Bundle lines of one opacity: per head their places */
/** @typedef {{count: number, weight: number, bundles: Bundle[]}} Chosen lines, heaviest first, and their weight in all */

export const POINTED = 0.005; // lines of the token pointed at are drawn from this weight on
const MOST_LINES = 6000; // at rest; more would take longer than a tenth of a second to stroke
export const LEVELS = 32; // of opacity at rest; lines of one level and colour are drawn together
const SORTED = 4096; // steps of weight that lines are put in order by

/**
 * The opacity of a line; the root keeps diffuse heads visible.
 *
 * @param {number} value
 */
export const opacity = (value) => Math.sqrt(Math.min(1, value));

/**
 * The places of weights, heaviest first: a counting sort, since there can be many.
 *
 * @param {Float32Array} weights
 * @param {Uint32Array} places
 */
export function sortPlaces(weights, places) {
  const level = (/** @type {number} */ value) =>
    SORTED - 1 - Math.min(SORTED - 1, Math.floor(value * SORTED));
  const starts = new Uint32Array(SORTED + 1);
  for (let index = 0; index < places.length; index += 1) {
    starts[level(weights[places[index]]) + 1] += 1;
  }
  for (let index = 1; index < starts.length; index += 1) starts[index] += starts[index - 1];
  const sorted = new Uint32Array(places.length);
  for (let index = 0; index < places.length; index += 1) {
    const bucket = level(weights[places[index]]);
    sorted[starts[bucket]] = places[index];
    starts[bucket] += 1;
  }
  return sorted;
}

/**
 * The places worth a line, and per head how many weights are not zero.
 *
 * @param {Float32Array} weights [head, query, key]
 * @param {number} heads
 */
function placesIn(weights, heads) {
  const places = new Uint32Array(weights.length);
  const counts = new Array(heads).fill(0);
  const pairs = weights.length / heads;
  let strong = 0;
  for (let head = 0, place = 0; head < heads; head += 1) {
    let positive = 0;
    for (const end = place + pairs; place < end; place += 1) {
      const value = weights[place];
      if (value > 0) positive += 1;
      if (value >= POINTED) places[strong++] = place;
    }
    counts[head] = positive;
  }
  return { places: places.subarray(0, strong), counts };
}

/** The weights of one layer as a full array, however they were sent. */
export class Weights {
  /**
   * @param {LinesArrays} arrays
   * @param {[heads: number, queries: number, keys: number]} shape
   */
  constructor({ weights, places, values, hidden }, [heads, many]) {
    this.heads = heads;
    this.many = many;
    this.hidden = hidden;
    this.sparse = !weights; // only what can be drawn was sent
    this.values = weights ?? new Float32Array(heads * many * many);
    const pairs = many * many;
    if (places && values) {
      /** @type {number[]} */
      this.counts = new Array(heads).fill(0);
      places.forEach((place, index) => {
        this.values[place] = values[index];
        this.counts[Math.floor(place / pairs)] += 1;
      });
      this.sorted = sortPlaces(this.values, places);
    } else {
      const found = placesIn(this.values, heads);
      this.counts = found.counts;
      this.sorted = sortPlaces(this.values, found.places);
    }
  }

  /**
   * @param {number} head
   * @param {number} from
   * @param {number} to
   */
  at(head, from, to) {
    return this.values[(head * this.many + from) * this.many + to];
  }

  /**
   * The query and the key of a place.
   *
   * @param {number} place
   * @returns {[from: number, to: number]}
   */
  pair(place) {
    return [Math.floor(place / this.many) % this.many, place % this.many];
  }

  /**
   * How many weights of some heads are not zero: of one query token, or of all.
   *
   * @param {number[]} heads
   * @param {number | null} query
   */
  countOf(heads, query) {
    if (query === null) return heads.reduce((sum, head) => sum + this.counts[head], 0);
    const keys = [...Array(this.many).keys()];
    return heads.reduce(
      (sum, head) => sum + keys.filter((key) => this.at(head, query, key) > 0).length,
      0,
    );
  }

  /**
   * The mean weight of a token's pairs over some heads, by the token on the other side.
   *
   * @param {LinesPlace} place
   * @param {number[]} heads
   */
  means({ side, index }, heads) {
    return Array.from({ length: this.many }, (_, other) => {
      const [from, to] = side === "query" ? [index, other] : [other, index];
      const sum = heads.reduce((total, head) => total + this.at(head, from, to), 0);
      return heads.length ? sum / heads.length : 0;
    });
  }

  /**
   * How much of a query's weight a filter took away, on average over some heads.
   *
   * @param {number} query
   * @param {number[]} heads
   */
  hiddenOf(query, heads) {
    const sum = heads.reduce((total, head) => total + this.hidden[head * this.many + query], 0);
    return heads.length ? sum / heads.length : 0;
  }

  /**
   * The lines at rest: the heaviest of the heads that are on.
   *
   * @param {Pick<LinesValues, "cut" | "threshold" | "count">} settings
   * @param {boolean[]} on by head
   * @param {number | null} query the one token whose lines are wanted, null for all
   * @returns {Chosen}
   */
  choose({ cut, threshold, count }, on, query = null) {
    const pairs = this.many * this.many;
    const most = cut === "count" ? count : MOST_LINES;
    const least = cut === "weight" ? threshold : 0;
    /** @type {Chosen} */
    const chosen = { count: 0, weight: 0, bundles: [] };
    for (let index = 0; index < this.sorted.length && chosen.count < most; index += 1) {
      const place = this.sorted[index];
      const value = this.values[place];
      const head = Math.floor(place / pairs);
      if (!on[head] || value < least) continue; // within one step of the sort the order is free
      if (query !== null && this.pair(place)[0] !== query) continue;
      const level = Math.ceil(opacity(value) * LEVELS);
      let alike = chosen.bundles.at(-1);
      if (alike?.level !== level) {
        alike = { level, heads: on.map(() => []) };
        chosen.bundles.push(alike);
      }
      alike.heads[head].push(place);
      chosen.count += 1;
      chosen.weight += value;
    }
    return chosen;
  }
}
