// @ts-check
// What views/payload.py packs, read.

/** @typedef {Uint8Array | Uint16Array | Uint32Array | Int32Array | Float32Array | Float64Array} Numbers */

/**
 * A header and flat arrays; their shapes stand beside them.
 *
 * @template Header
 * @template Arrays
 * @typedef {{header: Header, arrays: Arrays, shapes: {[name in keyof Arrays]-?: number[]}}} Payload
 */

const TYPED_ARRAYS = {
  uint8: Uint8Array,
  uint16: Uint16Array,
  uint32: Uint32Array,
  int32: Int32Array,
  float32: Float32Array,
  float64: Float64Array,
};

/** @typedef {{dtype: keyof typeof TYPED_ARRAYS, shape: number[], offset: number}} Stored */

/**
 * The header and the arrays of the bytes written by payload.pack.
 *
 * @param {Uint8Array} bytes
 * @returns {Payload<any, any>} typed by whoever asked for it
 */
export function unpack(bytes) {
  const aligned = bytes.slice(); // Streamlit's view may start at an odd offset
  const length = new DataView(aligned.buffer).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(aligned.subarray(4, 4 + length)));
  const start = Math.ceil((4 + length) / 8) * 8;
  /** @type {Record<string, Numbers>} */
  const arrays = {};
  /** @type {Record<string, number[]>} */
  const shapes = {};
  /** @type {[string, Stored][]} */
  const stored = Object.entries(header.arrays);
  for (const [name, { dtype, shape, offset }] of stored) {
    const count = shape.reduce((product, size) => product * size, 1);
    arrays[name] = new TYPED_ARRAYS[dtype](aligned.buffer, start + offset, count);
    shapes[name] = shape;
  }
  return { header, arrays, shapes };
}
