// Shared by every view: this file stands in front of <view>.js, and both form one ES module.
// A view is a function build(root, emit) that returns {show, select, repaint}; see mountWith.

// --- payload -------------------------------------------------------------------------------

const TYPED_ARRAYS = {
  uint8: Uint8Array, uint16: Uint16Array, uint32: Uint32Array, int32: Int32Array,
  float32: Float32Array, float64: Float64Array,
};

/** {header, arrays} of the bytes written by payload.pack; arrays are flat, shapes beside them. */
function unpack(bytes) {
  const aligned = bytes.slice(); // Streamlit's view may start at an odd offset
  const length = new DataView(aligned.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + length)));
  const start = Math.ceil((4 + length) / 8) * 8;
  const arrays = {};
  const shapes = {};
  for (const [name, { dtype, shape, offset }] of Object.entries(header.arrays)) {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays[name] = new TYPED_ARRAYS[dtype](aligned.buffer, start + offset, count);
    shapes[name] = shape;
  }
  return { header, arrays, shapes };
}

// --- words and elements --------------------------------------------------------------------

/** Fill the {placeholders} of a message that came with the payload. */
function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/** A number with a fixed count of decimals and a real minus sign. */
function digits(value, decimals) {
  const text = value.toFixed(decimals);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/** A probability in as few characters as a cell has room for: ".41", "1", "0". */
function shortProbability(value) {
  const text = value.toFixed(2);
  if (text === "0.00") return "0";
  if (text === "1.00") return "1";
  return text.slice(1);
}

/** Make an element; text only ever goes in as text, so tokens can hold anything. */
function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}

/** The pieces of a label; pointing at a term shows its name in the other language. */
function termWords(pieces) {
  return pieces.map(([text, other]) => (other ? element("abbr", { title: other }, text) : text));
}

// --- theme and colour ----------------------------------------------------------------------

let colourProbe = null;

/** [red, green, blue] 0..255 of any CSS colour. */
function rgb(colour) {
  if (/^#[0-9a-f]{6}$/i.test(colour)) {
    return [1, 3, 5].map((start) => parseInt(colour.slice(start, start + 2), 16));
  }
  colourProbe ??= document.createElement("canvas").getContext("2d", { willReadFrequently: true });
  colourProbe.canvas.width = colourProbe.canvas.height = 1;
  colourProbe.fillStyle = colour;
  colourProbe.fillRect(0, 0, 1, 1);
  return [...colourProbe.getImageData(0, 0, 1, 1).data.subarray(0, 3)];
}

function css(colour, alpha = 1) {
  return `rgb(${colour.map(Math.round).join(" ")} / ${alpha})`;
}

function mix(from, to, share) {
  return from.map((value, index) => value + (to[index] - value) * share);
}

function luminance([red, green, blue]) {
  return (0.2126 * red + 0.7152 * green + 0.0722 * blue) / 255;
}

/** The colours and fonts that the page gives its components, read anew after a theme switch. */
function readTheme(node) {
  const style = getComputedStyle(node);
  const value = (name, otherwise) => style.getPropertyValue(name).trim() || otherwise;
  const background = rgb(value("--st-background-color", "white"));
  const dark = luminance(background) < 0.5;
  return {
    dark,
    background,
    panel: rgb(value("--st-secondary-background-color", dark ? "#262730" : "#f0f2f6")),
    text: rgb(value("--st-text-color", dark ? "white" : "#31333f")),
    mark: rgb(PALETTE[dark ? "dark" : "light"].mark), // what is chosen: stands out on every blue
    border: rgb(value("--st-border-color", dark ? "#3d4044" : "#d6d6d9")),
    font: value("--st-font", "sans-serif"),
    codeFont: value("--st-code-font", "monospace"),
  };
}

// PALETTE stands in front of this file: palette.json, which exported pictures use as well.

function ramp(colours, share) {
  const place = Math.min(Math.max(share, 0), 1) * (colours.length - 1);
  const index = Math.min(Math.floor(place), colours.length - 2);
  return mix(colours[index], colours[index + 1], place - index);
}

/** 256 colours as a flat RGB table: 0 = low, 255 = high of a "probability" or "signed" scale. */
function colourTable(kind, theme) {
  const stops = PALETTE[theme.dark ? "dark" : "light"];
  const from = (name) => [theme.background, ...stops[name].map(rgb)];
  const [probability, negative, positive] = ["probability", "negative", "positive"].map(from);
  const table = new Uint8ClampedArray(256 * 3);
  for (let index = 0; index < 256; index += 1) {
    const signed = (index - 127.5) / 127.5;
    const colour = kind === "signed"
      ? ramp(signed < 0 ? negative : positive, Math.abs(signed))
      : ramp(probability, index / 255);
    table.set(colour, index * 3);
  }
  return table;
}

function tableColour(table, index) {
  return [table[index * 3], table[index * 3 + 1], table[index * 3 + 2]];
}

/** Index 0..255 of a value on a scale from low to high. */
function scaleIndex(value, low, high) {
  return Math.round(Math.min(Math.max((value - low) / (high - low), 0), 1) * 255);
}

/** Black or white, whichever is easier to read on a colour. */
function inkOn(colour) {
  return luminance(colour) > 0.52 ? "#111" : "#fff";
}

/** The colour of a head; from the thirteenth head on they come round again. */
function headColour(head, theme) {
  const colours = PALETTE[theme.dark ? "dark" : "light"].heads;
  return colours[head % colours.length];
}

// --- canvas --------------------------------------------------------------------------------

/** Size a canvas in CSS pixels, sharp at any zoom, and return its context in CSS pixels. */
function sizeCanvas(canvas, width, height) {
  const ratio = window.devicePixelRatio || 1;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  canvas.style.width = `${width}px`;
  canvas.style.height = `${height}px`;
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.imageSmoothingEnabled = false;
  return context;
}

const packed = new WeakMap(); // colour table → the same colours as pixels

/** The colours of a table as pixels: little-endian ABGR, as in every browser today. */
function packedColours(table) {
  if (!packed.has(table)) {
    const colours = new Uint32Array(256);
    for (let index = 0; index < 256; index += 1) {
      const [red, green, blue] = tableColour(table, index);
      colours[index] = ((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0;
    }
    packed.set(table, colours);
  }
  return packed.get(table);
}

/** One pixel per cell, from 256-colour indices; draw it enlarged with smoothing off. */
function indexedBitmap(indices, rows, columns, table) {
  const canvas = document.createElement("canvas");
  canvas.width = columns;
  canvas.height = rows;
  const context = canvas.getContext("2d");
  const image = context.createImageData(columns, rows);
  const pixels = new Uint32Array(image.data.buffer);
  const colours = packedColours(table);
  for (let cell = 0; cell < pixels.length; cell += 1) pixels[cell] = colours[indices[cell]];
  context.putImageData(image, 0, 0);
  return canvas;
}

/** Shorten `text` with … until it is at most `width` wide in the context's font. */
function fitText(context, text, width) {
  if (context.measureText(text).width <= width) return text;
  const characters = [...text];
  while (characters.length > 1) {
    characters.pop();
    const shorter = `${characters.join("")}…`;
    if (context.measureText(shorter).width <= width) return shorter;
  }
  return characters.join("");
}

/** Draw a token above a column whose centre is x: Latin turned, Chinese upright and stacked. */
function drawColumnToken(context, token, x, bottom, height, size) {
  const font = context.font;
  context.save();
  context.textAlign = "center";
  context.textBaseline = "middle";
  if (token.upright) {
    const repeated = token.label !== token.text;
    const room = Math.max(1, Math.floor(height / (size * 1.15)) - (repeated ? 1 : 0));
    const stack = [...token.text].slice(0, room);
    stack.reverse().forEach((character, index) => {
      context.fillText(character, x, bottom - size * (0.6 + index * 1.15));
    });
    if (repeated) {
      context.font = font.replace(/[\d.]+px/, `${size * 0.75}px`);
      const position = token.label.slice(token.text.length).replace(/[ ()]/g, "");
      context.fillText(position, x, bottom - size * (0.55 + stack.length * 1.15));
    }
  } else {
    context.translate(x, bottom);
    context.rotate(-Math.PI / 2);
    context.textAlign = "left";
    context.fillText(fitText(context, token.label, height), 0, 0);
  }
  context.restore();
}

/** Call `changed(width)` whenever the width of a node changes, also when it is first shown. */
function watchWidth(node, changed) {
  let last = Math.floor(node.clientWidth); // show paints at this width itself
  const observer = new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      changed(width);
    }
  });
  observer.observe(node);
  return () => observer.disconnect();
}

// --- tooltip -------------------------------------------------------------------------------

/** A tooltip that stays inside `root`; show(text, x, y) in root's CSS pixels, hide(). */
function tooltip(root) {
  const box = element("div", { class: "tip", role: "status", hidden: true });
  root.append(box);
  return {
    show(text, x, y) {
      box.textContent = text;
      box.hidden = false;
      const left = Math.min(x + 14, root.clientWidth - box.offsetWidth - 2);
      const above = y - box.offsetHeight - 10;
      box.style.left = `${Math.max(0, left)}px`;
      box.style.top = `${above > 0 ? above : y + 18}px`;
    },
    hide() {
      box.hidden = true;
    },
  };
}

/** Is it the second click of a double click? What the first one did has changed what is there. */
const isRepeat = (event) => event.detail > 1;

// --- mounting ------------------------------------------------------------------------------

// Kept on the window, since each view is a module of its own: the selection arrives through a
// component of its own (mount.signal) and has to find the view it is meant for.
const signals = (globalThis[Symbol.for("headlight.signals")] ??= new Map());
const mounted = (globalThis[Symbol.for("headlight.views")] ??= new WeakMap());

function channel(view) {
  if (!signals.has(view)) signals.set(view, { values: null, listeners: new Set() });
  return signals.get(view);
}

/** Hand `values` to the view of that name, now or as soon as it is there. */
function deliver(view, values) {
  const line = channel(view);
  line.values = values;
  for (const listener of line.listeners) listener(values);
}

/** Keep what may be asked for next where its view finds it: channel(`${view}.ahead`).values. */
function bringAhead(bytes) {
  const { header, arrays, shapes } = unpack(bytes);
  deliver(`${header.view}.ahead`, { header, arrays, shapes });
}

/**
 * The entry point that Streamlit calls, around build(root, emit).
 *
 * build makes the elements once and returns {show(payload, values), select(values), repaint(),
 * close?()}: show gets what unpack returns and, where the selection came first, its values; select
 * gets what mount.signal sent, repaint follows a theme switch.
 * emit(name, value) tells Python of a click.
 */
function mountWith(build) {
  return ({ data, parentElement, setTriggerValue }) => {
    let entry = mounted.get(parentElement);
    if (!entry) {
      const root = element("div", { class: "headlight" });
      parentElement.append(root);
      entry = { data: null, root, listening: null };
      entry.view = build(root, (name, value) => entry.emit(name, value));
      entry.listener = (values) => entry.view.select(values);
      mounted.set(parentElement, entry);
      // A canvas painted before the page's font is there keeps the wrong one.
      if (document.fonts?.status === "loading") {
        document.fonts.ready.then(() => mounted.has(parentElement) && entry.view.repaint());
      }
    }
    entry.emit = setTriggerValue;
    const theme = readTheme(entry.root);
    entry.root.style.colorScheme = theme.dark ? "dark" : "light";
    entry.root.style.setProperty("--mark", css(theme.mark));
    if (entry.data === data) {
      entry.view.repaint();
    } else {
      entry.data = data;
      const payload = unpack(data);
      const line = channel(payload.header.view);
      const first = entry.listening !== line;
      entry.view.show(payload, first ? line.values : null);
      if (first) {
        entry.listening?.listeners.delete(entry.listener);
        line.listeners.add(entry.listener);
        entry.listening = line;
        if (line.values) entry.view.select(line.values);
      }
    }
    return () => {
      entry.listening?.listeners.delete(entry.listener);
      entry.view.close?.();
      entry.root.remove();
      mounted.delete(parentElement);
    };
  };
}
