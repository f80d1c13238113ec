import assert from "node:assert/strict";
import { test } from "node:test";
import {
  corner,
  gridOf,
  layoutOverview,
  neighbour,
  tileAtPoint,
  tileIn,
  tileNumber,
} from "../../viz_app/views/overview/layout.js";

const grid = gridOf([3, 4, 10], undefined);

test("a tile is a whole number of device pixels per token", () => {
  for (const ratio of [1, 1.25, 2]) {
    const { device } = layoutOverview(600, grid, 0, ratio);
    assert.equal(device.tile % 10, 0);
  }
});

test("a point in a tile is that tile, one between the columns of names is none", () => {
  const size = layoutOverview(600, grid, 0, 1);
  for (const slot of [0, 5, 11]) {
    const [x, y] = corner(size, grid.heads, slot);
    assert.deepEqual(tileAtPoint(size, grid, x + 2, y + 2), tileIn(grid, slot));
  }
  assert.equal(tileAtPoint(size, grid, 5, size.top + 5), null);
});

test("ordered tiles keep their numbers, and their slots lead back", () => {
  const order = Uint32Array.from([7, 0, 11, 1, 2, 3, 4, 5, 6, 8, 9, 10]);
  const ordered = gridOf([3, 4, 10], order);
  assert.deepEqual(tileIn(ordered, 0), { layer: 1, head: 3 });
  for (const [slot, tile] of order.entries()) {
    assert.equal(tileNumber(ordered, tileIn(ordered, slot)), tile);
    assert.equal(ordered.slots[tile], slot);
  }
});

test("arrow keys stop at the edges; in an order they go on in the next row", () => {
  assert.equal(neighbour(grid, false, 3, [0, 1]), 3);
  assert.equal(neighbour(grid, true, 3, [0, 1]), 4);
  assert.equal(neighbour(grid, false, 1, [1, 0]), 5);
  assert.equal(neighbour(grid, true, 11, [1, 0]), 11);
});
