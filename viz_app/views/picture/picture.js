// @ts-check
// Saves an SVG as it is, or drawn at three times its size as a PNG.

import { context2d } from "../shared/canvas.js";
import { element } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

/** @import { PictureArrays, PictureHeader } from "../payloads.js" */
/** @typedef {import("../shared/payload.js").Payload<PictureHeader, PictureArrays>} PicturePayload */

const PNG_SCALE = 3;
const KEPT_MS = 10_000; // the browser has begun to save by then

/**
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const link = element("a", { download: name });
  link.href = URL.createObjectURL(blob);
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), KEPT_MS);
}

/**
 * @param {Blob} svg
 * @returns {Promise<Blob | null>}
 */
async function pngOf(svg) {
  const image = new Image();
  image.src = URL.createObjectURL(svg);
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = image.naturalWidth * PNG_SCALE;
  canvas.height = image.naturalHeight * PNG_SCALE;
  context2d(canvas).drawImage(image, 0, 0, canvas.width, canvas.height);
  URL.revokeObjectURL(image.src);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** @param {HTMLElement} root */
function build(root) {
  const svgButton = element("button", { type: "button" });
  const pngButton = element("button", { type: "button" });
  root.append(svgButton, pngButton);
  let name = "";
  let svg = new Blob();

  svgButton.addEventListener("click", () => save(svg, `${name}.svg`));
  pngButton.addEventListener("click", async () => {
    const png = await pngOf(svg);
    if (png) save(png, `${name}.png`);
  });

  return {
    show(/** @type {PicturePayload} */ { header, arrays }) {
      name = header.name;
      svg = new Blob([arrays.svg], { type: "image/svg+xml" });
      svgButton.textContent = header.labels.svg;
      pngButton.textContent = header.labels.png;
      // a page has several: the letters alone do not say of what
      for (const button of [svgButton, pngButton])
        button.setAttribute("aria-label", `${button.textContent} ${name}`);
    },
    select() {},
    repaint() {},
  };
}

export const mount = mountWith(build);
