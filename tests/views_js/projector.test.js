import assert from "node:assert/strict";
import { test } from "node:test";
import { wish, withProjector } from "../../viz_app/views/shell/projector.js";

test("the address has the view, and loses it with it", () => {
  const base = "http://localhost/attention?a=A+dog.";
  assert.equal(withProjector("?a=B", true, base), "http://localhost/attention?a=B&projector=1");
  assert.equal(withProjector("?a=B&projector=1", true, base), "?a=B&projector=1");
  assert.equal(withProjector("?a=B&projector=1", false, base), "http://localhost/attention?a=B");
  assert.equal(withProjector("?a=B", false, base), "?a=B");
});

test("a presenter's keys turn pages in the view only, arrows where nothing has the focus", () => {
  assert.equal(wish("p", false, false), "toggle");
  assert.equal(wish("P", true, true), "toggle");
  assert.deepEqual([wish("Escape", true, true), wish("Escape", false, true)], ["toggle", null]);
  assert.deepEqual([wish("PageDown", true, false), wish("PageUp", true, false)], [1, -1]);
  assert.deepEqual([wish("PageDown", false, true), wish("ArrowRight", true, false)], [null, null]);
  assert.deepEqual([wish("ArrowRight", true, true), wish("ArrowLeft", true, true)], [1, -1]);
  assert.equal(wish("x", true, true), null);
});
