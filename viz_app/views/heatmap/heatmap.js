// One matrix: labels that stay in sight, digits where there is room, rows that can be chosen.
// The canvas is as large as the visible part only, so that 512 × 512 cells scroll as well as 14.

import { drawColumnToken, fitText, indexedBitmap, sizeCanvas } from "../shared/canvas.js";
import { channel } from "../shared/channel.js";
import { colourTable, css, inkOn, tableColour } from "../shared/colour.js";
import { element, termPieces, tooltip, watchWidth } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { PATIENCE_MS, prefetched } from "../shared/prefetch.js";
import { readTheme } from "../shared/theme.js";

const CELL = { smallest: 13, legible: 22, largest: 44, row: 18 };
const TALLEST = 680; // CSS pixels, then the box scrolls
const LABEL = { rows: 120, columns: 92, size: 12 };
const HIDDEN = { gap: 8, width: 56 }; // the column that says how much weight a filter took

/** Widths and heights of the parts, CSS pixels. */
function layoutHeatmap(context, header, width) {
  const { rows, columns } = header;
  const square = rows.length === columns.length;
  const measure = (token) => context.measureText(token.label).width;
  const widest = rows.reduce((most, token) => Math.max(most, measure(token)), 0);
  const left = Math.ceil(Math.min(LABEL.rows, width * 0.3, widest)) + 10;
  const longest = columns.reduce((most, token) => {
    const length = token.upright
      ? ([...token.text].length + (token.label === token.text ? 0 : 1)) * LABEL.size * 1.15
      : measure(token);
    return Math.max(most, length);
  }, 0);
  const word = header.arrays.hidden ? context.measureText(header.labels.hidden).width : 0;
  const top = Math.ceil(Math.min(LABEL.columns, Math.max(longest, word))) + 8;
  const beside = header.arrays.hidden ? HIDDEN.gap + HIDDEN.width : 0;
  const room = Math.floor((width - left - beside - 1) / columns.length);
  const smallest = columns.length <= 128 || square ? CELL.smallest : 3;
  // A few rows more or less than a screen: smaller cells rather than a box that scrolls.
  const fitting = Math.floor((TALLEST - top - 1) / rows.length);
  const largest =
    square && fitting >= CELL.legible ? Math.min(CELL.largest, fitting) : CELL.largest;
  const across = Math.max(smallest, Math.min(largest, room));
  const down = square ? across : Math.max(CELL.row, Math.min(across, 28));
  const full = {
    width: left + across * columns.length + beside + 1,
    height: top + down * rows.length + 1,
  };
  return {
    left,
    top,
    across,
    down,
    full,
    view: { width: Math.min(width, full.width), height: Math.min(TALLEST, full.height) },
  };
}

/** Place 0..1 of a value on the colour scale. */
function shareOf(value, { scale, floor, low, high }) {
  if (scale === "log") return 1 - Math.log(Math.max(value, floor)) / Math.log(floor);
  return (value - low) / (high - low);
}

function legendTicks({ scale, floor, kind, low, high }) {
  if (scale === "log")
    return [
      [0, `≤ ${floor}`],
      [1 / 3, "0.01"],
      [2 / 3, "0.1"],
      [1, "1"],
    ];
  if (kind === "signed")
    return [
      [0, digits(low, 2)],
      [0.5, "0"],
      [1, digits(high, 2)],
    ];
  if (low === 0 && high === 1)
    return [0, 0.25, 0.5, 0.75, 1].map((value) => [value, String(value)]);
  return [0, 0.5, 1].map((share) => [share, digits(low + share * (high - low), 2)]);
}

function colourIndices(payload) {
  const { values } = payload.arrays;
  const indices = new Uint8Array(values.length);
  for (let cell = 0; cell < values.length; cell += 1) {
    const share = Math.min(Math.max(shareOf(values[cell], payload.header), 0), 1);
    indices[cell] = Math.round(share * 255);
  }
  return indices;
}

/** The digits of a cell that is `across` wide, or null where there is no room for them. */
function cellText(value, { kind, high }, across) {
  if (kind === "signed") return across >= 34 ? digits(value, high < 1 ? 2 : 1) : null;
  if (across >= 32) return digits(value, 2);
  if (across >= 22) return value >= 0.995 ? value.toFixed(1) : value.toFixed(2).slice(1);
  return null;
}

function buildHeatmap(root, emit) {
  const canvas = element("canvas", { "aria-hidden": "true" });
  const overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
  const pane = element("div", { class: "pane" }, canvas, overlay);
  const spacer = element("div", { class: "spacer" }, pane);
  const box = element("div", { class: "grid", tabindex: "0", role: "application" }, spacer);
  const columnsWord = element("div", { class: "axis quiet" });
  const rowsWord = element("div", { class: "axis quiet" });
  const bar = element("canvas", { class: "bar", "aria-hidden": "true" });
  const legendWord = element("span", { class: "quiet" });
  const legend = element("div", { class: "legend" }, bar, legendWord);
  const caption = element("div", { class: "caption quiet", "aria-live": "polite" });
  root.append(rowsWord, columnsWord, box, legend, caption);
  const tip = tooltip(root);

  let payload = null;
  let bitmap = null;
  let table = null;
  let theme = null;
  let size = null;
  let selected = null; // chosen row
  let selectedKey = null; // chosen column, where single cells are chosen
  let hover = null; // {query, key}
  let waiting = 0;
  let answered = null; // the last payload from Python
  let ahead = null; // {layer, head, timer}: drawn though Python has not answered yet

  /** Another head is chosen: draw it now, if its numbers were brought along. */
  function drawAhead({ layer, head }) {
    const { heads } = payload?.header ?? {};
    const brought = heads && prefetched(payload.header.view).values?.[0];
    if (!brought || !size || brought.header.name !== heads.name) return;
    clearTimeout(ahead?.timer);
    ahead = { layer, head, timer: setTimeout(stopWaiting, PATIENCE_MS) };
    payload = withHead(answered, brought);
    hover = null;
    tip.hide();
    layout(root.clientWidth);
  }

  function withHead(shown, { arrays, shapes }) {
    const cells = shown.arrays.values.length;
    const first = (ahead.layer * shapes.heads[1] + ahead.head) * cells;
    const values = arrays.heads.subarray(first, first + cells);
    return { ...shown, arrays: { ...shown.arrays, values } };
  }

  function forgetAhead() {
    clearTimeout(ahead?.timer);
    ahead = null;
  }

  function stopWaiting() {
    forgetAhead();
    if (payload === answered) return;
    payload = answered;
    layout(root.clientWidth);
  }

  /** Whether a payload answers an earlier choice than the one that is drawn. */
  function isEarlier({ header: { view, heads } }) {
    const brought = prefetched(view).values?.[0];
    return (
      ahead &&
      heads &&
      heads.name === brought.header.name &&
      (heads.layer !== ahead.layer || heads.head !== ahead.head)
    );
  }

  function describe({ query, key }) {
    const { header, arrays } = payload;
    if (key === header.columns.length) {
      return fill(header.labels.hidden_tip, {
        query: header.rows[query].label,
        value: digits(arrays.hidden[query], 4),
      });
    }
    const place = query * header.columns.length + key;
    const names = { query: header.rows[query].label, to: header.columns[key].label };
    if (arrays.masked?.[place]) return fill(header.labels.masked, names);
    const decimals = header.kind === "probability" ? 4 : 3;
    return fill(header.labels.tip, { ...names, value: digits(arrays.values[place], decimals) });
  }

  /** First and last visible row and column. */
  function visible() {
    const { columns, rows } = payload.header;
    const plot = { width: size.view.width - size.left, height: size.view.height - size.top };
    return {
      left: Math.floor(box.scrollLeft / size.across),
      right: Math.min(columns.length, Math.ceil((box.scrollLeft + plot.width) / size.across)),
      top: Math.floor(box.scrollTop / size.down),
      bottom: Math.min(rows.length, Math.ceil((box.scrollTop + plot.height) / size.down)),
    };
  }

  const cellX = (key) => size.left + key * size.across - box.scrollLeft;
  const cellY = (query) => size.top + query * size.down - box.scrollTop;

  function clipToPlot(context) {
    context.beginPath();
    context.rect(size.left, size.top, size.view.width - size.left, size.view.height - size.top);
    context.clip();
  }

  function paintCells(context, shown) {
    const { header, arrays } = payload;
    const { columns, rows } = header;
    context.save();
    clipToPlot(context);
    context.imageSmoothingEnabled = false;
    context.drawImage(
      bitmap,
      shown.left,
      shown.top,
      shown.right - shown.left,
      shown.bottom - shown.top,
      cellX(shown.left),
      cellY(shown.top),
      (shown.right - shown.left) * size.across,
      (shown.bottom - shown.top) * size.down,
    );
    if (size.across >= CELL.smallest) paintGrid(context, shown);
    context.font = `${size.across >= 36 ? 12 : 10}px ${theme.font}`;
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (let query = shown.top; query < shown.bottom; query += 1) {
      for (let key = shown.left; key < shown.right; key += 1) {
        const place = query * columns.length + key;
        if (arrays.masked?.[place]) {
          hatch(context, cellX(key), cellY(query));
          continue;
        }
        const value = arrays.values[place];
        const text = cellText(value, header, size.across);
        if (text === null) continue;
        const share = Math.min(Math.max(shareOf(value, header), 0), 1);
        const ink = inkOn(tableColour(table, Math.round(share * 255)));
        const faint = header.kind === "probability" && value < 0.005;
        context.fillStyle = ink;
        context.globalAlpha = faint ? 0.4 : 0.95;
        context.fillText(text, cellX(key) + size.across / 2, cellY(query) + size.down / 2 + 0.5);
      }
    }
    context.globalAlpha = 1;
    if (rows.length === columns.length) paintSegments(context);
    if (arrays.hidden) paintHidden(context, shown);
    context.restore();
  }

  /** A grey bar and digits per row: the weight on pairs that are not shown. */
  function paintHidden(context, shown) {
    const x = cellX(payload.header.columns.length) + HIDDEN.gap;
    context.textAlign = "left";
    context.font = `11px ${theme.font}`;
    for (let query = shown.top; query < shown.bottom; query += 1) {
      const value = payload.arrays.hidden[query];
      const y = cellY(query);
      context.fillStyle = css(theme.text, 0.22);
      context.fillRect(x, y + 2, HIDDEN.width * Math.min(1, value), size.down - 3);
      if (size.down < CELL.smallest) continue;
      context.fillStyle = css(theme.text, 0.9);
      context.fillText(digits(value, 2), x + 3, y + size.down / 2 + 0.5);
    }
  }

  function paintGrid(context, shown) {
    context.strokeStyle = css(theme.text, 0.08);
    context.lineWidth = 1;
    context.beginPath();
    for (let key = shown.left; key <= shown.right; key += 1) {
      context.moveTo(cellX(key) + 0.5, cellY(shown.top));
      context.lineTo(cellX(key) + 0.5, cellY(shown.bottom));
    }
    for (let query = shown.top; query <= shown.bottom; query += 1) {
      context.moveTo(cellX(shown.left), cellY(query) + 0.5);
      context.lineTo(cellX(shown.right), cellY(query) + 0.5);
    }
    context.stroke();
  }

  /** A cell without a value: hatched, so that it does not pass for a zero. */
  function hatch(context, x, y) {
    context.save();
    context.beginPath();
    context.rect(x + 1, y + 1, size.across - 1, size.down - 1);
    context.clip();
    context.fillStyle = css(theme.background);
    context.fill();
    context.strokeStyle = css(theme.text, 0.15);
    context.beginPath();
    for (let shift = -size.down; shift < size.across; shift += 6) {
      context.moveTo(x + shift, y + size.down);
      context.lineTo(x + shift + size.down, y);
    }
    context.stroke();
    context.restore();
  }

  /** A line where sentence A ends and B begins. */
  function paintSegments(context) {
    const { columns } = payload.header;
    context.strokeStyle = css(theme.text, 0.55);
    context.lineWidth = 1;
    context.setLineDash([4, 3]);
    context.beginPath();
    for (let index = 1; index < columns.length; index += 1) {
      if (columns[index].segment === columns[index - 1].segment) continue;
      context.moveTo(cellX(index) + 0.5, 0);
      context.lineTo(cellX(index) + 0.5, size.full.height);
      context.moveTo(0, cellY(index) + 0.5);
      context.lineTo(size.full.width, cellY(index) + 0.5);
    }
    context.stroke();
    context.setLineDash([]);
  }

  function paintLabels(context, shown) {
    const { rows, columns } = payload.header;
    context.font = `${LABEL.size}px ${theme.font}`;
    context.save();
    context.beginPath();
    context.rect(0, size.top, size.left, size.view.height - size.top);
    context.clip();
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (let query = shown.top; query < shown.bottom; query += 1) {
      const chosen = query === selected;
      context.fillStyle = chosen ? css(theme.mark) : css(theme.text, 0.9);
      const text = fitText(
        (text) => context.measureText(text).width,
        rows[query].label,
        size.left - 10,
      );
      context.fillText(text, size.left - 6, cellY(query) + size.down / 2);
    }
    context.restore();
    context.save();
    context.beginPath();
    context.rect(size.left, 0, size.view.width - size.left, size.top);
    context.clip();
    const every = Math.ceil(LABEL.size / size.across);
    for (let key = shown.left; key < shown.right; key += 1) {
      if (key % every) continue;
      context.fillStyle = css(theme.text, 0.9);
      const x = cellX(key) + size.across / 2;
      drawColumnToken(context, columns[key], x, size.top - 4, size.top - 6, LABEL.size);
    }
    if (payload.arrays.hidden) {
      context.fillStyle = css(theme.text, 0.7);
      const x = cellX(columns.length) + HIDDEN.gap + 10;
      const word = { text: payload.header.labels.hidden, label: payload.header.labels.hidden };
      drawColumnToken(context, word, x, size.top - 4, size.top - 6, LABEL.size);
    }
    context.restore();
  }

  function paint() {
    if (!payload || !size) return;
    const context = sizeCanvas(canvas, size.view.width, size.view.height);
    const shown = visible();
    paintCells(context, shown);
    paintLabels(context, shown);
    paintMarks();
  }

  function paintMarks() {
    const context = sizeCanvas(overlay, size.view.width, size.view.height);
    clipToPlot(context);
    if (selected !== null && payload.header.cells) {
      context.strokeStyle = css(theme.mark);
      context.lineWidth = 3;
      context.strokeRect(cellX(selectedKey) + 0.5, cellY(selected) + 0.5, size.across, size.down);
    } else if (selected !== null) {
      context.strokeStyle = css(theme.mark);
      context.lineWidth = 2;
      const end = Math.min(cellX(payload.header.columns.length), size.view.width - 1);
      context.strokeRect(size.left + 1, cellY(selected) + 0.5, end - size.left - 1, size.down);
    }
    if (hover && hover.key < payload.header.columns.length) {
      context.strokeStyle = css(theme.text, 0.85);
      context.lineWidth = 1.5;
      context.strokeRect(cellX(hover.key) + 0.5, cellY(hover.query) + 0.5, size.across, size.down);
    }
  }

  function paintLegend() {
    const width = 220;
    const context = sizeCanvas(bar, width + 40, 28);
    for (let x = 0; x < width; x += 1) {
      context.fillStyle = css(tableColour(table, Math.round((x / (width - 1)) * 255)));
      context.fillRect(20 + x, 1, 1.5, 10);
    }
    context.strokeStyle = css(theme.text, 0.35);
    context.strokeRect(19.5, 0.5, width + 1, 11);
    context.font = `11px ${theme.font}`;
    context.fillStyle = css(theme.text, 0.85);
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (const [place, text] of legendTicks(payload.header)) {
      context.fillText(text, 20 + place * width, 25);
    }
  }

  function layout(width) {
    if (!payload || !width) return;
    theme = readTheme(root);
    table = colourTable(payload.header.kind, theme);
    const { rows, columns } = payload.header;
    bitmap = indexedBitmap(colourIndices(payload), rows.length, columns.length, table);
    const probe = canvas.getContext("2d");
    probe.font = `${LABEL.size}px ${theme.font}`;
    size = layoutHeatmap(probe, payload.header, width);
    spacer.style.width = `${size.full.width}px`;
    spacer.style.height = `${size.full.height}px`;
    box.style.maxHeight = `${TALLEST + 16}px`;
    paint();
    paintLegend();
    tell();
  }

  function tell() {
    caption.textContent = hover ? describe(hover) : "";
    if (!hover && selected !== null && payload.header.cells) {
      caption.textContent = describe({ query: selected, key: selectedKey });
    } else if (!hover && selected !== null) {
      const { columns } = payload.header;
      const row = payload.arrays.values.subarray(
        selected * columns.length,
        (selected + 1) * columns.length,
      );
      let best = 0;
      row.forEach((value, key) => {
        if (value > row[best]) best = key;
      });
      caption.textContent = describe({ query: selected, key: best });
    }
  }

  function cellAt(event) {
    const bounds = pane.getBoundingClientRect();
    const x = event.clientX - bounds.left;
    const y = event.clientY - bounds.top;
    const query = Math.floor((y - size.top + box.scrollTop) / size.down);
    const key = Math.floor((x - size.left + box.scrollLeft) / size.across);
    const { rows, columns } = payload.header;
    if (y < size.top || query < 0 || query >= rows.length) return null;
    const beside = x - cellX(columns.length) - HIDDEN.gap;
    if (payload.arrays.hidden && beside >= 0 && beside < HIDDEN.width) {
      return { query, key: columns.length };
    }
    return { query, key: x < size.left || key < 0 || key >= columns.length ? null : key };
  }

  function pointAt(cell, x, y) {
    hover = cell && cell.key !== null ? cell : null;
    paintMarks();
    if (hover) tip.show(describe(hover), x, y);
    else tip.hide();
  }

  function choose(query, key) {
    const column = key !== null && key < payload.header.columns.length ? key : null;
    if (payload.header.cells && column === null) return;
    selected = query;
    selectedKey = column;
    paint();
    tell();
    clearTimeout(waiting);
    waiting = setTimeout(() => emit("select", { query, key: column }), 120);
  }

  function scrollTo({ query, key }) {
    const left = key * size.across;
    const top = query * size.down;
    const plot = { width: size.view.width - size.left, height: size.view.height - size.top };
    if (left < box.scrollLeft) box.scrollLeft = left;
    if (left + size.across > box.scrollLeft + plot.width)
      box.scrollLeft = left + size.across - plot.width;
    if (top < box.scrollTop) box.scrollTop = top;
    if (top + size.down > box.scrollTop + plot.height)
      box.scrollTop = top + size.down - plot.height;
  }

  box.addEventListener("pointermove", (event) => {
    if (!size) return;
    const bounds = root.getBoundingClientRect();
    pointAt(cellAt(event), event.clientX - bounds.left, event.clientY - bounds.top);
  });
  box.addEventListener("pointerleave", () => size && pointAt(null));
  box.addEventListener("click", (event) => {
    const cell = size && cellAt(event);
    if (cell) choose(cell.query, cell.key);
  });
  box.addEventListener("scroll", () => requestAnimationFrame(paint), { passive: true });
  box.addEventListener("keydown", (event) => {
    const step = {
      ArrowUp: [-1, 0],
      ArrowDown: [1, 0],
      ArrowLeft: [0, -1],
      ArrowRight: [0, 1],
    }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const { header } = payload;
    const { rows, columns } = header;
    const from = { query: selected ?? 0, key: hover?.key ?? selectedKey ?? 0 };
    const to = {
      query: Math.min(Math.max(from.query + step[0], 0), rows.length - 1),
      key: Math.min(Math.max(from.key + step[1], 0), columns.length - 1),
    };
    scrollTo(to);
    if (to.query !== selected || header.cells) choose(to.query, to.key);
    const bounds = root.getBoundingClientRect();
    const inside = pane.getBoundingClientRect();
    pointAt(
      to,
      cellX(to.key) + size.across + inside.left - bounds.left,
      cellY(to.query) + inside.top - bounds.top,
    );
    tell();
  });
  const stopWatching = watchWidth(root, layout);
  const choices = channel("head");
  choices.listeners.add(drawAhead);

  return {
    show(next) {
      const earlier = isEarlier(next);
      answered = next;
      if (!earlier) forgetAhead();
      payload = earlier ? withHead(next, prefetched(next.header.view).values[0]) : next;
      hover = null;
      tip.hide();
      const { header } = next;
      if (selected >= header.rows.length || selectedKey >= header.columns.length) selected = null;
      columnsWord.replaceChildren(...termPieces(header.terms.columns), " →");
      rowsWord.replaceChildren("↓ ", ...termPieces(header.terms.rows));
      legendWord.replaceChildren(...termPieces(header.terms.legend));
      box.setAttribute(
        "aria-label",
        `${header.labels.rows} × ${header.labels.columns}. ${header.labels.keys}`,
      );
      layout(root.clientWidth);
    },
    select({ query, key }) {
      const { rows, columns } = payload.header;
      const known = query !== null && query < rows.length && (key === null || key < columns.length);
      selected = known ? query : null;
      selectedKey = known ? key : null;
      if (!size) return;
      paint();
      tell();
    },
    repaint: () => layout(root.clientWidth),
    close: () => {
      clearTimeout(waiting);
      clearTimeout(ahead?.timer);
      choices.listeners.delete(drawAhead);
      stopWatching();
    },
  };
}

export const mount = mountWith(buildHeatmap);
