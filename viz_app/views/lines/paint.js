// @ts-check
// Draws lines onto the pieces of the plot.

import { context2d, pixelRatio, sizeCanvas } from "../shared/canvas.js";
import { headColour } from "../shared/colour.js";
import { crosses, lineEnd, pieceBox } from "./layout.js";
import { LEVELS, opacity, POINTED } from "./weights.js";

/** @import { LinesPlace } from "../payloads.js" */
/** @import { Theme } from "../shared/theme.js" */
/** @import { Size, Span } from "./layout.js" */
/** @import { Chosen, Weights } from "./weights.js" */
/** @typedef {{size: Size, theme: Theme, weights: Weights}} Scene */

const FEW = 500; // lines; more are drawn one pixel thin

/**
 * A cleared canvas that draws in the plot's own coordinates.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Size} size
 * @param {Span} piece
 */
function clearPiece(canvas, size, piece) {
  const { left, top, width, height } = pieceBox(size, piece);
  const ratio = pixelRatio();
  const fits =
    canvas.width === Math.round(width * ratio) && canvas.height === Math.round(height * ratio);
  const context = fits ? context2d(canvas) : sizeCanvas(canvas, width, height);
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height); // much cheaper than a new bitmap at every hover
  context.translate(-left, -top);
  return context;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Scene} scene
 * @param {number} head
 * @param {number} from
 * @param {number} to
 */
function addLine(context, { size, weights }, head, from, to) {
  context.moveTo(...lineEnd(size, weights.heads, "query", from, head));
  context.lineTo(...lineEnd(size, weights.heads, "key", to, head));
}

/**
 * Draw the lines at rest that cross a piece, heaviest first.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @param {Span} piece
 * @param {Chosen} chosen
 */
export function paintResting(canvas, scene, piece, chosen) {
  const { size, theme, weights } = scene;
  const context = clearPiece(canvas, size, piece);
  const ratio = pixelRatio();
  // Thin lines keep many apart, and a browser draws those of one device pixel many times faster,
  // given many at once; wider ones, given many at once, take longer than one by one.
  const thin = chosen.count > FEW && Math.round(ratio) <= 1;
  context.lineWidth = thin ? 1 / ratio : 1.5;
  for (const { level, heads } of chosen.bundles) {
    context.globalAlpha = level / LEVELS;
    heads.forEach((places, head) => {
      if (places.length === 0) return;
      context.strokeStyle = headColour(head, theme);
      context.beginPath();
      for (const place of places) {
        const [from, to] = weights.pair(place);
        if (!crosses(size, piece, from, to)) continue;
        addLine(context, scene, head, from, to);
        if (thin) continue;
        context.stroke();
        context.beginPath();
      }
      if (thin) context.stroke();
    });
  }
}

/**
 * Draw the lines of one token that cross a piece, and stripes beside the other side.
 *
 * @param {HTMLCanvasElement} canvas
 * @param {Scene} scene
 * @param {Span} piece
 * @param {LinesPlace} place
 * @param {number[]} heads
 */
export function paintFront(canvas, scene, piece, { side, index: fixed }, heads) {
  const { size, theme, weights } = scene;
  const context = clearPiece(canvas, size, piece);
  context.lineWidth = 2;
  const stripes = side === "query" ? size.to + 3 : size.from - 3 - size.stripe * weights.heads;
  for (const head of heads) {
    context.strokeStyle = context.fillStyle = headColour(head, theme);
    for (let index = 0; index < weights.many; index += 1) {
      const [from, to] = side === "query" ? [fixed, index] : [index, fixed];
      const value = weights.at(head, from, to);
      if (value < POINTED || !crosses(size, piece, from, to)) continue;
      context.globalAlpha = opacity(value);
      context.beginPath();
      addLine(context, scene, head, from, to);
      context.stroke();
      const start = stripes + head * size.stripe;
      const along = index * size.step + size.step * 0.15;
      if (size.across) context.fillRect(along, start, size.step * 0.7, size.stripe - 0.5);
      else context.fillRect(start, along, size.stripe - 0.5, size.step * 0.7);
    }
  }
}
