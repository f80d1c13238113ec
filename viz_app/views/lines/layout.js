// @ts-check
// Where tokens, stripes and lines of the line view stand, in CSS pixels.

/** @import { LinesPlace, Side, Token } from "../payloads.js" */
/**
 * Two columns of tokens, or two rows of them ("across"). `from` and `to` are where lines begin and
 * end; each head has a stripe in the gutter beside a token.
 *
 * @typedef {{
 *   across: boolean,
 *   step: number,
 *   label: number,
 *   stripe: number,
 *   gutter: number,
 *   width: number,
 *   height: number,
 *   from: number,
 *   to: number,
 * }} Size
 */
/** @typedef {{start: number, end: number}} Span along the tokens */

export const PIECE = 512; // CSS pixels of the plot on one pair of canvases

/**
 * Chinese reads best in two rows, Latin words in two columns.
 *
 * @param {Token[]} tokens
 */
export const isMostlyUpright = (tokens) =>
  tokens.filter((token) => token.upright).length > tokens.length / 2;

/**
 * @param {Token[]} tokens
 * @param {number} heads
 * @param {number} width
 * @param {boolean} across
 * @param {(text: string) => number} measure
 * @returns {Size}
 */
export function layoutLines(tokens, heads, width, across, measure) {
  const widths = new Map([...new Set(tokens.map(({ text }) => text))].map((t) => [t, measure(t)]));
  const stripe = Math.max(3, Math.min(7, Math.floor((width * 0.2) / heads)));
  const gutter = stripe * heads + 4;
  const widthOf = (/** @type {Token} */ { text }) => widths.get(text) ?? 0;
  return across
    ? rows(tokens, widthOf, width, stripe, gutter)
    : columns(tokens, widthOf, width, stripe, gutter);
}

/**
 * @param {Token[]} tokens
 * @param {(token: Token) => number} widthOf
 * @param {number} width
 * @param {number} stripe
 * @param {number} gutter
 * @returns {Size}
 */
function rows(tokens, widthOf, width, stripe, gutter) {
  const heights = tokens.map((token) =>
    token.upright ? [...token.text].length * 18 : widthOf(token),
  );
  const label = Math.ceil(Math.min(96, Math.max(...heights))) + 12;
  const step = Math.max(22, Math.min(56, Math.floor(width / tokens.length)));
  const span = 220;
  return {
    across: true,
    step,
    label,
    stripe,
    gutter,
    width: step * tokens.length,
    height: 2 * (label + gutter) + span,
    from: label + gutter,
    to: label + gutter + span,
  };
}

/**
 * @param {Token[]} tokens
 * @param {(token: Token) => number} widthOf
 * @param {number} width
 * @param {number} stripe
 * @param {number} gutter
 * @returns {Size}
 */
function columns(tokens, widthOf, width, stripe, gutter) {
  const many = tokens.length;
  const label = Math.ceil(Math.min(width * 0.24, Math.max(...tokens.map(widthOf)))) + 16;
  const step = many <= 40 ? 24 : many <= 80 ? 18 : many <= 160 ? 14 : 12;
  const inner = Math.min(width, 980);
  return {
    across: false,
    step,
    label,
    stripe,
    gutter,
    width: inner,
    height: step * many,
    from: label + gutter,
    to: inner - label - gutter,
  };
}

/**
 * Where a head's line meets a token: heads fan out over the middle half of its row.
 *
 * @param {Size} size
 * @param {number} heads
 * @param {Side} side
 * @param {number} index
 * @param {number} head
 * @returns {[x: number, y: number]}
 */
export function lineEnd(size, heads, side, index, head) {
  const fan = heads === 1 ? 0 : (head / (heads - 1) - 0.5) * size.step * 0.5;
  const along = (index + 0.5) * size.step + fan;
  const out = side === "query" ? size.from : size.to;
  return size.across ? [along, out] : [out, along];
}

/**
 * Whether a line crosses a piece of the plot.
 *
 * @param {Size} size
 * @param {Span} piece
 * @param {number} from
 * @param {number} to
 */
export function crosses(size, { start, end }, from, to) {
  const first = Math.min(from, to) * size.step;
  const last = (Math.max(from, to) + 1) * size.step;
  return first < end && last > start;
}

/**
 * The pieces that the plot is drawn in, so that a long text costs only what is in sight of it.
 *
 * @param {Size} size
 * @returns {Span[]}
 */
export function piecesOf(size) {
  const length = size.across ? size.width : size.height;
  const starts = Array.from({ length: Math.ceil(length / PIECE) }, (_, index) => index * PIECE);
  return starts.map((start) => ({ start, end: Math.min(start + PIECE, length) }));
}

/**
 * The box of a piece: left, top, width and height.
 *
 * @param {Size} size
 * @param {Span} piece
 */
export function pieceBox(size, { start, end }) {
  return size.across
    ? { left: start, top: 0, width: end - start, height: size.height }
    : { left: 0, top: start, width: size.width, height: end - start };
}

/**
 * The place that a key leads to from a token; null where it leads nowhere.
 *
 * @param {boolean} across
 * @param {string} key
 * @param {LinesPlace} place
 * @returns {LinesPlace | null}
 */
export function nextPlace(across, key, { side, index }) {
  const [back, on, toQueries, toKeys] = across
    ? ["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown"]
    : ["ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"];
  if (key === back) return { side, index: index - 1 };
  if (key === on) return { side, index: index + 1 };
  if (key === toQueries) return { side: "query", index };
  return key === toKeys ? { side: "key", index } : null;
}
