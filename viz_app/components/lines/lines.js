// Two rows of tokens and a line per head and pair: colour = head, opacity = √weight.
// Below lies a canvas with all lines, above it one with the lines of the token pointed at.

const POINTED = 0.005; // lines of the token pointed at are drawn from this weight on
const MOST_LINES = 6000; // at rest; more would take longer than a tenth of a second to stroke
const READ_OUT = 5; // pairs named for the token pointed at

/** Places of tokens, stripes and lines, CSS pixels; "down" = two columns, "across" = two rows. */
function layoutLines(context, header, heads, width, across) {
  const { tokens } = header;
  const many = tokens.length;
  const widest = Math.max(...tokens.map((token) => context.measureText(token.text).width));
  const stripe = Math.max(3, Math.min(7, Math.floor((width * 0.2) / heads)));
  if (across) {
    const tallest = Math.max(...tokens.map((token) => (
      token.upright ? [...token.text].length * 18 : context.measureText(token.text).width
    )));
    const label = Math.ceil(Math.min(96, tallest)) + 12;
    const step = Math.max(22, Math.min(56, Math.floor(width / many)));
    const gutter = stripe * heads + 4;
    const span = 220;
    return {
      across, step, label, stripe, gutter,
      width: step * many,
      height: 2 * (label + gutter) + span,
      from: label + gutter,
      to: label + gutter + span,
    };
  }
  const label = Math.ceil(Math.min(width * 0.24, widest)) + 16;
  const step = many <= 40 ? 24 : many <= 80 ? 18 : many <= 160 ? 14 : 12;
  const gutter = stripe * heads + 4;
  const inner = Math.min(width, 980);
  return {
    across, step, label, stripe, gutter,
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
  const resting = element("canvas", { class: "resting", "aria-hidden": "true" });
  const front = element("canvas", { class: "front", "aria-hidden": "true" });
  const plot = element("div", { class: "plot", role: "group" }, resting, front);
  const box = element("div", { class: "scroll" }, plot);
  const count = element("div", { class: "quiet count" });
  const legend = element("div", { class: "quiet" });
  root.append(chips, controls, readOut, names, box, below, count, legend);

  let payload = null;
  let size = null;
  let theme = null;
  let buttons = { query: [], key: [] };
  let chipButtons = [];
  let weights = null; // [heads, query, key], flat
  let sparse = false; // only the weights that can be drawn were sent
  let sorted = []; // every pair worth a line, heaviest first
  let lineCounts = []; // pairs with any weight, per head
  let pointed = null; // {side, index}
  let marked = {}; // class name → the button that has it
  let query = null; // the selected query token
  let waiting = 0;
  let clicking = 0;
  const settings = {
    heads: null, cut: "weight", threshold: 0.1, count: 100, across: null, locked: null,
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
    Object.assign(cut, byWeight
      ? { min: 0, max: 0.5, step: 0.01, value: settings.threshold }
      : { min: 1, max: 500, step: 1, value: settings.count });
    cutValue.textContent = byWeight ? digits(settings.threshold, 2) : String(settings.count);
    unlock.hidden = settings.locked === null;
    if (relaid) layout(root.clientWidth);
    else {
      paintResting();
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

  function makeTokens() {
    for (const button of [...buttons.query, ...buttons.key]) button.remove();
    buttons = { query: [], key: [] };
    marked = {};
    for (const side of ["query", "key"]) {
      payload.header.tokens.forEach((token, index) => {
        // One stop for the tab key per side; the arrow keys move along.
        const button = element("button", {
          type: "button", class: `token ${side}`, tabindex: index === 0 ? "0" : "-1", dir: "auto",
          title: token.label,
        }, token.text);
        button.classList.toggle("upright", token.upright);
        button.classList.toggle("special", token.special);
        button.addEventListener("pointerenter", () => point({ side, index }));
        button.addEventListener("pointerleave", () => point(null));
        button.addEventListener("focus", () => point({ side, index }));
        button.addEventListener("blur", () => point(null));
        button.addEventListener("click", () => {
          clearTimeout(clicking);
          if (side === "query") clicking = setTimeout(() => emit("select", { query: index }), 260);
        });
        button.addEventListener("dblclick", () => {
          clearTimeout(clicking);
          lock({ side, index });
        });
        button.addEventListener("keydown", (event) => move(event, side, index));
        buttons[side].push(button);
        plot.append(button);
      });
    }
  }

  function move(event, side, index) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const along = size.across ? ["ArrowLeft", "ArrowRight"] : ["ArrowUp", "ArrowDown"];
    const over = size.across ? ["ArrowUp", "ArrowDown"] : ["ArrowLeft", "ArrowRight"];
    let target = null;
    if (event.key === along[0]) target = buttons[side][index - 1];
    else if (event.key === along[1]) target = buttons[side][index + 1];
    else if (over.includes(event.key)) target = buttons[event.key === over[0] ? "query" : "key"][index];
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
    for (const side of ["query", "key"]) {
      buttons[side].forEach((button, index) => {
        const start = index * size.step;
        const far = size.across ? size.height - size.label : size.width - size.label;
        const off = side === "query" ? 0 : far;
        const [left, top, width, height] = size.across
          ? [start, off, size.step, size.label]
          : [off, start, size.label, size.step];
        Object.assign(button.style, {
          left: `${left}px`, top: `${top}px`, width: `${width}px`, height: `${height}px`,
        });
      });
    }
    plot.classList.toggle("across", size.across);
    plot.classList.toggle("dense", size.step < 18);
    keysWord.hidden = size.across;
    below.hidden = !size.across;
  }

  // --- painting ---

  function stroke(context, head, from, to, value) {
    const [x0, y0] = end("query", from, head);
    const [x1, y1] = end("key", to, head);
    context.globalAlpha = Math.sqrt(Math.min(1, value)); // the root keeps diffuse heads visible
    context.beginPath();
    context.moveTo(x0, y0);
    context.lineTo(x1, y1);
    context.stroke();
  }

  /** Weights as a full array, however they were sent. */
  function readWeights({ arrays, header }) {
    sparse = !arrays.weights;
    if (!sparse) return arrays.weights;
    const full = new Float32Array(header.shape.reduce((product, length) => product * length, 1));
    arrays.places.forEach((place, index) => { full[place] = arrays.values[index]; });
    return full;
  }

  /** Places of the pairs worth a line, heaviest first: a counting sort, since there can be many. */
  function sortPairs() {
    const level = (value) => Math.min(4095, Math.floor(value * 4096));
    const starts = new Uint32Array(4097);
    let strong = 0;
    lineCounts = new Array(heads()).fill(0);
    weights.forEach((value, place) => {
      if (value > 0) lineCounts[Math.floor(place / (many() * many()))] += 1;
      if (value < POINTED) return;
      starts[4096 - level(value)] += 1;
      strong += 1;
    });
    for (let index = 1; index < starts.length; index += 1) starts[index] += starts[index - 1];
    sorted = new Uint32Array(strong);
    weights.forEach((value, place) => {
      if (value < POINTED) return;
      const bucket = 4095 - level(value);
      sorted[starts[bucket]] = place;
      starts[bucket] += 1;
    });
  }

  function paintResting() {
    if (!payload || !size) return;
    const context = sizeCanvas(resting, size.width, size.height);
    context.lineWidth = 1.5;
    const colours = [...Array(heads()).keys()].map((head) => headColour(head, theme));
    const on = colours.map((_, head) => isOn(head));
    const most = settings.cut === "count" ? settings.count : MOST_LINES;
    const least = settings.cut === "weight" ? settings.threshold : 0;
    let shown = 0;
    let shownWeight = 0;
    for (const place of sorted) {
      const head = Math.floor(place / (many() * many()));
      if (!on[head]) continue;
      if (shown >= most) break;
      if (weights[place] < least) continue; // within one step of the sort the order is free
      context.strokeStyle = colours[head];
      const pair = place % (many() * many());
      stroke(context, head, Math.floor(pair / many()), pair % many(), weights[place]);
      shown += 1;
      shownWeight += weights[place];
    }
    tellCount(shown, shownWeight);
  }

  function tellCount(shown, shownWeight) {
    const total = headsOn().reduce((sum, head) => sum + lineCounts[head], 0);
    const all = headsOn().length * many();
    const share = all ? (100 * shownWeight) / all : 0;
    count.textContent = fill(payload.header.labels.count, {
      shown, total, weight: `${digits(share, 0)} %`,
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
    const context = front.getContext("2d");
    context.clearRect(0, 0, size.width, size.height);
    const known = place && place.index < many() ? place : null;
    mark("pointed", known);
    mark("locked", settings.locked);
    mark("selected", query === null || query >= many() ? null : { side: "query", index: query });
    resting.classList.toggle("behind", Boolean(place));
    if (!place || place.index >= many()) {
      readOut.textContent = payload.header.labels.help;
      return;
    }
    context.lineWidth = 2;
    const other = place.side === "query" ? "key" : "query";
    for (const head of headsOn()) {
      context.strokeStyle = context.fillStyle = headColour(head, theme);
      for (let index = 0; index < many(); index += 1) {
        const [from, to] = place.side === "query" ? [place.index, index] : [index, place.index];
        const value = weight(head, from, to);
        if (value < POINTED) continue;
        stroke(context, head, from, to, value);
        const start = (other === "key" ? size.to + 3 : size.from - 3 - size.stripe * heads())
          + head * size.stripe;
        const along = index * size.step + size.step * 0.15;
        if (size.across) context.fillRect(along, start, size.step * 0.7, size.stripe - 0.5);
        else context.fillRect(start, along, size.stripe - 0.5, size.step * 0.7);
      }
    }
    readOut.textContent = sentence(place);
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
    const pairs = means.slice(0, READ_OUT).map(({ label, mean }) => `${label} ${about}${digits(mean, 3)}`);
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
    theme = readTheme(root);
    const probe = resting.getContext("2d");
    probe.font = `14px ${theme.font}`;
    size = layoutLines(probe, payload.header, heads(), width, isAcross());
    sizeCanvas(front, size.width, size.height);
    plot.style.width = `${size.width}px`;
    plot.style.height = `${size.height}px`;
    names.style.maxWidth = `${size.width}px`;
    chipButtons.forEach((chip, head) => {
      const colour = headColour(head, theme);
      chip.style.setProperty("--head", colour);
      chip.style.setProperty("--ink", inkOn(rgb(colour)));
    });
    placeTokens();
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
  const stopWatching = watchWidth(root, layout);

  return {
    show(next) {
      payload = next;
      pointed = null;
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
      weights = readWeights(next);
      sortPairs();
      makeChips();
      makeTokens();
      layout(root.clientWidth);
    },
    select(values) {
      const relaid = values.across !== settings.across;
      ({ query } = values);
      for (const name of Object.keys(settings)) settings[name] = values[name];
      if (settings.heads?.length >= heads()) settings.heads = null;
      applySettings(relaid);
    },
    repaint: () => layout(root.clientWidth),
    close: () => {
      clearTimeout(waiting);
      clearTimeout(clicking);
      stopWatching();
    },
  };
}

export default mountWith(buildLines);
