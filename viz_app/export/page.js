// @ts-check
// An exported file: unpacks its payloads, mounts its views and lets them answer each other.

import { deliver } from "../views/shared/channel.js";

/**
 * A view of the file: see export/html.py.
 *
 * @typedef {{
 *   folder: string,
 *   names: string[],
 *   first: string,
 *   values: Record<string, unknown>,
 * }} Part
 */
/** @typedef {(values: any) => void} Handler */
/** @typedef {ReturnType<typeof import("../views/shared/mount.js").mountWith>} Mount */

/**
 * @param {string} text base64
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function fromBase64(text) {
  const native = /** @type {any} */ (Uint8Array).fromBase64;
  if (native) return native.call(Uint8Array, text);
  const characters = atob(text);
  const bytes = new Uint8Array(characters.length);
  for (let index = 0; index < bytes.length; index += 1) bytes[index] = characters.charCodeAt(index);
  return bytes;
}

/**
 * Written to directly, the stream answers before the next task; a Blob's would take a trip.
 *
 * @param {Uint8Array<ArrayBuffer>} packed
 */
export async function unzip(packed) {
  const stream = new DecompressionStream("gzip");
  const writer = stream.writable.getWriter();
  const written = Promise.all([writer.write(packed), writer.close()]);
  const size = new DataView(packed.buffer).getUint32(packed.length - 4, true); // gzip's last field
  const bytes = new Uint8Array(size);
  let filled = 0;
  const reader = stream.readable.getReader();
  for (let next = await reader.read(); !next.done; next = await reader.read()) {
    bytes.set(next.value, filled);
    filled += next.value.length;
  }
  await written;
  return bytes;
}

const loaded = () =>
  new Promise((go) => {
    document.addEventListener("DOMContentLoaded", go, { once: true });
  });

/**
 * The bytes of a payload by the id of its element, each read once; waits for what stands further
 * down in a file that is still being read.
 */
function payloadReader() {
  /** @type {Record<string, Uint8Array>} */
  const read = {};
  return async (/** @type {string} */ id) => {
    if (!document.getElementById(id)) await loaded();
    const text = document.getElementById(id)?.textContent ?? "";
    read[id] ??= await unzip(fromBase64(text));
    return read[id];
  };
}

/**
 * Mount all views, each with its first payload.
 *
 * Returns show(part, name) for another payload, send(part, values) for another selection, and
 * on(part, trigger, handler) for what is clicked; parts are counted from zero.
 *
 * @param {Part[]} parts
 * @param {Record<string, Mount>} mounts by folder
 */
export function openPage(parts, mounts) {
  const payload = payloadReader();
  /** @type {Record<string, Handler>[]} */
  const handlers = parts.map(() => ({}));

  async function show(/** @type {number} */ index, /** @type {string} */ name) {
    const part = parts[index];
    part.first = name;
    const data = await payload(`data${index}-${name}`);
    const parentElement = document.getElementById(`view${index}`);
    if (part.first !== name || !parentElement) return; // another was asked for meanwhile
    mounts[part.folder]({
      data,
      parentElement,
      setTriggerValue: (trigger, value) => handlers[index][trigger]?.(value),
    });
  }

  function send(/** @type {number} */ index, /** @type {Record<string, unknown>} */ values) {
    Object.assign(parts[index].values, values);
    deliver(`view${index}`, parts[index].values);
  }

  const showAll = () => {
    for (const [index, part] of parts.entries()) show(index, part.first);
  };
  parts.forEach((_, index) => void send(index, {}));
  showAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showAll);
  return {
    show,
    send,
    on(/** @type {number} */ index, /** @type {string} */ trigger, /** @type {Handler} */ handler) {
      handlers[index][trigger] = handler;
    },
    has: (/** @type {number} */ index, /** @type {string} */ name) =>
      parts[index].names.includes(name),
  };
}

/** @typedef {ReturnType<typeof openPage>} Page */
