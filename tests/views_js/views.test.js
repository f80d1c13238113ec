import assert from "node:assert/strict";
import { test } from "node:test";
import { nextStrip, productsOf } from "../../viz_app/views/neurons/layout.js";
import { uprightStack } from "../../viz_app/views/shared/canvas.js";
import { channel, deliver } from "../../viz_app/views/shared/channel.js";
import { withoutRepeats } from "../../viz_app/views/shared/mount.js";
import { unpack } from "../../viz_app/views/shared/payload.js";
import { oneAtATime, prefetched, want } from "../../viz_app/views/shared/prefetch.js";
import { clamp, largest, largestAt, scaleIndex } from "../../viz_app/views/shared/scale.js";
import golden from "../golden.json" with { type: "json" };

test("a payload packed by Python is read, also where it starts at an odd place", () => {
  const bytes = Uint8Array.from(atob(golden.payload.base64), (sign) => sign.charCodeAt(0));
  const odd = new Uint8Array(bytes.length + 3);
  odd.set(bytes, 3);
  for (const given of [bytes, odd.subarray(3)]) {
    const { header, arrays, shapes } = unpack(given);
    assert.equal(header.view, golden.payload.view);
    for (const [name, { values, shape }] of Object.entries(golden.payload.arrays)) {
      assert.deepEqual([...arrays[name]], values);
      assert.deepEqual(shapes[name], shape);
    }
  }
});

test("what was said on a channel waits for who comes later", () => {
  deliver("a view", { row: 1 });
  assert.deepEqual(channel("a view").values, { row: 1 });
  const heard = [];
  channel("a view").listeners.add((values) => heard.push(values));
  deliver("a view", { row: 2 });
  assert.deepEqual(heard, [{ row: 2 }]);
});

test("a wish is kept until Python's ear is mounted", () => {
  want("sheetView", ["place"]);
  assert.deepEqual(channel("sheetView wanted").values, ["place"]);
  assert.equal(prefetched("sheetView"), channel("sheetView prefetched"));
});

test("the same click is not told twice before the page has answered", ({ mock }) => {
  let now = 100;
  mock.method(performance, "now", () => now);
  const told = [];
  const once = withoutRepeats((name, value) => told.push([name, value.row]));
  const click = (row) => once.emit("select", { row });
  click(1);
  click(1);
  assert.equal(told.length, 1);
  click(2); // another row is another wish
  click(1);
  assert.equal(told.length, 3);
  once.answered();
  click(1);
  assert.equal(told.length, 4);
  now += 5000; // no answer ever came
  click(1);
  assert.equal(told.length, 5);
});

test("messages of one moment are sent apart, in their order", ({ mock }) => {
  const waits = [];
  mock.method(performance, "now", () => 100);
  mock.method(globalThis, "setTimeout", (_, wait) => waits.push(wait));
  const inTurn = oneAtATime();
  for (let count = 0; count < 3; count += 1) inTurn(() => {});
  assert.deepEqual(waits, [0, 20, 40]);
});

test("scales", () => {
  assert.deepEqual(
    [-1, 3, 9].map((value) => clamp(value, [0, 5])),
    [0, 3, 5],
  );
  assert.deepEqual(
    [-9, 0, 9].map((value) => scaleIndex(value, -2, 2)),
    [0, 128, 255],
  );
  assert.equal(largest([1, -3, 2]), 3);
  assert.equal(largest([0, 0]), 1);
  assert.equal(largestAt([1, 4, 4]), 1);
});

test("a Chinese token stands upright, with its position below where it repeats", () => {
  assert.deepEqual(uprightStack({ text: "注意", label: "注意" }, 90, 12), {
    stack: ["注", "意"],
    position: "",
  });
  assert.deepEqual(uprightStack({ text: "注意力", label: "注意力 (7)" }, 42, 12), {
    stack: ["注", "意"],
    position: "7",
  });
});

test("neurons: products, and the strip an arrow key leads to", () => {
  const products = productsOf(Float32Array.of(2, 3), Float32Array.of(1, 1, 5, -1));
  assert.deepEqual([...products], [2, 3, 10, -3]);
  assert.deepEqual(
    [0, 1, 2].map((at) => nextStrip(at, 1, 5)),
    [1, 3, 4],
  );
  assert.equal(nextStrip(3, -1, 5), 1);
});
