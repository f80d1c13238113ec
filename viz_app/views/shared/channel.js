// @ts-check
// Named lines between modules that do not know each other: what is said is kept for whoever comes
// later. They stand on the window, since each view that Streamlit mounts is a script of its own.

/** @typedef {{values: any, listeners: Set<(values: any) => void>}} Channel */

const KEY = Symbol.for("headlight.channels");

const shared = /** @type {any} */ (globalThis);

/** @type {Map<string, Channel>} */
const channels = (shared[KEY] ??= new Map());

/**
 * The line of that name; `values` is what was said last, null before.
 *
 * @param {string} name
 * @returns {Channel}
 */
export function channel(name) {
  const known = channels.get(name);
  if (known) return known;
  const made = { values: null, listeners: new Set() };
  channels.set(name, made);
  return made;
}

/**
 * Say `values` on the line of that name, to who listens now and who will.
 *
 * @param {string} name
 * @param {unknown} values
 */
export function deliver(name, values) {
  const line = channel(name);
  line.values = values;
  for (const listener of line.listeners) listener(values);
}
