import assert from "node:assert/strict";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { link as linkHeads } from "../../viz_app/export/heads_link.js";
import { fromBase64, unzip } from "../../viz_app/export/page.js";
import { link as linkWalkthrough } from "../../viz_app/export/walkthrough_link.js";

test("a payload in a file is read as it was packed", async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, index) => (index * index) % 251);
  const packed = fromBase64(gzipSync(bytes).toString("base64"));
  assert.deepEqual(await unzip(packed), bytes);
});

/** A page that notes what it is asked for. */
function noted(names) {
  const handlers = {};
  const asked = [];
  const page = {
    on: (part, trigger, handler) => {
      handlers[`${part} ${trigger}`] = handler;
    },
    show: (part, name) => asked.push(["show", part, name]),
    send: (part, values) => asked.push(["send", part, values]),
    has: (_, name) => names.includes(name),
  };
  return { page, handlers, asked };
}

test("a head brings up its layer if the file has it, a token is marked", () => {
  const { page, handlers, asked } = noted(["layer1"]);
  linkHeads(page);
  handlers["0 select"]({ layer: 1, head: 3 });
  handlers["0 select"]({ layer: 9, head: 3 });
  handlers["1 select"]({ query: 4 });
  assert.deepEqual(asked, [
    ["show", 1, "layer1"],
    ["send", 1, { query: 4 }],
  ]);
});

test("a step brings up its sheet, of its layer where each has one", () => {
  const { page, handlers, asked } = noted([]);
  linkWalkthrough(page, {
    sheets: { query: "attention", mlm_dense: "mlm" },
    inLayer: ["attention"],
  });
  handlers["0 place"]({ step: "query", layer: 2 });
  handlers["0 place"]({ step: "mlm_dense", layer: 2 });
  assert.deepEqual(asked, [
    ["show", 0, "attention-2"],
    ["show", 0, "mlm"],
  ]);
});
