// A table with one row per key: the key vector, query ⊙ key, and the numbers that come of them.
// Blue is negative, orange-red positive; all keys share one scale, and so do all products.

import { sizeCanvas } from "../shared/canvas.js";
import { colourTable, css, tableColour } from "../shared/colour.js";
import { element, termPieces, tooltip, watchWidth } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { scaleIndex } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";

const STRIP = { height: 16, widest: 11, narrowest: 4 };
const BESIDE = 460; // CSS pixels that the other columns take

function buildNeurons(root) {
  const caption = element("div", { class: "readout", "aria-live": "polite" });
  const table = element("table", {});
  const box = element("div", { class: "scroll" }, table);
  root.append(caption, box);
  const tip = tooltip(root);
  let payload = null;
  let strips = []; // {canvas, values, top, describe}
  let current = null; // {strip, index} under the pointer or the arrow keys

  const size = () => payload.shapes.query[0];

  function largest(values) {
    let most = 0;
    for (const value of values) most = Math.max(most, Math.abs(value));
    return most || 1;
  }

  /** As wide as lets both strips and the numbers stand in sight together. */
  function cellWidth() {
    const room = Math.floor((root.clientWidth - BESIDE) / (2 * size()));
    return Math.min(Math.max(room, STRIP.narrowest), STRIP.widest);
  }

  function addStrip(values, top, row) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const strip = { canvas, values, top, row };
    canvas.addEventListener("pointermove", (event) => {
      const index = Math.floor(event.offsetX / cellWidth());
      if (index < 0 || index >= size()) return;
      const bounds = root.getBoundingClientRect();
      show(strip, index, event.clientX - bounds.left, event.clientY - bounds.top);
    });
    canvas.addEventListener("pointerleave", () => {
      current = null;
      tip.hide();
    });
    strips.push(strip);
    return canvas;
  }

  function describe(strip, dimension) {
    const { query, keys } = payload.arrays;
    const { labels, tokens } = payload.header;
    if (strip.row === null) return `q[${dimension}] = ${digits(query[dimension], 3)}`;
    const q = query[dimension];
    const k = keys[strip.row * size() + dimension];
    return fill(labels.tip, {
      token: tokens[strip.row].label,
      dimension,
      q: digits(q, 3),
      k: digits(k, 3),
      product: digits(q * k, 3),
    });
  }

  function show(strip, index, x, y) {
    current = { strip, index };
    const text = describe(strip, index);
    tip.show(text, x, y);
    caption.textContent = text;
  }

  function paint() {
    if (!payload) return;
    const theme = readTheme(root);
    const colours = colourTable("signed", theme);
    const width = cellWidth();
    for (const { canvas, values, top } of strips) {
      const context = sizeCanvas(canvas, width * size(), STRIP.height);
      values.forEach((value, index) => {
        context.fillStyle = css(tableColour(colours, scaleIndex(value, -top, top)));
        context.fillRect(index * width, 0, width - (width > 6 ? 1 : 0), STRIP.height);
      });
    }
    for (const bar of table.querySelectorAll(".bar")) {
      bar.style.background = css(tableColour(colourTable("probability", theme), 140), 0.55);
    }
  }

  function build() {
    const { labels, terms, tokens } = payload.header;
    const { query, keys, dots, scores, weights, closed } = payload.arrays;
    const count = size();
    const products = keys.map((value, place) => value * query[place % count]);
    strips = [];
    const head = element(
      "tr",
      {},
      element("th", {}),
      ...Object.keys(terms).map((name) => {
        const number = name === "dot" || name === "root";
        return element("th", { class: number && "number" }, ...termPieces(terms[name]));
      }),
    );
    const first = element(
      "tr",
      { class: "query" },
      element("th", { scope: "row" }, labels.query),
      element("td", {}, addStrip([...query], largest(query), null)),
    );
    const top = { keys: largest(keys), products: largest(products) };
    const rows = tokens.map((token, row) => {
      const part = (values) => [...values.subarray(row * count, (row + 1) * count)];
      const bar = element("div", { class: "bar" });
      bar.style.width = `${Math.max(0, Math.min(1, weights[row])) * 100}%`;
      const score = closed[row] ? "−∞" : digits(scores[row], 2);
      return element(
        "tr",
        {},
        element("th", { scope: "row", dir: "auto" }, token.label),
        element("td", {}, addStrip(part(keys), top.keys, row)),
        element("td", {}, addStrip(part(products), top.products, row)),
        element("td", { class: "number" }, digits(dots[row], 2)),
        element("td", { class: "number" }, score),
        element("td", { class: "weight" }, bar, element("span", {}, digits(weights[row], 3))),
      );
    });
    table.replaceChildren(element("thead", {}, head), element("tbody", {}, first, ...rows));
    table.setAttribute("aria-label", labels.keys_help);
  }

  table.tabIndex = 0;
  table.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-2, 0], ArrowDown: [2, 0] }[
      event.key
    ];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    const at = current ? strips.indexOf(current.strip) : 0;
    // Rows hold two strips each, but the query row holds one.
    const strip =
      strips[
        Math.min(Math.max(at + (at === 0 && step[0] > 0 ? 2 : step[0]), 0), strips.length - 1)
      ];
    const index = Math.min(Math.max((current?.index ?? -1) + step[1], 0), size() - 1);
    const bounds = root.getBoundingClientRect();
    const inside = strip.canvas.getBoundingClientRect();
    show(strip, index, inside.left - bounds.left + index * cellWidth(), inside.top - bounds.top);
  });
  const stopWatching = watchWidth(root, paint);

  return {
    show(next) {
      payload = next;
      current = null;
      tip.hide();
      caption.textContent = next.header.labels.keys_help;
      build();
      paint();
    },
    select() {},
    repaint: paint,
    close: stopWatching,
  };
}

export const mount = mountWith(buildNeurons);
