// Two rows of tokens and a line per head and pair: colour = head, opacity = √weight.
// Below lie canvases with all lines, above them some with the lines of the token pointed at. Each
// covers a piece of the plot, so that a long text costs only what is in sight of it.

import { sizeCanvas } from "../shared/canvas.js";
import { headColour, inkOn } from "../shared/colour.js";
import { element, watchWidth } from "../shared/elements.js";
import { digits, fill } from "../shared/format.js";
import { mountWith } from "../shared/mount.js";
import { readTheme, rgb } from "../shared/theme.js";

const POINTED = 0.005; // lines of the token pointed at are drawn from this weight on
const MOST_LINES = 6000; // at rest; more would take longer than a tenth of a second to stroke
const READ_OUT = 5; // pairs named for the token pointed at
const PIECE = 512; // CSS pixels of the plot on one pair of canvases
const FEW = 500; // lines; more are drawn one pixel thin
const LEVELS = 32; // of opacity at rest; lines of one level and colour are drawn together
const GROUP = 16; // tokens in one element, which the browser skips while it is out of sight

/** Places of tokens, stripes and lines, CSS pixels; "down" = two columns, "across" = two rows. */
function layoutLines(context, header, heads, width, across) {
  const { tokens } = header;
  const many = tokens.length;
  const widths = new Map();
  for (const { text } of tokens) {
    if (!widths.has(text)) widths.set(text, context.measureText(text).width);
  }
  const stripe = Math.max(3, Math.min(7, Math.floor((width * 0.2) / heads)));
  if (across) {
    const tallest = Math.max(
      ...tokens.map((token) =>
        token.upright ? [...token.text].length * 18 : widths.get(token.text),
      ),
    );
    const label = Math.ceil(Math.min(96, tallest)) + 12;
    const step = Math.max(22, Math.min(56, Math.floor(width / many)));
    const gutter = stripe * heads + 4;
    const span = 220;
    return {
      across,
      step,
      label,
      stripe,
      gutter,
      width: step * many,
      height: 2 * (label + gutter) + span,
      from: label + gutter,
      to: label + gutter + span,
    };
  }
  const label = Math.ceil(Math.min(width * 0.24, Math.max(...widths.values()))) + 16;
  const step = many <= 40 ? 24 : many <= 80 ? 18 : many <= 160 ? 14 : 12;
  const gutter = stripe * heads + 4;
  const inner = Math.min(width, 980);
  return {
    across,
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

function buildLines(root, emit) {
  const chips = element("div", { class: "chips", role: "group" });
  const cutKind = element("select", {});
  const cut = element("input", { type: "range" });
  const cutValue = element("output", {});
  const turn = element("button", { type: "button", class: "plain" });
  const unlock = element("button", { type: "button", class: "plain", hidden: true });
  const controls = element("div", { class: "controls" }, cutKind, cut, cutValue, turn, unlock);
  const readOut = element("div", { class: "readout", "aria-live": "polite" });
  const queriesWord = element("span", {});
  const keysWord = element("span", {});
  const names = element("div", { class: "names quiet" }, queriesWord, keysWord);
  const below = element("div", { class: "quiet" });
  const plot = element("div", { class: "plot", role: "group" });
  const box = element("div", { class: "scroll" }, plot);
  const count = element("div", { class: "quiet count" });
  const legend = element("div", { class: "quiet" });
  root.append(chips, controls, readOut, names, box, below, count, legend);
  const probe = document.createElement("canvas").getContext("2d"); // measures text
  const whenIdle = window.requestIdleCallback ?? setTimeout;

  let payload = null;
  let size = null;
  let theme = null;
  let buttons = { query: [], key: [] };
  let groups = { query: [], key: [] };
  let pieces = []; // {start, end, resting, front, painted, fronted, seen}
  // Lines at rest, heaviest first; a bundle: {level of opacity, heads: places of each}.
  let drawn = { count: 0, bundles: [] };
  let drawing = 0;
  let chipButtons = [];
  let weights = null; // [heads, query, key], flat
  let sparse = false; // only the weights that can be drawn were sent
  let sorted = []; // every pair worth a line, heaviest first
  let lineCounts = []; // pairs with any weight, per head
  let pointed = null; // {side, index}
  let inFront = null; // the token pointed at, else the locked one
  let marked = {}; // class name → the button that has it
  let query = null; // the selected query token
  let waiting = 0;
  let clicking = 0;
  const settings = {
    heads: null,
    cut: "weight",
    threshold: 0.1,
    count: 100,
    across: null,
    locked: null,
  };

  const heads = () => payload.header.shape[0];
  const many = () => payload.header.tokens.length;
  const weight = (head, from, to) => weights[(head * many() + from) * many() + to];
  const isOn = (head) => settings.heads === null || settings.heads.includes(head);
  const headsOn = () => [...Array(heads()).keys()].filter(isOn);

  /** Chinese reads best in two rows, Latin words in two columns; the reader can turn them. */
  function isAcross() {
    if (settings.across !== null) return settings.across;
    const { tokens } = payload.header;
    return tokens.filter((token) => token.upright).length > tokens.length / 2;
  }

  // --- settings ---

  function changed(...parts) {
    applySettings(...parts);
    clearTimeout(waiting);
    waiting = setTimeout(() => emit("settings", { ...settings }), 400);
  }

  function applySettings(relaid = false) {
    chipButtons.forEach((chip, head) => chip.setAttribute("aria-pressed", String(isOn(head))));
    const byWeight = settings.cut === "weight";
    cutKind.value = settings.cut;
    Object.assign(
      cut,
      byWeight
        ? { min: 0, max: 0.5, step: 0.01, value: settings.threshold }
        : { min: 1, max: 500, step: 1, value: settings.count },
    );
    cutValue.textContent = byWeight ? digits(settings.threshold, 2) : String(settings.count);
    unlock.hidden = settings.locked === null;
    if (relaid) layout(root.clientWidth);
    else {
      chooseLines();
      for (const piece of pieces) piece.painted = false;
      focus(pointed ?? settings.locked);
    }
  }

  function toggleHead(head) {
    const on = new Set(headsOn());
    if (on.has(head)) on.delete(head);
    else on.add(head);
    settings.heads = on.size === heads() ? null : [...on].sort((a, b) => a - b);
    changed();
  }

  function onlyHead(head) {
    settings.heads = settings.heads?.length === 1 && settings.heads[0] === head ? null : [head];
    changed();
  }

  function lock(place) {
    const same = settings.locked?.side === place?.side && settings.locked?.index === place?.index;
    settings.locked = same ? null : place;
    changed();
  }

  // --- elements ---

  function makeChips() {
    const { labels } = payload.header;
    chipButtons = [...Array(heads()).keys()].map((head) => {
      const chip = element("button", { type: "button", class: "chip" }, `H${head}`);
      chip.setAttribute("aria-label", `${labels.head} ${head}`);
      // A double click is two clicks first: those cancel out.
      chip.addEventListener("click", () => toggleHead(head));
      chip.addEventListener("dblclick", () => onlyHead(head));
      return chip;
    });
    const all = element("button", { type: "button", class: "plain" }, labels.all);
    all.addEventListener("click", () => {
      settings.heads = null;
      changed();
    });
    chips.replaceChildren(...chipButtons, all);
  }

  function removeTokens() {
    for (const group of [...groups.query, ...groups.key]) group.remove();
    buttons = { query: [], key: [] };
    groups = { query: [], key: [] };
    marked = {};
  }

  function makeTokens() {
    for (const side of ["query", "key"]) {
      payload.header.tokens.forEach((token, index) => {
        if (index % GROUP === 0) groups[side].push(element("div", { class: `group ${side}` }));
        // One stop for the tab key per side; the arrow keys move along.
        const button = element(
          "button",
          {
            type: "button",
            tabindex: index === 0 ? "0" : "-1",
            dir: "auto",
            title: token.label,
            class: `token ${side}${token.upright ? " upright" : ""}${token.special ? " special" : ""}`,
          },
          token.text,
        );
        buttons[side].push(button);
        groups[side].at(-1).append(button);
      });
      plot.append(...groups[side]);
    }
  }

  /** The token that an event is about, as {side, index}; null between the tokens. */
  function placeOf(event) {
    const button = event.target.closest(".token");
    if (!button) return null;
    const side = button.classList.contains("query") ? "query" : "key";
    return { side, index: buttons[side].indexOf(button) };
  }

  function move(event) {
    const place = placeOf(event);
    if (!place || event.ctrlKey || event.metaKey || event.altKey) return;
    const { side, index } = place;
    const along = size.across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const over = size.across ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    let target = null;
    if (event.key === along[0]) target = buttons[side][index - 1];
    else if (event.key === along[1]) target = buttons[side][index + 1];
    else if (over.includes(event.key))
      target = buttons[event.key === over[0] ? "query" : "key"][index];
    else if (event.key === "l" || event.key === "L") lock({ side, index });
    else if (event.key === "Escape" && settings.locked) lock(settings.locked);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (!target) return;
    for (const button of buttons[side]) button.tabIndex = -1;
    target.tabIndex = 0;
    target.focus();
  }

  // --- places ---

  /** Where a head's line meets a token: heads fan out over the middle half of its row. */
  function end(side, index, head) {
    const fan = heads() === 1 ? 0 : (head / (heads() - 1) - 0.5) * size.step * 0.5;
    const along = (index + 0.5) * size.step + fan;
    const out = side === "query" ? size.from : size.to;
    return size.across ? [along, out] : [out, along];
  }

  function placeTokens() {
    plot.classList.toggle("across", size.across);
    plot.style.setProperty("--text", `${size.across ? 14 : Math.min(14, size.step * 0.82)}px`);
    plot.style.setProperty("--step", `${size.step}px`);
    plot.style.setProperty("--label", `${size.label}px`);
    for (const side of ["query", "key"]) {
      groups[side].forEach((group, index) => {
        const start = `${index * GROUP * size.step}px`;
        const length = `${Math.min(GROUP, many() - index * GROUP) * size.step}px`;
        const far = (size.across ? size.height : size.width) - size.label;
        const off = side === "query" ? "0" : `${far}px`;
        const [left, top, width, height] = size.across
          ? [start, off, length, `${size.label}px`]
          : [off, start, `${size.label}px`, length];
        Object.assign(group.style, { left, top, width, height });
      });
    }
    keysWord.hidden = size.across;
    below.hidden = !size.across;
  }

  /** Canvases over the plot, along the tokens; a bitmap comes with the first line drawn. */
  function placePieces(origin) {
    watcher.disconnect();
    for (const { resting, front } of pieces) {
      resting.remove();
      front.remove();
    }
    const length = size.across ? size.width : size.height;
    const first = -(size.across ? origin.left : origin.top);
    const last = first + (size.across ? innerWidth : innerHeight);
    pieces = [];
    for (let start = 0; start < length; start += PIECE) {
      const end = Math.min(start + PIECE, length);
      const [resting, front] = ["resting", "front"].map((name) => {
        const canvas = element("canvas", { class: name, "aria-hidden": "true" });
        const [left, over, width, height] = size.across
          ? [start, 0, end - start, size.height]
          : [0, start, size.width, end - start];
        Object.assign(canvas.style, {
          left: `${left}px`,
          top: `${over}px`,
          width: `${width}px`,
          height: `${height}px`,
        });
        return canvas;
      });
      const seen = start < last && end > first; // until the watcher knows better
      pieces.push({ start, end, resting, front, painted: false, fronted: false, seen });
      plot.prepend(resting, front);
      watcher.observe(resting);
    }
  }

  // --- painting ---

  const opacity = (value) => Math.sqrt(Math.min(1, value)); // the root keeps diffuse heads visible

  function addLine(context, head, from, to) {
    context.moveTo(...end("query", from, head));
    context.lineTo(...end("key", to, head));
  }

  /** Weights as a full array, however they were sent, and what is worth a line of them. */
  function readWeights({ arrays, header }) {
    sparse = !arrays.weights;
    weights =
      arrays.weights ??
      new Float32Array(header.shape.reduce((product, length) => product * length, 1));
    lineCounts = new Array(heads()).fill(0);
    const pairs = many() * many();
    if (sparse) {
      const { places, values } = arrays;
      for (let index = 0; index < places.length; index += 1) {
        weights[places[index]] = values[index];
        lineCounts[Math.floor(places[index] / pairs)] += 1;
      }
      sortPairs(places);
      return;
    }
    const places = new Uint32Array(weights.length);
    let strong = 0;
    for (let head = 0, place = 0; head < heads(); head += 1) {
      let positive = 0;
      for (const end = place + pairs; place < end; place += 1) {
        const value = weights[place];
        if (value > 0) positive += 1;
        if (value >= POINTED) places[strong++] = place;
      }
      lineCounts[head] = positive;
    }
    sortPairs(places.subarray(0, strong));
  }

  /** The places worth a line, heaviest first: a counting sort, since there can be many. */
  function sortPairs(places) {
    const level = (value) => 4095 - Math.min(4095, Math.floor(value * 4096));
    const starts = new Uint32Array(4097);
    for (let index = 0; index < places.length; index += 1) {
      starts[level(weights[places[index]]) + 1] += 1;
    }
    for (let index = 1; index < starts.length; index += 1) starts[index] += starts[index - 1];
    sorted = new Uint32Array(places.length);
    for (let index = 0; index < places.length; index += 1) {
      const bucket = level(weights[places[index]]);
      sorted[starts[bucket]] = places[index];
      starts[bucket] += 1;
    }
  }

  /** Choose the lines at rest: the heaviest of the heads that are on. */
  function chooseLines() {
    if (!payload) return;
    const pairs = many() * many();
    const on = [...Array(heads()).keys()].map(isOn);
    const most = settings.cut === "count" ? settings.count : MOST_LINES;
    const least = settings.cut === "weight" ? settings.threshold : 0;
    const bundles = [];
    let alike = null;
    let shown = 0;
    let shownWeight = 0;
    for (let index = 0; index < sorted.length && shown < most; index += 1) {
      const place = sorted[index];
      const value = weights[place];
      const head = Math.floor(place / pairs);
      if (!on[head] || value < least) continue; // within one step of the sort the order is free
      const level = Math.ceil(opacity(value) * LEVELS);
      if (alike?.level !== level) bundles.push((alike = { level, heads: on.map(() => []) }));
      alike.heads[head].push(place);
      shown += 1;
      shownWeight += value;
    }
    drawn = { count: shown, bundles };
    tellCount(shown, shownWeight);
  }

  /** A cleared canvas that draws in the plot's own coordinates. */
  function clearPiece(canvas, { start, end }) {
    const [width, height] = size.across ? [end - start, size.height] : [size.width, end - start];
    const ratio = window.devicePixelRatio || 1;
    const fits =
      canvas.width === Math.round(width * ratio) && canvas.height === Math.round(height * ratio);
    const context = fits ? canvas.getContext("2d") : sizeCanvas(canvas, width, height);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, width, height); // much cheaper than a new bitmap at every hover
    context.translate(size.across ? -start : 0, size.across ? 0 : -start);
    return context;
  }

  /** Draw the lines at rest that cross a piece, heaviest first. */
  function paintResting(piece) {
    piece.painted = true;
    const context = clearPiece(piece.resting, piece);
    const ratio = window.devicePixelRatio || 1;
    // Thin lines keep many apart, and a browser draws those of one device pixel many times faster,
    // given many at once; wider ones, given many at once, take longer than one by one.
    const thin = drawn.count > FEW && Math.round(ratio) <= 1;
    context.lineWidth = thin ? 1 / ratio : 1.5;
    for (const { level, heads: lines } of drawn.bundles) {
      context.globalAlpha = level / LEVELS;
      lines.forEach((places, head) => {
        if (places.length === 0) return;
        context.strokeStyle = headColour(head, theme);
        context.beginPath();
        for (const place of places) {
          const from = Math.floor(place / many()) % many();
          const to = place % many();
          if (!crosses(piece, from, to)) continue;
          addLine(context, head, from, to);
          if (thin) continue;
          context.stroke();
          context.beginPath();
        }
        if (thin) context.stroke();
      });
    }
  }

  function crosses({ start, end }, from, to) {
    const first = Math.min(from, to) * size.step;
    const last = (Math.max(from, to) + 1) * size.step;
    return first < end && last > start;
  }

  /** Draw what is in sight now and the rest when the browser has time. */
  function paint() {
    for (const piece of pieces) {
      if (!piece.seen) continue;
      if (!piece.painted) paintResting(piece);
      paintFront(piece);
    }
    // not before the frame with what is in sight
    if (!drawing) drawing = requestAnimationFrame(() => whenIdle(paintNext));
  }

  function paintNext() {
    const next = pieces.find((piece) => !piece.painted);
    if (next) paintResting(next);
    drawing = next ? whenIdle(paintNext) : 0;
  }

  function tellCount(shown, shownWeight) {
    const total = headsOn().reduce((sum, head) => sum + lineCounts[head], 0);
    const all = headsOn().length * many();
    const share = all ? (100 * shownWeight) / all : 0;
    count.textContent =
      fill(payload.header.labels.count, {
        shown,
        total,
        weight: `${digits(share, 0)} %`,
      }) + (sparse ? ` ${payload.header.labels.sparse}` : "");
  }

  /** Give one token a class, and take it from the one that had it. */
  function mark(name, place) {
    const button = place ? buttons[place.side][place.index] : null;
    if (marked[name] === button) return;
    marked[name]?.classList.remove(name);
    button?.classList.add(name);
    marked[name] = button;
  }

  function focus(place) {
    if (!payload || !size) return;
    inFront = place && place.index < many() ? place : null;
    mark("pointed", inFront);
    mark("locked", settings.locked);
    mark("selected", query === null || query >= many() ? null : { side: "query", index: query });
    plot.classList.toggle("pointing", inFront !== null);
    readOut.textContent = inFront ? sentence(inFront) : payload.header.labels.help;
    for (const piece of pieces) piece.fronted = false;
    paint();
  }

  /** Draw the lines of the token in front that cross a piece, and stripes beside the other side. */
  function paintFront(piece) {
    if (piece.fronted) return;
    piece.fronted = true;
    if (!inFront) {
      piece.front.hidden = true; // a bitmap that is not shown costs nothing
      return;
    }
    piece.front.hidden = false;
    const context = clearPiece(piece.front, piece);
    context.lineWidth = 2;
    const { side, index: fixed } = inFront;
    const stripes = side === "query" ? size.to + 3 : size.from - 3 - size.stripe * heads();
    for (const head of headsOn()) {
      context.strokeStyle = context.fillStyle = headColour(head, theme);
      for (let index = 0; index < many(); index += 1) {
        const [from, to] = side === "query" ? [fixed, index] : [index, fixed];
        const value = weight(head, from, to);
        if (value < POINTED || !crosses(piece, from, to)) continue;
        context.globalAlpha = opacity(value);
        context.beginPath();
        addLine(context, head, from, to);
        context.stroke();
        const start = stripes + head * size.stripe;
        const along = index * size.step + size.step * 0.15;
        if (size.across) context.fillRect(along, start, size.step * 0.7, size.stripe - 0.5);
        else context.fillRect(start, along, size.stripe - 0.5, size.step * 0.7);
      }
    }
  }

  /** The strongest pairs of a token in digits: of the one head shown, or the mean of those shown. */
  function sentence(place) {
    const { labels, tokens } = payload.header;
    const on = headsOn();
    const about = sparse && on.length > 1 ? "≈ " : "";
    const means = tokens.map((token, index) => {
      const [from, to] = place.side === "query" ? [place.index, index] : [index, place.index];
      const sum = on.reduce((total, head) => total + weight(head, from, to), 0);
      return { label: token.label, mean: on.length ? sum / on.length : 0 };
    });
    means.sort((a, b) => b.mean - a.mean);
    const pairs = means
      .slice(0, READ_OUT)
      .map(({ label, mean }) => `${label} ${about}${digits(mean, 3)}`);
    const template = place.side === "query" ? labels.looks : labels.seen;
    const text = fill(template, { token: tokens[place.index].label, pairs: pairs.join(" · ") });
    const mean = on.length > 1 ? ` ${fill(labels.mean, { heads: on.length })}` : "";
    return text + mean + hiddenPart(place, on);
  }

  /** How much of a query's weight a filter took away, on average over the heads shown. */
  function hiddenPart(place, on) {
    if (place.side === "key" || on.length === 0) return "";
    const { hidden } = payload.arrays;
    const sum = on.reduce((total, head) => total + hidden[head * many() + place.index], 0);
    const { labels } = payload.header;
    return sum > 0 ? ` ${fill(labels.hidden, { value: digits(sum / on.length, 3) })}` : "";
  }

  function point(place) {
    pointed = place;
    focus(pointed ?? settings.locked);
  }

  function layout(width) {
    if (!payload || !width) return;
    // Asked for while the tokens are not there yet, where the plot lies costs little.
    const origin = plot.getBoundingClientRect();
    if (!buttons.query.length) makeTokens();
    theme = readTheme(root);
    probe.font = `14px ${theme.font}`;
    size = layoutLines(probe, payload.header, heads(), width, isAcross());
    plot.style.width = `${size.width}px`;
    plot.style.height = `${size.height}px`;
    names.style.maxWidth = `${size.width}px`;
    chipButtons.forEach((chip, head) => {
      const colour = headColour(head, theme);
      chip.style.setProperty("--head", colour);
      chip.style.setProperty("--ink", inkOn(rgb(colour)));
    });
    placeTokens();
    placePieces(origin);
    applySettings();
  }

  cutKind.addEventListener("change", () => {
    settings.cut = cutKind.value;
    changed();
  });
  cut.addEventListener("input", () => {
    settings[settings.cut === "weight" ? "threshold" : "count"] = Number(cut.value);
    changed();
  });
  turn.addEventListener("click", () => {
    settings.across = !size.across;
    changed(true);
  });
  unlock.addEventListener("click", () => lock(settings.locked));
  plot.addEventListener("pointerover", (event) => point(placeOf(event)));
  plot.addEventListener("pointerleave", () => point(null));
  plot.addEventListener("focusin", (event) => point(placeOf(event)));
  plot.addEventListener("focusout", () => point(null));
  plot.addEventListener("click", (event) => {
    clearTimeout(clicking);
    const place = placeOf(event);
    if (place?.side !== "query") return;
    clicking = setTimeout(() => emit("select", { query: place.index }), 260);
  });
  plot.addEventListener("dblclick", (event) => {
    clearTimeout(clicking);
    const place = placeOf(event);
    if (place) lock(place);
  });
  plot.addEventListener("keydown", move);
  const stopWatching = watchWidth(root, layout);
  const watcher = new IntersectionObserver((entries) => {
    for (const { target, isIntersecting } of entries) {
      const piece = pieces.find(({ resting }) => resting === target);
      if (piece) piece.seen = isIntersecting;
    }
    paint();
  });

  function take(values) {
    ({ query } = values);
    for (const name of Object.keys(settings)) settings[name] = values[name];
    if (settings.heads?.length >= heads()) settings.heads = null;
  }

  return {
    show(next, values) {
      payload = next;
      pointed = null;
      if (values) take(values);
      const { labels } = next.header;
      cutKind.replaceChildren(
        element("option", { value: "weight" }, labels.by_weight),
        element("option", { value: "count" }, labels.by_count),
      );
      cut.setAttribute("aria-label", labels.by_weight);
      turn.textContent = labels.turn;
      unlock.textContent = labels.unlock;
      legend.textContent = labels.legend;
      chips.setAttribute("aria-label", labels.head);
      plot.setAttribute("aria-label", labels.plot);
      queriesWord.textContent = labels.queries;
      keysWord.textContent = below.textContent = labels.keys;
      if (settings.locked && settings.locked.index >= next.header.tokens.length) {
        settings.locked = null;
      }
      readWeights(next);
      makeChips();
      removeTokens();
      size = null;
      layout(root.clientWidth);
    },
    select(values) {
      const { across } = settings;
      const before = JSON.stringify([query, settings]);
      take(values);
      if (JSON.stringify([query, settings]) === before) return; // as show was told
      applySettings(settings.across !== across);
    },
    repaint: () => layout(root.clientWidth),
    close: () => {
      clearTimeout(waiting);
      clearTimeout(clicking);
      stopWatching();
      watcher.disconnect();
      pieces = []; // nothing left to draw when there is time
    },
  };
}

export const mount = mountWith(buildLines);
