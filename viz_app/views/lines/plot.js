// @ts-check
// The plot of the line view: below lie canvases with all lines, above them some with the lines of
// the token in front. What is in sight is drawn at once, the rest when the browser has time.

import { element } from "../shared/elements.js";
import { pieceBox, piecesOf } from "./layout.js";
import { paintFront, paintResting } from "./paint.js";

/** @import { LinesPlace } from "../payloads.js" */
/** @import { Span } from "./layout.js" */
/** @import { Scene } from "./paint.js" */
/** @import { Chosen } from "./weights.js" */
/**
 * @typedef {Span & {
 *   resting: HTMLCanvasElement,
 *   front: HTMLCanvasElement,
 *   painted: boolean,
 *   fronted: boolean,
 *   seen: boolean,
 * }} Piece
 */

/** @type {(work: () => void) => number} */
const whenIdle = window.requestIdleCallback ?? window.setTimeout;

export class Plot {
  /** @type {Piece[]} */
  pieces = [];
  /** @type {Scene | null} */
  scene = null;
  /** @type {Chosen} */
  chosen = { count: 0, weight: 0, bundles: [] };
  /** @type {LinesPlace | null} */
  inFront = null;
  /** @type {number[]} */
  heads = [];
  drawing = 0;
  watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const piece = this.pieces.find(({ resting }) => resting === target);
      if (piece) piece.seen = isIntersecting;
    }
    this.paint();
  });

  /** @param {HTMLElement} box that the tokens stand in too */
  constructor(box) {
    this.box = box;
  }

  /**
   * Canvases along the tokens; a bitmap comes with the first line drawn.
   *
   * @param {Scene} scene
   * @param {{left: number, top: number}} origin where the plot lies in the window
   */
  place(scene, origin) {
    this.clear();
    this.scene = scene;
    const { across } = scene.size;
    const first = -(across ? origin.left : origin.top);
    const last = first + (across ? innerWidth : innerHeight);
    this.pieces = piecesOf(scene.size).map((span) => {
      const [resting, front] = ["resting", "front"].map((name) => {
        const canvas = element("canvas", { class: name, "aria-hidden": "true" });
        for (const [side, length] of Object.entries(pieceBox(scene.size, span))) {
          canvas.style.setProperty(side, `${length}px`);
        }
        return canvas;
      });
      const seen = span.start < last && span.end > first; // until the watcher knows better
      return { ...span, resting, front, painted: false, fronted: false, seen };
    });
    for (const { resting, front } of this.pieces) {
      this.box.prepend(resting, front);
      this.watcher.observe(resting);
    }
  }

  clear() {
    this.watcher.disconnect();
    for (const { resting, front } of this.pieces) {
      resting.remove();
      front.remove();
    }
    this.pieces = []; // nothing left to draw when there is time
  }

  /**
   * Other lines at rest.
   *
   * @param {Chosen} chosen
   */
  rest(chosen) {
    this.chosen = chosen;
    for (const piece of this.pieces) piece.painted = false;
  }

  /**
   * The lines of another token in front, null for none; those of these heads.
   *
   * @param {LinesPlace | null} place
   * @param {number[]} heads
   */
  front(place, heads) {
    this.inFront = place;
    this.heads = heads;
    for (const piece of this.pieces) piece.fronted = false;
    this.paint();
  }

  paint() {
    for (const piece of this.pieces) {
      if (!piece.seen) continue;
      if (!piece.painted) this.paintResting(piece);
      if (!piece.fronted) this.paintFront(piece);
    }
    // not before the frame with what is in sight
    this.drawing ||= requestAnimationFrame(() => whenIdle(() => this.paintNext()));
  }

  paintNext() {
    const next = this.pieces.find((piece) => !piece.painted);
    if (next) this.paintResting(next);
    this.drawing = next ? whenIdle(() => this.paintNext()) : 0;
  }

  /** @param {Piece} piece */
  paintResting(piece) {
    piece.painted = true;
    if (this.scene) paintResting(piece.resting, this.scene, piece, this.chosen);
  }

  /** @param {Piece} piece */
  paintFront(piece) {
    piece.fronted = true;
    piece.front.hidden = !this.inFront; // a bitmap that is not shown costs nothing
    if (this.inFront && this.scene) {
      paintFront(piece.front, this.scene, piece, this.inFront, this.heads);
    }
  }
}
