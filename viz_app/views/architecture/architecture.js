// The whole model for one sentence: word pieces and their vectors, every head, what comes out.
// One row per token from left to right; on a narrow page the three parts stand below each other.

import { indexedBitmap, sizeCanvas } from "../shared/canvas.js";
import { colourTable, css, tableColour } from "../shared/colour.js";
import { element, tooltip, watchWidth } from "../shared/elements.js";
import { digits, fill, percent } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { clamp, scaleIndex } from "../shared/scale.js";
import { readTheme } from "../shared/theme.js";

const WIDE = 900; // CSS pixels from which the parts stand side by side
const ROW = { smallest: 20, largest: 30, strip: 4 }; // the last: what a strip leaves of its row
const TILE = { gap: 4, smallest: 14, largest: 64, column: 400 };
const CELL = 3; // CSS pixels for one number of a vector, where there is no room for all
const STRIP = { part: [46, 110], layer: [12, 110], narrow: 26 };
const GUTTER = { operator: 16, heads: 26, layer: 16, panels: 30, output: 216, labels: [44, 128] };
const PARTS = ["word", "position", "segment", "sum"];
const OPERATORS = ["+", "+", "=", "→"];
const TOUR_KEY = "headlight.tour";

/** Whether this reader has sent the tour away before; private windows may refuse to say. */
function tourIsOver() {
  try {
    return localStorage.getItem(TOUR_KEY) === "over";
  } catch {
    return false;
  }
}

function rememberTour() {
  try {
    localStorage.setItem(TOUR_KEY, "over");
  } catch {
    // then it is offered again next time
  }
}

/** A tile's side in CSS pixels: a whole number of device pixels per token where that comes close. */
function tileSide(target, tokens) {
  const ratio = window.devicePixelRatio || 1;
  const per = Math.round((target * ratio) / tokens);
  const whole = (per * tokens) / ratio;
  return per >= 1 && whole >= target * 0.8 && whole <= target * 1.12 ? whole : Math.floor(target);
}

/** Every width and height, in CSS pixels. */
function layoutBoard(width, { tokens, layers, heads }, widestToken) {
  const stacked = width < WIDE;
  const row = clamp(Math.floor(TILE.column / tokens), [ROW.smallest, ROW.largest]);
  const labels = clamp(Math.ceil(widestToken) + 36, GUTTER.labels);
  const operators = OPERATORS.length * GUTTER.operator;
  const wished = clamp(Math.max(TILE.column, Math.min(row * tokens, 480)) / heads - TILE.gap, [
    TILE.smallest,
    TILE.largest,
  ]);
  let room; // for one layer
  let part; // width of a strip before the layers
  if (stacked) {
    part = clamp((width - labels - operators) / (PARTS.length + 1), [STRIP.narrow, STRIP.part[1]]);
    room = (width - labels - GUTTER.heads) / layers;
  } else {
    const fixed = labels + operators + GUTTER.heads + GUTTER.output + 2 * GUTTER.panels;
    const even = (width - fixed - layers * (wished + GUTTER.layer)) / (PARTS.length + 1 + layers);
    part = clamp(even, STRIP.part);
    room = (width - fixed - part * (PARTS.length + 1)) / layers;
  }
  const most = room - STRIP.layer[0] - GUTTER.layer;
  const tile = tileSide(clamp(Math.min(wished, most), [TILE.smallest, TILE.largest]), tokens);
  const strip = clamp(Math.floor(room - tile - GUTTER.layer), STRIP.layer);
  const height = Math.max(row * tokens, heads * (tile + TILE.gap));
  return {
    stacked,
    row,
    labels,
    tile,
    strip,
    height,
    part: Math.floor(part),
    // few tokens stand in the middle
    top: stacked ? 0 : Math.floor((height - row * tokens) / 2),
    guesses: stacked ? Math.max(GUTTER.output, width - labels) : GUTTER.output,
  };
}

/** How many numbers of a vector a strip shows, and how wide each is in device pixels. */
function cellsOf(width, dimensions) {
  const device = Math.floor(width * (window.devicePixelRatio || 1));
  const cell = Math.max(
    Math.round(CELL * (window.devicePixelRatio || 1)),
    Math.floor(device / dimensions),
  );
  return { count: Math.min(dimensions, Math.floor(device / cell)), cell };
}

/** One head's indices; where a pixel covers several cells it shows the strongest. */
function headIndices(attention, start, cells, device) {
  const side = Math.min(cells, device);
  const indices = new Uint8Array(side * side);
  for (let y = 0; y < cells; y += 1) {
    const row = Math.floor((y * side) / cells) * side;
    for (let x = 0; x < cells; x += 1) {
      const target = row + Math.floor((x * side) / cells);
      const value = attention[start + y * cells + x];
      if (value > indices[target]) indices[target] = value;
    }
  }
  return { indices, side };
}

function buildArchitecture(root, emit) {
  root.classList.add("architecture");
  const pageTitle = element("h2");
  const tour = element("div", { class: "tour" });
  const board = element("div", { class: "board" });
  const more = element("div", { class: "more quiet" });
  const notes = element("div", { class: "notes" });
  root.append(element("div", { class: "title" }, pageTitle, tour), board, more, notes);
  const tip = tooltip(root);

  let payload = null;
  let grid = null; // {tokens, layers, heads}
  let size = null;
  let theme = null;
  let selected = { layer: 0, head: 0, query: 0 };
  let pointed = null; // row under the pointer
  let cursor = null; // tile under the pointer or the arrow keys
  let stage = tourIsOver() ? null : -1; // step of the tour; -1: offered, null: sent away
  let parts = null; // the elements that change after assembling

  const labels = () => payload.header.labels;
  const token = (row) => payload.header.tokens[row];
  const opens = (part) => part in payload.header.pages;
  const hint = (part) =>
    opens(part) ? `\n${fill(labels().go, { page: payload.header.pages[part] })}` : "";

  function open(part, values = {}) {
    if (opens(part)) emit("open", { part, ...values });
  }

  // --- what a part says when pointed at ---

  function stripName(strip) {
    if (strip < PARTS.length) return labels().strips[PARTS[strip]];
    if (strip === PARTS.length) return labels().strips.input;
    return fill(labels().strips.output, { layer: strip - PARTS.length - 1 });
  }

  function aboutStrip(strip, row, dimension) {
    const { vectors, lengths } = payload.arrays;
    const [, tokens, dimensions] = payload.shapes.vectors;
    const text = fill(labels().tip_strip, {
      token: token(row).label,
      strip: stripName(strip),
      dimension,
      value: digits(vectors[(strip * tokens + row) * dimensions + dimension], 4),
      length: digits(lengths[strip * tokens + row], 2),
    });
    return text + hint(strip <= PARTS.length ? "embedding" : "hidden");
  }

  function aboutHead({ layer, head }, row) {
    const place = (layer * grid.heads + head) * grid.tokens + row;
    const text = fill(labels().tip_head, {
      layer,
      head,
      query: token(row).label,
      to: token(payload.arrays.best_keys[place]).label,
      weight: digits(payload.arrays.best_weights[place], 3),
    });
    return text + hint("head");
  }

  function aboutToken(row) {
    const text = fill(labels().tip_token, {
      token: token(row).label,
      position: row,
      segment: "AB"[token(row).segment] ?? token(row).segment,
    });
    return text + hint("token");
  }

  function aboutGuesses(row) {
    const words = payload.header.guesses[row].map(
      ([text, probability]) => `${text} ${percent(probability)}`,
    );
    return `${fill(labels().tip_guess, { token: token(row).label })} ${words.join(", ")}${hint("mask")}`;
  }

  function showTip(text, x, y) {
    const bounds = root.getBoundingClientRect();
    tip.show(text, x - bounds.left, y - bounds.top);
  }

  // --- one row followed through everything ---

  function placeBand(band, row) {
    band.hidden = row === null;
    if (row === null) return;
    band.style.top = `${size.top + row * size.row}px`;
    band.style.height = `${size.row}px`;
  }

  function markRows() {
    for (const { chosen, under } of parts.bands) {
      placeBand(chosen, selected.query);
      placeBand(under, pointed === selected.query ? null : pointed);
    }
    parts.layers.forEach(({ overlay }, layer) => drawOverlay(overlay, layer));
  }

  function drawOverlay(canvas, layer) {
    const context = sizeCanvas(canvas, size.tile + 6, grid.heads * (size.tile + TILE.gap) + 3);
    context.clearRect(0, 0, canvas.width, canvas.height);
    const rows = [
      [selected.query, theme.mark],
      [pointed, theme.text],
    ];
    const height = Math.max(size.tile / grid.tokens, 1.5);
    for (let head = 0; head < grid.heads; head += 1) {
      const top = 3 + head * (size.tile + TILE.gap);
      for (const [row, colour] of rows) {
        if (row === null) continue;
        context.fillStyle = css(colour, 0.9);
        // ticks beside the row, so that the picture itself stays as it is
        const y = top + ((row + 0.5) * size.tile) / grid.tokens - height / 2;
        context.fillRect(0, y, 3, height);
        context.fillRect(size.tile + 3, y, 3, height);
      }
      const isChosen = layer === selected.layer && head === selected.head;
      const isCursor = cursor && layer === cursor.layer && head === cursor.head;
      if (isChosen || isCursor) {
        context.strokeStyle = css(isCursor ? theme.text : theme.mark);
        context.lineWidth = 2;
        context.strokeRect(2, top - 1, size.tile + 2, size.tile + 2);
      }
    }
  }

  function point(row) {
    if (row === pointed) return;
    pointed = row;
    markRows();
  }

  function rowAt(event, node) {
    const y = event.clientY - node.getBoundingClientRect().top - size.top;
    const row = Math.floor(y / size.row);
    return row >= 0 && row < grid.tokens ? row : null;
  }

  // --- columns ---

  function labelColumn(copy) {
    const column = element("div", { class: "column labels" });
    column.style.width = `${size.labels}px`;
    column.style.paddingTop = `${size.top}px`;
    payload.header.tokens.forEach((one, row) => {
      const first = row === 0 || payload.header.tokens[row - 1].segment !== one.segment;
      const name = element("span", { class: "name" }, one.text);
      const bracket = element(
        "span",
        { class: `segment s${one.segment % 2}${first ? " first" : ""}`, "aria-hidden": "true" },
        first ? ("AB"[one.segment] ?? String(one.segment)) : "",
      );
      const button = element(
        copy ? "div" : "button",
        {
          class: `token${one.special ? " special" : ""}${payload.header.masked[row] ? " mask" : ""}`,
          type: copy ? null : "button",
          tabindex: copy ? null : row === selected.query ? "0" : "-1",
          "data-row": row,
          "aria-hidden": copy ? "true" : null,
        },
        bracket,
        name,
      );
      button.style.height = `${size.row}px`;
      column.append(button);
    });
    if (!copy) {
      column.setAttribute("role", "group");
      column.setAttribute("aria-label", labels().tokens);
      walkRows(column, (row) => open("token", { token: row }), aboutToken);
    }
    column.addEventListener("pointermove", (event) => {
      const row = rowAt(event, column);
      point(row);
      if (row !== null) showTip(aboutToken(row), event.clientX, event.clientY);
    });
    column.addEventListener("click", (event) => {
      const row = rowAt(event, column);
      if (row !== null) open("token", { token: row });
    });
    return column;
  }

  /** Arrow keys move among the buttons of a column, of which one is a tab stop; Enter chooses. */
  function walkRows(column, choose, about) {
    const buttons = () => [...column.querySelectorAll("button")];
    column.addEventListener("keydown", (event) => {
      const all = buttons();
      const at = all.indexOf(event.target);
      const next = {
        ArrowDown: at + 1,
        ArrowUp: at - 1,
        Home: 0,
        End: all.length - 1,
      }[event.key];
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        choose(Number(event.target.dataset.row));
        return;
      }
      if (next === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      event.preventDefault();
      event.stopPropagation();
      const target = all[clamp(next, [0, all.length - 1])];
      all[at].tabIndex = -1;
      target.tabIndex = 0;
      target.focus();
    });
    column.addEventListener("focusin", (event) => {
      if (!event.target.matches(":focus-visible")) return;
      const row = Number(event.target.dataset.row);
      point(row);
      const bounds = event.target.getBoundingClientRect();
      showTip(about(row), bounds.left, bounds.bottom);
    });
    column.addEventListener("focusout", leave);
  }

  function stripColumn(strip, width) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const part = strip <= PARTS.length ? "embedding" : "hidden";
    const column = element("div", { class: `column strip${opens(part) ? " way" : ""}` }, canvas);
    const { count, cell } = cellsOf(width, payload.shapes.vectors[2]);
    const drawn = (count * cell) / (window.devicePixelRatio || 1);
    column.style.width = `${width}px`;
    column.style.paddingTop = `${size.top}px`;
    const dimensionAt = (event) => {
      const x = event.clientX - canvas.getBoundingClientRect().left;
      return clamp(Math.floor((x / drawn) * count), [0, count - 1]);
    };
    column.addEventListener("pointermove", (event) => {
      const row = rowAt(event, column);
      point(row);
      if (row === null) tip.hide();
      else showTip(aboutStrip(strip, row, dimensionAt(event)), event.clientX, event.clientY);
    });
    column.addEventListener("click", (event) => {
      const row = rowAt(event, column);
      if (row === null) return;
      const layer = strip - PARTS.length - 1;
      open(part, part === "hidden" ? { layer, token: row } : { token: row });
    });
    parts.strips.push({ canvas, strip, count, drawn });
    return column;
  }

  function headNames() {
    const column = element("div", { class: "column heads quiet", "aria-hidden": "true" });
    column.style.width = `${GUTTER.heads}px`;
    for (let head = 0; head < grid.heads; head += 1) {
      const name = element("div", {}, `H${head}`);
      name.style.height = name.style.lineHeight = `${size.tile + TILE.gap}px`;
      column.append(name);
    }
    return column;
  }

  function tileColumn(layer) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const overlay = element("canvas", { class: "overlay", "aria-hidden": "true" });
    const column = element(
      "div",
      { class: `column tiles${opens("head") ? " way" : ""}` },
      canvas,
      overlay,
    );
    column.style.width = `${size.tile}px`;
    const tileAt = (event) => {
      const y = event.clientY - column.getBoundingClientRect().top;
      const head = Math.floor(y / (size.tile + TILE.gap));
      const inside = y - head * (size.tile + TILE.gap);
      const row = clamp(Math.floor((inside / size.tile) * grid.tokens), [0, grid.tokens - 1]);
      return head >= 0 && head < grid.heads ? { layer, head, row } : null;
    };
    column.addEventListener("pointermove", (event) => {
      cursor = tileAt(event);
      pointed = cursor?.row;
      markRows();
      if (cursor) showTip(aboutHead(cursor, cursor.row), event.clientX, event.clientY);
    });
    column.addEventListener("pointerleave", () => {
      cursor = null;
      markRows();
    });
    column.addEventListener("click", (event) => {
      const tile = tileAt(event);
      if (tile) open("head", { layer, head: tile.head });
    });
    parts.layers.push({ canvas, overlay, column });
    return column;
  }

  function guessColumn() {
    const column = element("div", {
      class: "column guesses",
      role: "group",
      "aria-label": labels().output,
    });
    column.style.width = `${size.guesses}px`;
    column.style.paddingTop = `${size.top}px`;
    const { guesses, masked, is_next: isNext } = payload.header;
    const stop = masked.indexOf(true);
    payload.header.tokens.forEach((_one, row) => {
      let line;
      if (row === 0) {
        line =
          isNext === null
            ? element("div", { class: "guess none" }, labels().no_pair)
            : element(
                "button",
                { class: "guess next", type: "button", "data-row": row, tabindex: "0" },
                chip(labels().is_next, isNext),
              );
      } else if (guesses[row].length === 0) {
        line = element("div", { class: "guess none" });
      } else {
        const shown = masked[row] ? guesses[row] : guesses[row].slice(0, 1);
        line = element(
          masked[row] ? "button" : "div",
          {
            class: `guess${masked[row] ? " mask" : ""}`,
            type: masked[row] ? "button" : null,
            "data-row": row,
            tabindex: masked[row] ? (isNext === null && row === stop ? "0" : "-1") : null,
          },
          ...shown.map(([text, probability]) => chip(text, probability)),
        );
      }
      line.style.height = `${size.row}px`;
      column.append(line);
    });
    const choose = (row) => open(row === 0 ? "next" : "mask", row === 0 ? {} : { token: row });
    const about = (row) => (row === 0 ? labels().tip_next + hint("next") : aboutGuesses(row));
    const says = (row) => row !== null && (row === 0 ? isNext !== null : guesses[row].length > 0);
    column.addEventListener("pointermove", (event) => {
      const row = rowAt(event, column);
      point(row);
      if (says(row)) showTip(about(row), event.clientX, event.clientY);
      else tip.hide();
    });
    column.addEventListener("click", (event) => {
      const row = rowAt(event, column);
      if (says(row)) choose(row);
    });
    walkRows(column, choose, about);
    return column;
  }

  function chip(text, probability) {
    const made = element(
      "span",
      { class: "chip" },
      element("span", { class: "word" }, text),
      element("span", { class: "share" }, percent(probability)),
    );
    made.style.setProperty("--share", `${Math.max(probability * 100, 1)}%`);
    return made;
  }

  // --- panels ---

  /** A heading over columns; `step` is the tour's step that is about them. */
  function heading(text, width, step, title) {
    const cell = element("div", { class: "heading", "data-step": step, title }, text);
    cell.style.width = `${width}px`;
    return cell;
  }

  function panel(name, heads, columns) {
    const chosen = element("div", { class: "band chosen", "aria-hidden": "true" });
    const under = element("div", { class: "band", "aria-hidden": "true" });
    parts.bands.push({ chosen, under });
    const body = element("div", { class: "body" }, ...columns, chosen, under);
    const alone = size.stacked && name !== "encoder";
    body.style.height = `${alone ? size.row * grid.tokens : size.height}px`;
    const title = element("h3", {}, labels().panels[name]);
    const view = element(
      "div",
      { class: "view", tabindex: size.stacked ? "0" : null },
      element("div", { class: "top" }, ...heads),
      body,
    );
    return element(
      "section",
      { class: `panel ${name}`, "aria-label": labels().panels[name] },
      title,
      view,
    );
  }

  function withStep(node, step) {
    node.dataset.step = step;
    return node;
  }

  function inputPanel() {
    const heads = [heading(labels().columns.tokens, size.labels, 0)];
    heads[0].classList.add("start");
    const columns = [withStep(labelColumn(false), 0)];
    [...PARTS, "norm"].forEach((part, strip) => {
      heads.push(heading(labels().columns[part], size.part, 1));
      columns.push(withStep(stripColumn(strip, size.part), 1));
      if (strip < OPERATORS.length) {
        heads.push(heading(OPERATORS[strip], GUTTER.operator, 1));
        const gap = element("div", { class: "column", "data-step": 1 });
        gap.style.width = `${GUTTER.operator}px`;
        columns.push(gap);
      }
    });
    return panel("input", heads, columns);
  }

  function encoderPanel() {
    const heads = [heading("", GUTTER.heads, 2)];
    const columns = [withStep(headNames(), 2)];
    if (size.stacked) {
      heads.unshift(heading("", size.labels, 2));
      columns.unshift(withStep(labelColumn(true), 2));
    }
    for (let layer = 0; layer < grid.layers; layer += 1) {
      const room = size.tile + size.strip + GUTTER.layer;
      const long = fill(labels().columns.layer, { layer });
      heads.push(heading(room >= 64 ? long : `L${layer}`, room, 2, long));
      columns.push(withStep(tileColumn(layer), 2));
      const strip = withStep(stripColumn(PARTS.length + 1 + layer, size.strip), 3);
      strip.style.marginLeft = `${GUTTER.layer / 2 - 2}px`;
      strip.style.marginRight = `${GUTTER.layer / 2 + 2}px`;
      columns.push(strip);
    }
    const made = panel("encoder", heads, columns);
    const body = made.querySelector(".body");
    body.tabIndex = 0;
    body.setAttribute("role", "application");
    body.setAttribute("aria-label", labels().heads);
    body.addEventListener("keydown", onTileKey);
    body.addEventListener("blur", leave);
    return made;
  }

  function onTileKey(event) {
    if (event.key === "Enter" && cursor) {
      open("head", { layer: cursor.layer, head: cursor.head });
      return;
    }
    const step = {
      ArrowUp: [0, -1],
      ArrowDown: [0, 1],
      ArrowLeft: [-1, 0],
      ArrowRight: [1, 0],
    }[event.key];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    // the first key only shows where one is
    const from = cursor ?? { layer: selected.layer - step[0], head: selected.head - step[1] };
    cursor = {
      layer: clamp(from.layer + step[0], [0, grid.layers - 1]),
      head: clamp(from.head + step[1], [0, grid.heads - 1]),
    };
    markRows();
    const bounds = parts.layers[cursor.layer].column.getBoundingClientRect();
    showTip(
      aboutHead(cursor, selected.query),
      bounds.right,
      bounds.top + (cursor.head + 0.5) * (size.tile + TILE.gap),
    );
  }

  function outputPanel() {
    const heads = [heading(labels().columns.guesses, size.guesses, 4)];
    heads[0].classList.add("start");
    const columns = [withStep(guessColumn(), 4)];
    if (size.stacked) {
      heads.unshift(heading("", size.labels, 4));
      columns.unshift(withStep(labelColumn(true), 4));
    }
    return panel("output", heads, columns);
  }

  function leave() {
    pointed = null;
    cursor = null;
    tip.hide();
    if (parts) markRows();
  }

  // --- legends and notes ---

  function legend(table, low, high, words, share) {
    const canvas = element("canvas", { "aria-hidden": "true" });
    const context = sizeCanvas(canvas, 72, 9);
    for (let x = 0; x < 72; x += 1) {
      context.fillStyle = css(tableColour(table, Math.round(share(x / 71) * 255)));
      context.fillRect(x, 0, 1, 9);
    }
    return element("div", { class: "legend" }, `${words}: ${low}`, canvas, high);
  }

  function makeNotes(signed, probability) {
    const { limits } = payload.arrays;
    const plain = (x) => x;
    const ends = (limit) => [`≤ ${digits(-limit, 2)}`, `≥ ${digits(limit, 2)}`];
    const shown = parts.strips[0].count;
    const made = [
      [
        fill(labels().notes.input, { shown }),
        legend(signed, ...ends(limits[0]), labels().legends.parts, plain),
        legend(signed, ...ends(limits[PARTS.length]), labels().legends.hidden, plain),
      ],
      [
        labels().notes.encoder,
        legend(probability, "0", "1", labels().legends.attention, Math.sqrt),
      ],
      [labels().notes.output],
    ];
    return made.map(([text, ...legends]) =>
      element("div", { class: "note" }, element("p", {}, text), ...legends),
    );
  }

  // --- tour ---

  function drawTour() {
    const say = labels().tour;
    const button = (text, act, label) => {
      const made = element("button", { type: "button", "aria-label": label }, text);
      made.addEventListener("click", act);
      return made;
    };
    const go = (next) => () => {
      const hadFocus = tour.contains(root.getRootNode().activeElement);
      stage = next;
      if (stage === null) rememberTour();
      drawTour();
      if (hadFocus) tour.querySelector("button.main, button")?.focus();
      if (stage !== null && stage >= 0 && size.stacked) {
        board.querySelector(`.column[data-step="${stage}"]`)?.scrollIntoView({ block: "center" });
      }
    };
    const last = say.steps.length - 1;
    if (stage === null) {
      tour.replaceChildren(button(say.again, go(0)));
    } else if (stage < 0) {
      tour.replaceChildren(
        element("span", { class: "words" }, say.offer),
        button(say.start, go(0)),
        button(say.no, go(null)),
      );
    } else {
      tour.replaceChildren(
        element("span", { class: "count" }, `${stage + 1}/${say.steps.length}`),
        element("span", { class: "words", "aria-live": "polite" }, say.steps[stage]),
        stage > 0 ? button("←", go(stage - 1), say.back) : "",
        stage < last ? button(say.next, go(stage + 1)) : button(say.done, go(null)),
        stage < last ? button("✕", go(null), say.no) : "",
      );
      tour.querySelector("button:not([aria-label])").classList.add("main");
    }
    tour.classList.toggle("folded", stage === null);
    tour.classList.toggle("going", stage !== null && stage >= 0);
    board.classList.toggle("touring", stage !== null && stage >= 0);
    for (const node of board.querySelectorAll("[data-step]")) {
      node.classList.toggle("lit", Number(node.dataset.step) === stage);
    }
  }

  // --- all of it ---

  function paint(width) {
    if (!payload || !width) return;
    theme = readTheme(root);
    const measure = document.createElement("canvas").getContext("2d");
    measure.font = `14px ${theme.font}`;
    const widest = Math.max(
      ...payload.header.tokens.map((one) => measure.measureText(one.text).width),
    );
    size = layoutBoard(width, grid, widest);
    parts = { strips: [], layers: [], bands: [] };
    const scroll = { top: board.scrollTop, left: board.scrollLeft };
    const panels = [inputPanel(), encoderPanel(), outputPanel()];
    board.classList.toggle("stacked", size.stacked);
    board.replaceChildren(...panels);
    board.scrollTo(scroll);
    const signed = colourTable("signed", theme);
    const probability = colourTable("probability", theme);
    const made = makeNotes(signed, probability);
    if (size.stacked) made.forEach((note, index) => panels[index].append(note));
    notes.replaceChildren(...(size.stacked ? [] : made));
    const [first, second] = panels.map((one) => one.offsetWidth);
    const fits = first + second + 2 * GUTTER.panels + GUTTER.output <= width + 1;
    notes.style.gridTemplateColumns = fits ? `${first}px ${second}px minmax(0, 1fr)` : "";
    for (const strip of parts.strips) paintStrip(strip, signed);
    parts.layers.forEach(({ canvas }, layer) => paintTiles(canvas, layer, probability));
    markRows();
    drawTour();
    sayHowMuchIsInView();
    root.dataset.painted = String(grid.tokens);
  }

  /** A long text scrolls in its own box; say how much of it is in view. */
  function sayHowMuchIsInView() {
    const box = size.stacked ? board.querySelector(".view") : board;
    const cut = box.scrollHeight > box.clientHeight + 2;
    const rows = Math.min(grid.tokens, Math.floor((box.clientHeight - 60) / size.row));
    board.classList.toggle("cut", cut && !size.stacked);
    more.textContent = cut ? fill(labels().more, { rows, tokens: grid.tokens }) : "";
  }

  function paintStrip({ canvas, strip, count, drawn }, table) {
    const { tokens } = grid;
    const dimensions = payload.shapes.vectors[2];
    const { vectors, limits } = payload.arrays;
    const context = sizeCanvas(canvas, drawn, size.row * tokens);
    const indices = new Uint8Array(tokens * count);
    for (let cell = 0; cell < indices.length; cell += 1) {
      const row = Math.floor(cell / count);
      const value = vectors[(strip * tokens + row) * dimensions + (cell % count)];
      indices[cell] = scaleIndex(value, -limits[strip], limits[strip]);
    }
    const bitmap = indexedBitmap(indices, tokens, count, table);
    context.strokeStyle = css(theme.text, 0.22);
    for (let row = 0; row < tokens; row += 1) {
      const y = row * size.row + ROW.strip / 2;
      const height = size.row - ROW.strip;
      context.drawImage(bitmap, 0, row, count, 1, 0, y, drawn, height);
      context.strokeRect(0.5, y + 0.5, drawn - 1, height - 1);
    }
  }

  function paintTiles(canvas, layer, table) {
    const pitch = size.tile + TILE.gap;
    const context = sizeCanvas(canvas, size.tile, grid.heads * pitch);
    const device = Math.round(size.tile * (window.devicePixelRatio || 1));
    const cells = payload.shapes.attention[3];
    for (let head = 0; head < grid.heads; head += 1) {
      const start = (layer * grid.heads + head) * cells * cells;
      const { indices, side } = headIndices(payload.arrays.attention, start, cells, device);
      const bitmap = indexedBitmap(indices, side, side, table);
      context.drawImage(bitmap, 0, head * pitch, size.tile, size.tile);
      context.strokeStyle = css(theme.text, 0.3);
      context.strokeRect(0.5, head * pitch + 0.5, size.tile - 1, size.tile - 1);
    }
  }

  board.addEventListener("pointerleave", leave);
  board.addEventListener("scroll", () => tip.hide());
  const stopWatching = watchWidth(root, paint);

  return {
    show(next) {
      payload = next;
      const [layers, heads, tokens] = next.shapes.best_keys;
      grid = { layers, heads, tokens };
      selected = {
        layer: Math.min(selected.layer, layers - 1),
        head: Math.min(selected.head, heads - 1),
        query: Math.min(selected.query, tokens - 1),
      };
      pointed = null;
      cursor = null;
      pageTitle.textContent = next.header.labels.heading;
      board.setAttribute("role", "group");
      board.setAttribute("aria-label", next.header.labels.board);
      paint(root.clientWidth);
    },
    select(values) {
      const { layers, heads, tokens } = grid;
      if (values.layer >= layers || values.head >= heads || values.query >= tokens) return;
      selected = { ...values };
      if (!size) return;
      markRows();
      for (const button of board.querySelectorAll(".labels button")) {
        button.tabIndex = Number(button.dataset.row) === selected.query ? 0 : -1;
      }
    },
    repaint: () => paint(root.clientWidth),
    close: stopWatching,
  };
}

export const mount = mountWith(buildArchitecture);
