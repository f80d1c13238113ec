// @ts-check
// A head chosen in the overview brings up its layer below; a token chosen there is marked.

/** @param {import("./page.js").Page} page the overview, then the lines */
export function link(page) {
  page.on(0, "select", (/** @type {{layer: number}} */ { layer }) => {
    if (page.has(1, `layer${layer}`)) page.show(1, `layer${layer}`);
  });
  page.on(1, "select", (/** @type {{query: number}} */ { query }) => page.send(1, { query }));
}
