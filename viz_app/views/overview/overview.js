// All layers × heads on one canvas: a tile per head, a pixel block per pair of tokens.

import { packedColours, sizeCanvas } from "../shared/canvas.js";
import { deliver } from "../shared/channel.js";
import { colourTable, css } from "../shared/colour.js";
import { element, tooltip, watchWidth } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { readTheme } from "../shared/theme.js";

const GAP = 3; // between tiles, CSS pixels
const GUTTER = { left: 30, top: 20 }; // room for L0… and H0…
const TILE = { smallest: 18, largest: 96 };
const TALLEST = 600; // CSS pixels; more layers make smaller tiles
const NAME = { size: 10, line: 11 }; // L2 H5 over each tile, where rows are not layers

/**
 * Sizes of the grid in CSS pixels; a tile is a whole number of device pixels per token.
 *
 * lines: of text over each tile; 0 where the names of layers and heads stand outside.
 */
function layoutOverview(width, { layers, heads, tokens }, lines) {
  const ratio = window.devicePixelRatio || 1;
  const above = lines ? 0 : GUTTER.top;
  const strip = lines ? lines * NAME.line + 2 : 0;
  const across = Math.floor((width - GUTTER.left) / heads) - GAP;
  const down = Math.floor((TALLEST - above) / layers) - GAP - strip;
  const exact = Math.ceil(tokens / ratio); // a pixel per pair, where the width allows
  const tall = Math.max(down, 28, exact <= across ? exact : 0);
  const room = Math.max(TILE.smallest, Math.min(TILE.largest, across, tall));
  const pixels = Math.floor(room * ratio);
  const block = Math.floor(pixels / tokens);
  const device = {
    tile: block >= 1 ? block * tokens : pixels,
    left: Math.round(GUTTER.left * ratio),
    top: Math.round((above + strip) * ratio),
  };
  device.across = device.tile + Math.round(GAP * ratio);
  device.down = device.across + Math.round(strip * ratio);
  return {
    device,
    lines,
    tile: device.tile / ratio,
    left: device.left / ratio,
    top: device.top / ratio, // of the first tile; its name stands above
    across: device.across / ratio,
    down: device.down / ratio,
    width: (device.left + heads * device.across) / ratio,
    height: (device.top + layers * device.down) / ratio,
  };
}

/** Tiles with fewer pixels than pairs: each pixel takes the strongest pair of its block. */
function strongestPerPixel(pixels, tiles, tokens, side) {
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

/** A row of cells in colour, each `block` pixels wide. */
function paintRow(target, place, indices, cell, count, block, colours) {
  const end = cell + count;
  if (block === 1) {
    while (cell < end) target[place++] = colours[indices[cell++]];
    return;
  }
  for (; cell < end; cell += 1) {
    const colour = colours[indices[cell]];
    for (const next = place + block; place < next; place += 1) target[place] = colour;
  }
}

/** All tiles as one image, written pixel by pixel: a canvas per tile takes ten times as long. */
function paintTiles(context, pixels, grid, { device }, table) {
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

function buildOverview(root, emit) {
  const order = element("div", { class: "quiet order", hidden: true });
  const box = element("div", { class: "scroll" });
  const stage = element("div", { class: "stage", tabindex: "0", role: "application" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const hoverMark = element("div", { class: "mark hover", hidden: true });
  const selectedMark = element("div", { class: "mark selected", hidden: true });
  const caption = element("div", { class: "caption quiet", "aria-live": "polite" });
  const pooled = element("div", { class: "quiet", hidden: true });
  stage.append(canvas, hoverMark, selectedMark);
  box.append(stage);
  root.append(order, box, caption, pooled);
  const tip = tooltip(root);

  let payload = null;
  let size = null;
  // order: slot, counted row by row → tile, counted layer by layer; slots: the other way round
  let grid = { layers: 0, heads: 0, tokens: 0, order: [], slots: [] };
  let selected = { layer: 0, head: 0 };
  let waiting = 0; // timer of a choice that Python will hear of
  let told = []; // choices that Python has heard of and not yet sent back, as layer · heads + head
  let chosenAt = -Infinity;

  const indexOf = ({ layer, head }) => layer * grid.heads + head;
  const tileIn = (slot) => ({
    layer: Math.floor(grid.order[slot] / grid.heads),
    head: grid.order[slot] % grid.heads,
  });

  /** The strongest pair of a head, in exact digits; where tiles are ordered its score as well. */
  function describe(tile) {
    const { labels, tokens } = payload.header;
    const { peaks, peak_weights: weights, scores } = payload.arrays;
    const index = indexOf(tile);
    const pair = fill(labels.tip, {
      ...tile,
      weight: digits(weights[index], 2),
      query: tokens[peaks[index * 2]].label,
      to: tokens[peaks[index * 2 + 1]].label,
    });
    if (!scores) return pair;
    const slot = grid.slots[index];
    const score = fill(labels.score, {
      score: digits(scores[slot], 3),
      rank: slot + 1,
      total: grid.order.length,
    });
    return `${pair} · ${score}`;
  }

  /** Upper left corner of a slot's tile. */
  function corner(slot) {
    return [
      size.left + (slot % grid.heads) * size.across,
      size.top + Math.floor(slot / grid.heads) * size.down,
    ];
  }

  function place(mark, tile) {
    const [left, top] = corner(grid.slots[indexOf(tile)]);
    mark.hidden = false;
    mark.style.left = `${left}px`;
    mark.style.top = `${top}px`;
    mark.style.width = mark.style.height = `${size.tile}px`;
  }

  /** Sizes for this width; names over the tiles take two lines where one is too long. */
  function measure(context, width, font) {
    if (!payload.arrays.order) return layoutOverview(width, grid, 0);
    const one = layoutOverview(width, grid, 1);
    context.font = `${NAME.size}px ${font}`;
    const longest = context.measureText(`L${grid.layers - 1} H${grid.heads - 1}`).width;
    return longest > one.across ? layoutOverview(width, grid, 2) : one;
  }

  function paint(width) {
    if (!payload || !width) return;
    const theme = readTheme(root);
    const table = colourTable("probability", theme);
    size = measure(canvas.getContext("2d"), width, theme.font);
    const context = sizeCanvas(canvas, size.width, size.height);
    paintTiles(context, payload.arrays.pixels, grid, size, table);
    stage.style.width = `${size.width}px`;
    stage.style.height = `${size.height}px`;
    paintNames(context, theme);
    context.strokeStyle = css(theme.text, 0.16);
    context.lineWidth = 1;
    context.beginPath();
    for (let slot = 0; slot < grid.order.length; slot += 1) {
      const [x, y] = corner(slot);
      context.rect(x - 0.5, y - 0.5, size.tile + 1, size.tile + 1);
    }
    context.stroke();
    const { marks } = payload.header;
    for (let slot = 0; marks && slot < grid.order.length; slot += 1) {
      const { layer, head } = tileIn(slot);
      paintSign(context, theme, marks[layer][head], ...corner(slot));
    }
    place(selectedMark, selected);
    caption.textContent = describe(selected);
    const side = Math.min(grid.tokens, size.device.tile);
    pooled.hidden = side >= payload.header.tokens.length;
    pooled.textContent = fill(payload.header.labels.pooled, { pixels: side });
  }

  /** L0… and H0… at the sides; where tiles are ordered a name each, at the side their numbers. */
  function paintNames(context, theme) {
    context.font = `11px ${theme.font}`;
    context.fillStyle = css(theme.text, 0.8);
    context.textBaseline = "middle";
    context.textAlign = "right";
    for (let row = 0; row < grid.layers; row += 1) {
      const name = size.lines ? row * grid.heads + 1 : `L${row}`;
      context.fillText(name, size.left - 6, size.top + row * size.down + size.tile / 2);
    }
    context.textAlign = "center";
    if (!size.lines) {
      for (let head = 0; head < grid.heads; head += 1) {
        context.fillText(`H${head}`, size.left + head * size.across + size.tile / 2, size.top / 2);
      }
      return;
    }
    context.font = `${NAME.size}px ${theme.font}`;
    for (let slot = 0; slot < grid.order.length; slot += 1) {
      const { layer, head } = tileIn(slot);
      const names = size.lines === 1 ? [`L${layer} H${head}`] : [`L${layer}`, `H${head}`];
      const [x, y] = corner(slot);
      names.forEach((name, line) => {
        const up = (size.lines - line - 0.5) * NAME.line + 1;
        context.fillText(name, x + size.tile / 2, y - up);
      });
    }
  }

  /** A sign in the tile's lower left corner, on a patch of the page's colour. */
  function paintSign(context, theme, sign, x, y) {
    if (!sign) return;
    context.save();
    context.font = `600 12px ${theme.font}`;
    const width = context.measureText(sign).width + 6;
    context.fillStyle = css(theme.background, 0.88);
    context.fillRect(x, y + size.tile - 16, width, 16);
    context.fillStyle = css(theme.text);
    context.textAlign = "left";
    context.fillText(sign, x + 3, y + size.tile - 7.5);
    context.restore();
  }

  function tileAt(event) {
    const bounds = stage.getBoundingClientRect();
    const above = size.down - size.across; // a tile's name belongs to it
    const column = Math.floor((event.clientX - bounds.left - size.left) / size.across);
    const row = Math.floor((event.clientY - bounds.top - size.top + above) / size.down);
    const inside = column >= 0 && row >= 0 && column < grid.heads && row < grid.layers;
    return inside ? tileIn(row * grid.heads + column) : null;
  }

  /** The slot an arrow key leads to; ordered tiles are one sequence, so a row's end is no end. */
  function neighbour(slot, across, down) {
    const column = (slot % grid.heads) + across;
    const row = Math.floor(slot / grid.heads) + down;
    if (size.lines)
      return Math.min(Math.max(slot + across + down * grid.heads, 0), grid.order.length - 1);
    return (
      Math.min(Math.max(row, 0), grid.layers - 1) * grid.heads +
      Math.min(Math.max(column, 0), grid.heads - 1)
    );
  }

  function choose(tile) {
    deliver("head", tile); // a view that has this head's numbers draws them at once
    selected = tile;
    place(selectedMark, selected);
    caption.textContent = describe(selected);
    // A single choice goes out at once. Holding an arrow key passes many heads; Python hears of the
    // first and of the one it stops at.
    clearTimeout(waiting);
    const now = performance.now();
    waiting = setTimeout(
      () => {
        waiting = 0;
        told.push(indexOf(tile));
        emit("select", { ...tile });
      },
      now - chosenAt > 250 ? 0 : 120,
    );
    chosenAt = now;
  }

  stage.addEventListener("pointermove", (event) => {
    const tile = size && tileAt(event);
    if (!tile) {
      hoverMark.hidden = true;
      tip.hide();
      return;
    }
    place(hoverMark, tile);
    const bounds = root.getBoundingClientRect();
    tip.show(describe(tile), event.clientX - bounds.left, event.clientY - bounds.top);
  });
  stage.addEventListener("pointerleave", () => {
    hoverMark.hidden = true;
    tip.hide();
  });
  stage.addEventListener("click", (event) => {
    const tile = size && tileAt(event);
    if (tile) choose(tile);
  });
  stage.addEventListener("keydown", (event) => {
    const step = {
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    }[event.key];
    if (!step || !size || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    choose(tileIn(neighbour(grid.slots[indexOf(selected)], ...step)));
  });
  const stopWatching = watchWidth(root, paint);

  return {
    show(next, values) {
      payload = next;
      // tokens: pixels along a tile's side, fewer for a long input
      const [layers, heads, tokens] = next.shapes.pixels;
      const tiles = next.arrays.order ?? Uint32Array.from({ length: layers * heads }, (_, i) => i);
      const slots = new Uint32Array(tiles.length);
      tiles.forEach((tile, slot) => {
        slots[tile] = slot;
      });
      grid = { layers, heads, tokens, order: tiles, slots };
      const { layer, head } = values ?? selected;
      selected = { layer: Math.min(layer, layers - 1), head: Math.min(head, heads - 1) };
      const { labels } = next.header;
      order.hidden = !next.arrays.order;
      order.textContent = labels.order;
      stage.setAttribute("aria-label", `${labels.title} ${labels.order} ${labels.keys}`);
      paint(root.clientWidth);
    },
    select({ layer, head }) {
      if (layer >= grid.layers || head >= grid.heads) return;
      const back = told.indexOf(indexOf({ layer, head }));
      told = told.slice(back + 1);
      if (back >= 0 && (waiting || told.length)) return; // an own choice, and newer ones are out
      selected = { layer, head };
      if (size) {
        place(selectedMark, selected);
        caption.textContent = describe(selected);
      }
    },
    repaint: () => paint(root.clientWidth),
    close: () => {
      clearTimeout(waiting);
      stopWatching();
    },
  };
}

export const mount = mountWith(buildOverview);
