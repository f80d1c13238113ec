import assert from "node:assert/strict";
import { test } from "node:test";
import {
  cellAtPoint,
  HIDDEN,
  layoutHeatmap,
  scrollToCell,
  TALLEST,
  visibleCells,
} from "../../viz_app/views/heatmap/layout.js";
import { HeadsAhead, isEarlier, withHead } from "../../viz_app/views/heatmap/prefetched.js";
import { cellText, colourIndices, legendTicks } from "../../viz_app/views/heatmap/scale.js";
import { deliver } from "../../viz_app/views/shared/channel.js";
import { PATIENCE_MS } from "../../viz_app/views/shared/prefetch.js";
import golden from "../golden.json" with { type: "json" };

const measure = (text) => 7 * text.length;
const tokens = (count) =>
  Array.from({ length: count }, (_, index) => ({
    text: `t${index}`,
    label: `t${index}`,
    segment: 0,
    special: false,
    upright: false,
  }));

test("the numbers beside the bar of colours are those of exported pictures", () => {
  for (const [kind, scale, low, high, ticks] of golden.ticks) {
    const found = legendTicks({ kind, scale, low, high, floor: 0.001 });
    assert.deepEqual(
      found.map(([, text]) => text),
      ticks.map(([, text]) => text),
    );
    for (const [index, [share]] of found.entries()) {
      assert.ok(Math.abs(share - ticks[index][0]) < 1e-9);
    }
  }
});

test("a square matrix has square cells that fit, a wide one scrolls", () => {
  const small = layoutHeatmap({ rows: tokens(10), columns: tokens(10) }, null, 700, measure);
  assert.equal(small.across, small.down);
  assert.ok(small.full.width <= 700 && small.full.height <= TALLEST);
  assert.deepEqual(small.view, small.full);
  const long = layoutHeatmap({ rows: tokens(200), columns: tokens(200) }, null, 700, measure);
  assert.equal(long.view.width, 700);
  assert.equal(long.view.height, TALLEST);
  assert.ok(long.full.width > 700);
});

test("of a long matrix only the cells in sight are drawn, and scrolling brings a cell there", () => {
  const header = { rows: tokens(200), columns: tokens(200) };
  const size = layoutHeatmap(header, null, 700, measure);
  const scroll = scrollToCell(size, { left: 0, top: 0 }, { query: 150, key: 120 });
  const shown = visibleCells(size, scroll, header);
  assert.ok(shown.top <= 150 && shown.bottom > 150);
  assert.ok(shown.left <= 120 && shown.right > 120);
  assert.ok(shown.right - shown.left < 80);
  assert.deepEqual(scrollToCell(size, scroll, { query: 150, key: 120 }), scroll);
});

test("a point is a cell, a row beside the cells, the hidden weight, or nothing", () => {
  const header = { rows: tokens(4), columns: tokens(4) };
  const size = layoutHeatmap(header, "hidden", 700, measure);
  const at = (x, y) =>
    cellAtPoint(size, { left: 0, top: 0 }, { rows: 4, columns: 4, hidden: true }, x, y);
  const y = size.top + 2.5 * size.down;
  assert.deepEqual(at(size.left + 1.5 * size.across, y), { query: 2, key: 1 });
  assert.deepEqual(at(2, y), { query: 2, key: null });
  assert.deepEqual(at(size.left + 4 * size.across + HIDDEN.gap + 3, y), { query: 2, key: 4 });
  assert.equal(at(size.left + 1, size.top - 1), null);
});

test("digits stand where there is room for them", () => {
  const share = { kind: "probability", high: 1 };
  assert.deepEqual(
    [20, 22, 32].map((width) => cellText(0.456, share, width)),
    [null, ".46", "0.46"],
  );
  assert.equal(cellText(0.999, share, 22), "1.0");
  assert.equal(cellText(-3.21, { kind: "signed", high: 4 }, 34), "−3.2");
  assert.equal(cellText(-0.321, { kind: "signed", high: 0.5 }, 34), "−0.32");
});

test("values beyond the scale look like its ends", () => {
  const scale = { kind: "signed", scale: "linear", floor: 0.001, low: -2, high: 2 };
  assert.deepEqual([...colourIndices([-9, 0, 9], scale)], [0, 128, 255]);
});

test("another head is cut out of what was prefetched, and an older answer is not drawn", () => {
  const payload = {
    header: { heads: { name: 7, layer: 0, head: 0 } },
    arrays: { values: new Float32Array(4) },
    shapes: { values: [2, 2] },
  };
  const heads = {
    header: { name: 7 },
    arrays: { heads: Float32Array.from({ length: 24 }, (_, index) => index) },
    shapes: { heads: [2, 3, 2, 2] },
  };
  const drawn = withHead(payload, heads, { layer: 1, head: 2 });
  assert.deepEqual([...drawn.arrays.values], [20, 21, 22, 23]);
  assert.equal(isEarlier(payload, heads, { layer: 1, head: 2 }), true);
  assert.equal(isEarlier(payload, heads, { layer: 0, head: 0 }), false);
  assert.equal(isEarlier(payload, { header: { name: 8 } }, { layer: 1, head: 2 }), false);
});

test("a head drawn ahead of its answer gives way to the answer, or goes back without one", ({
  mock,
}) => {
  mock.timers.enable({ apis: ["setTimeout"] });
  let back = 0;
  const ahead = new HeadsAhead(() => {
    back += 1;
  });
  const answerFor = (head) => ({
    header: { view: "map", heads: { name: 7, layer: 0, head } },
    arrays: { values: Float32Array.of(head) },
    shapes: { values: [1, 1] },
  });
  const first = answerFor(0);
  assert.equal(ahead.answer(first), first);
  assert.equal(ahead.choose({ layer: 0, head: 1 }), null); // its weights are not here
  const arrays = { heads: Float32Array.of(10, 11, 12) };
  deliver("map prefetched", [{ header: { name: 7 }, arrays, shapes: { heads: [1, 3, 1, 1] } }]);
  assert.deepEqual([...ahead.choose({ layer: 0, head: 2 }).arrays.values], [12]);
  assert.deepEqual([...ahead.answer(answerFor(1)).arrays.values], [12]); // of an earlier choice
  const answer = answerFor(2);
  assert.equal(ahead.answer(answer), answer);
  mock.timers.tick(PATIENCE_MS);
  assert.equal(back, 0);
  ahead.choose({ layer: 0, head: 0 });
  mock.timers.tick(PATIENCE_MS);
  assert.equal(back, 1);
  assert.equal(ahead.answered, answer);
});
