// @ts-check
// Draws the overview: a tile per head, a pixel block per pair of tokens.

import { packedColours } from "../shared/canvas.js";
import { canvasFont, css } from "../shared/colour.js";
import { corner, NAME, tileIn } from "./layout.js";

/** @import { Theme } from "../shared/theme.js" */
/** @import { Grid, Size } from "./layout.js" */

/**
 * Tiles with fewer pixels than pairs: each pixel takes the strongest pair of its block.
 *
 * @param {Uint8Array} pixels
 * @param {number} tiles
 * @param {number} tokens pairs along a side
 * @param {number} side pixels along a side
 */
export function strongestPerPixel(pixels, tiles, tokens, side) {
  const starts = Uint16Array.from({ length: side + 1 }, (_, pixel) =>
    Math.ceil((pixel * tokens) / side),
  );
  const strongest = new Uint8Array(tiles * side * side);
  let pair = 0;
  for (let row = 0; row < tiles * side; row += 1) {
    const queries = starts[(row % side) + 1] - starts[row % side];
    for (let query = 0; query < queries; query += 1) {
      for (let column = 0, place = row * side; column < side; column += 1, place += 1) {
        let most = strongest[place];
        for (const end = pair + starts[column + 1] - starts[column]; pair < end; pair += 1) {
          if (pixels[pair] > most) most = pixels[pair];
        }
        strongest[place] = most;
      }
    }
  }
  return strongest;
}

/**
 * A row of cells in colour, each `block` pixels wide.
 *
 * @param {Uint32Array} target
 * @param {number} place the first pixel
 * @param {Uint8Array} indices
 * @param {number} first cell
 * @param {number} count
 * @param {number} block
 * @param {Uint32Array} colours
 */
function paintRow(target, place, indices, first, count, block, colours) {
  if (block === 1) {
    for (let cell = 0; cell < count; cell += 1)
      target[place + cell] = colours[indices[first + cell]];
    return;
  }
  for (let cell = 0, pixel = place; cell < count; cell += 1) {
    const colour = colours[indices[first + cell]];
    for (const end = pixel + block; pixel < end; pixel += 1) target[pixel] = colour;
  }
}

/**
 * All tiles as one image, written pixel by pixel: a canvas per tile takes ten times as long.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Uint8Array} pixels
 * @param {Grid} grid
 * @param {Size} size
 * @param {Uint8ClampedArray} table
 */
export function paintTiles(context, pixels, grid, { device }, table) {
  const { width, height } = context.canvas;
  const colours = packedColours(table);
  const image = context.createImageData(width, height);
  const target = new Uint32Array(image.data.buffer);
  const side = Math.min(grid.tokens, device.tile);
  const tiles = grid.order.length;
  const indices = side < grid.tokens ? strongestPerPixel(pixels, tiles, grid.tokens, side) : pixels;
  const block = device.tile / side;
  for (let slot = 0; slot < tiles; slot += 1) {
    const left = device.left + (slot % grid.heads) * device.across;
    const top = device.top + Math.floor(slot / grid.heads) * device.down;
    const first = grid.order[slot] * side * side;
    for (let row = 0; row < side; row += 1) {
      const line = (top + row * block) * width + left;
      paintRow(target, line, indices, first + row * side, side, block, colours);
      for (let part = 1; part < block; part += 1) {
        target.copyWithin(line + part * width, line, line + device.tile);
      }
    }
  }
  context.putImageData(image, 0, 0);
}

/**
 * A thin line around each tile.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {Size} size
 * @param {Theme} theme
 */
export function paintFrames(context, grid, size, theme) {
  context.strokeStyle = css(theme.text, 0.16);
  context.lineWidth = 1;
  context.beginPath();
  for (let slot = 0; slot < grid.order.length; slot += 1) {
    const [x, y] = corner(size, grid.heads, slot);
    context.rect(x - 0.5, y - 0.5, size.tile + 1, size.tile + 1);
  }
  context.stroke();
}

/**
 * L0… and H0… at the sides; where tiles are ordered a name each, at the side their numbers.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {Size} size
 * @param {Theme} theme
 */
export function paintNames(context, grid, size, theme) {
  context.font = canvasFont("tiny", theme);
  context.fillStyle = css(theme.text, 0.8);
  context.textBaseline = "middle";
  context.textAlign = "right";
  for (let row = 0; row < grid.layers; row += 1) {
    const name = size.lines ? String(row * grid.heads + 1) : `L${row}`;
    context.fillText(name, size.left - 6, size.top + row * size.down + size.tile / 2);
  }
  context.textAlign = "center";
  if (size.lines) {
    paintTileNames(context, grid, size, theme);
    return;
  }
  for (let head = 0; head < grid.heads; head += 1) {
    context.fillText(`H${head}`, size.left + head * size.across + size.tile / 2, size.top / 2);
  }
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {Size} size
 * @param {Theme} theme
 */
function paintTileNames(context, grid, size, theme) {
  context.font = canvasFont("tiny", theme);
  for (let slot = 0; slot < grid.order.length; slot += 1) {
    const { layer, head } = tileIn(grid, slot);
    const names = size.lines === 1 ? [`L${layer} H${head}`] : [`L${layer}`, `H${head}`];
    const [x, y] = corner(size, grid.heads, slot);
    names.forEach((name, line) => {
      const up = (size.lines - line - 0.5) * NAME.line + 1;
      context.fillText(name, x + size.tile / 2, y - up);
    });
  }
}

/**
 * A sign in each tile's lower left corner, on a patch of the page's colour.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {Grid} grid
 * @param {Size} size
 * @param {Theme} theme
 * @param {string[][]} signs by layer and head; "" for none
 */
export function paintSigns(context, grid, size, theme, signs) {
  context.save();
  context.font = canvasFont("small", theme, 600);
  context.textAlign = "left";
  for (let slot = 0; slot < grid.order.length; slot += 1) {
    const { layer, head } = tileIn(grid, slot);
    const sign = signs[layer][head];
    if (!sign) continue;
    const [x, y] = corner(size, grid.heads, slot);
    const width = context.measureText(sign).width + 6;
    context.fillStyle = css(theme.background, 0.88);
    context.fillRect(x, y + size.tile - 16, width, 16);
    context.fillStyle = css(theme.text);
    context.fillText(sign, x + 3, y + size.tile - 7.5);
  }
  context.restore();
}
