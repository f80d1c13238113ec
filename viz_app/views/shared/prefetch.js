// @ts-check
// Prefetch: what a reader may ask for next is in the browser before it is asked for. This file is
// the whole protocol; its Python side is `prefetch` in views/mount.py.
//
// A view has a channel for each direction. `<view> wanted`: the view lists what it lacks and Python
// hears of it as the trigger "wanted". `<view> prefetched`: Python's answer, a list of payloads of
// the kind that the view itself is shown; it also comes unasked where a view has few neighbours.
// Both go through a component of their own, which draws nothing, so that the view is left alone.
//
// One thing that can be asked for passes through these states:
//
//   missing     not here. It is wanted only once what the reader looks at is painted.
//   wanted      Python was told. After FORGOTTEN_MS without it, it counts as missing again.
//   here        it came and is kept by the view. A new subject (text, model, language) drops it;
//               the payloads name theirs, and those of another are not kept.
//   shown       the reader chose it and it is drawn, while Python still hears of the choice. What
//               Python then sends for an earlier choice is not drawn. After PATIENCE_MS without an
//               answer to this one, what Python said last counts: a heatmap goes back to it, the
//               step-by-step view says its place again, twice, and then goes back.
//   answered    Python has sent what was chosen: the view shows that.
//
// What is chosen while it is still missing is asked for as an ordinary choice, by the view's own
// trigger, and has the same PATIENCE_MS.

import { channel, deliver } from "./channel.js";
import { unpack } from "./payload.js";

/** @typedef {import("./payload.js").Payload<any, any>} AnyPayload */

export const FORGOTTEN_MS = 3000;
export const PATIENCE_MS = 2000;

// Streamlit sends the messages of one moment together, and then runs only the part of the page that
// the first of them belongs to; so they are sent this far apart.
const APART_MS = 20;

/**
 * A gate for messages to the page: each is sent in its turn.
 *
 * @returns {(work: () => void) => void}
 */
export function oneAtATime() {
  let free = -Infinity;
  return (work) => {
    const now = performance.now();
    const begin = Math.max(free, now);
    free = begin + APART_MS;
    setTimeout(work, begin - now);
  };
}

/**
 * What came for a view last, and who else wants to hear of it.
 *
 * @param {string} view
 */
export const prefetched = (view) => channel(`${view} prefetched`);

/**
 * Ask for what a view lacks; heard also by a component that is mounted later.
 *
 * @param {string} view
 * @param {unknown[]} places
 */
export const want = (view, places) => deliver(`${view} wanted`, places);

/** @param {{data: Uint8Array, setTriggerValue: (name: string, value: unknown) => void}} mounted */
export function mount({ data, setTriggerValue }) {
  const { header, arrays } = unpack(data);
  const wanted = channel(`${header.view} wanted`);
  const ask = (/** @type {unknown[]} */ places) => {
    wanted.values = null;
    setTriggerValue("wanted", places);
  };
  wanted.listeners.clear();
  wanted.listeners.add(ask);
  if (wanted.values) ask(wanted.values);
  /** @type {Uint8Array[]} */
  const payloads = Object.values(arrays);
  if (payloads.length) deliver(`${header.view} prefetched`, payloads.map(unpack));
}
