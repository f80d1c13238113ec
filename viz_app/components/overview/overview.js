// All layers × heads on one canvas: a tile per head, a pixel block per pair of tokens.

const GAP = 3; // between tiles, CSS pixels
const GUTTER = { left: 30, top: 20 }; // room for L0… and H0…
const TILE = { smallest: 18, largest: 96 };
const TALLEST = 600; // CSS pixels; more layers make smaller tiles

/** Sizes of the grid in CSS pixels; a tile is a whole number of device pixels per token. */
function layoutOverview(width, layers, heads, tokens) {
  const ratio = window.devicePixelRatio || 1;
  const across = Math.floor((width - GUTTER.left) / heads) - GAP;
  const down = Math.floor((TALLEST - GUTTER.top) / layers) - GAP;
  const room = Math.max(TILE.smallest, Math.min(TILE.largest, across, Math.max(down, 28)));
  const pixels = Math.floor(room * ratio);
  const block = Math.floor(pixels / tokens);
  const device = block >= 1 ? block * tokens : pixels;
  const pitch = device + Math.round(GAP * ratio);
  return {
    tile: device / ratio,
    pitch: pitch / ratio,
    device,
    devicePitch: pitch,
    deviceLeft: Math.round(GUTTER.left * ratio),
    deviceTop: Math.round(GUTTER.top * ratio),
    width: GUTTER.left + (heads * pitch) / ratio,
    height: GUTTER.top + (layers * pitch) / ratio,
  };
}

/** One head's indices; where a pixel covers several pairs it shows the strongest. */
function tileIndices(pixels, start, tokens, device) {
  if (device >= tokens) return { indices: pixels.subarray(start, start + tokens * tokens), side: tokens };
  const indices = new Uint8Array(device * device);
  for (let query = 0; query < tokens; query += 1) {
    const row = Math.floor((query * device) / tokens) * device;
    for (let key = 0; key < tokens; key += 1) {
      const target = row + Math.floor((key * device) / tokens);
      const value = pixels[start + query * tokens + key];
      if (value > indices[target]) indices[target] = value;
    }
  }
  return { indices, side: device };
}

/** All tiles as one image, written pixel by pixel: a canvas per tile takes ten times as long. */
function paintTiles(context, pixels, grid, size, table) {
  const { width, height } = context.canvas;
  const colours = packedColours(table);
  const image = context.createImageData(width, height);
  const target = new Uint32Array(image.data.buffer);
  const cells = new Uint32Array(size.device); // pixel along a tile's side → cell
  for (let layer = 0; layer < grid.layers; layer += 1) {
    for (let head = 0; head < grid.heads; head += 1) {
      const start = (layer * grid.heads + head) * grid.tokens * grid.tokens;
      const { indices, side } = tileIndices(pixels, start, grid.tokens, size.device);
      for (let pixel = 0; pixel < size.device; pixel += 1) {
        cells[pixel] = Math.floor((pixel * side) / size.device);
      }
      const left = size.deviceLeft + head * size.devicePitch;
      const top = size.deviceTop + layer * size.devicePitch;
      const across = Math.min(size.device, width - left);
      for (let y = 0; y < size.device && top + y < height; y += 1) {
        const row = cells[y] * side;
        const line = (top + y) * width + left;
        for (let x = 0; x < across; x += 1) target[line + x] = colours[indices[row + cells[x]]];
      }
    }
  }
  context.putImageData(image, 0, 0);
}

function buildOverview(root, emit) {
  const box = element("div", { class: "scroll" });
  const stage = element("div", { class: "stage", tabindex: "0", role: "application" });
  const canvas = element("canvas", { "aria-hidden": "true" });
  const hoverMark = element("div", { class: "mark hover", hidden: true });
  const selectedMark = element("div", { class: "mark selected", hidden: true });
  const caption = element("div", { class: "caption quiet", "aria-live": "polite" });
  const pooled = element("div", { class: "quiet", hidden: true });
  stage.append(canvas, hoverMark, selectedMark);
  box.append(stage);
  root.append(box, caption, pooled);
  const tip = tooltip(root);

  let payload = null;
  let size = null;
  let grid = { layers: 0, heads: 0, tokens: 0 };
  let selected = { layer: 0, head: 0 };
  let waiting = 0;
  let chosenAt = -Infinity;

  /** The strongest pair of a head, in exact digits. */
  function describe({ layer, head }) {
    const { labels, tokens } = payload.header;
    const { peaks, peak_weights: weights } = payload.arrays;
    const place = layer * grid.heads + head;
    return fill(labels.tip, {
      layer,
      head,
      weight: digits(weights[place], 2),
      query: tokens[peaks[place * 2]].label,
      to: tokens[peaks[place * 2 + 1]].label,
    });
  }

  function place(mark, tile) {
    mark.hidden = false;
    mark.style.left = `${GUTTER.left + tile.head * size.pitch}px`;
    mark.style.top = `${GUTTER.top + tile.layer * size.pitch}px`;
    mark.style.width = mark.style.height = `${size.tile}px`;
  }

  function paint(width) {
    if (!payload || !width) return;
    const theme = readTheme(root);
    const table = colourTable("probability", theme);
    size = layoutOverview(width, grid.layers, grid.heads, grid.tokens);
    const context = sizeCanvas(canvas, size.width, size.height);
    paintTiles(context, payload.arrays.pixels, grid, size, table);
    stage.style.width = `${size.width}px`;
    stage.style.height = `${size.height}px`;
    context.font = `11px ${theme.font}`;
    context.fillStyle = css(theme.text, 0.8);
    context.textBaseline = "middle";
    context.textAlign = "center";
    for (let head = 0; head < grid.heads; head += 1) {
      context.fillText(`H${head}`, GUTTER.left + head * size.pitch + size.tile / 2, GUTTER.top / 2);
    }
    context.textAlign = "right";
    for (let layer = 0; layer < grid.layers; layer += 1) {
      context.fillText(`L${layer}`, GUTTER.left - 6, GUTTER.top + layer * size.pitch + size.tile / 2);
    }
    for (let layer = 0; layer < grid.layers; layer += 1) {
      for (let head = 0; head < grid.heads; head += 1) {
        const x = GUTTER.left + head * size.pitch;
        const y = GUTTER.top + layer * size.pitch;
        context.strokeStyle = css(theme.text, 0.16);
        context.lineWidth = 1;
        context.strokeRect(x - 0.5, y - 0.5, size.tile + 1, size.tile + 1);
        paintSign(context, theme, payload.header.marks?.[layer][head], x, y);
      }
    }
    place(selectedMark, selected);
    caption.textContent = describe(selected);
    const side = Math.min(grid.tokens, size.device);
    pooled.hidden = side >= payload.header.tokens.length;
    pooled.textContent = fill(payload.header.labels.pooled, { pixels: side });
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
    const head = Math.floor((event.clientX - bounds.left - GUTTER.left) / size.pitch);
    const layer = Math.floor((event.clientY - bounds.top - GUTTER.top) / size.pitch);
    const inside = head >= 0 && layer >= 0 && head < grid.heads && layer < grid.layers;
    return inside ? { layer, head } : null;
  }

  function choose(tile) {
    selected = tile;
    place(selectedMark, selected);
    caption.textContent = describe(selected);
    // A single choice goes out at once. Holding an arrow key passes many heads; Python hears of the
    // first and of the one it stops at.
    clearTimeout(waiting);
    const now = performance.now();
    waiting = setTimeout(() => emit("select", { ...tile }), now - chosenAt > 250 ? 0 : 120);
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
      ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1],
    }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    choose({
      layer: Math.min(Math.max(selected.layer + step[0], 0), grid.layers - 1),
      head: Math.min(Math.max(selected.head + step[1], 0), grid.heads - 1),
    });
  });
  const stopWatching = watchWidth(root, paint);

  return {
    show(next) {
      payload = next;
      const [layers, heads, tokens] = next.shapes.pixels;
      grid = { layers, heads, tokens }; // tokens: pixels along a tile's side, fewer for a long input
      selected = {
        layer: Math.min(selected.layer, layers - 1),
        head: Math.min(selected.head, heads - 1),
      };
      stage.setAttribute("aria-label", `${next.header.labels.title} ${next.header.labels.keys}`);
      paint(root.clientWidth);
    },
    select({ layer, head }) {
      if (layer >= grid.layers || head >= grid.heads) return;
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

export default mountWith(buildOverview);
