// @ts-check
// A step into a sheet that is not shown brings that sheet up.

/**
 * @param {import("./page.js").Page} page the step-by-step view
 * @param {{sheets: Record<string, string>, inLayer: string[]}} facts the sheet of each step, and
 *   which sheets there are one of per layer
 */
export function link(page, { sheets, inLayer }) {
  page.on(0, "place", (/** @type {{step: string, layer: number}} */ { step, layer }) => {
    const sheet = sheets[step];
    page.show(0, inLayer.includes(sheet) ? `${sheet}-${layer}` : sheet);
  });
}
