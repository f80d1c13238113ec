// Saves an SVG as it is, or drawn at three times its size as a PNG.

import { element } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

const PNG_SCALE = 3;

function buildPicture(root) {
  const svgButton = element("button", { type: "button" });
  const pngButton = element("button", { type: "button" });
  root.append(svgButton, pngButton);
  let payload = null;

  function save(blob, ending) {
    const link = element("a", { download: `${payload.header.name}.${ending}` });
    link.href = URL.createObjectURL(blob);
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  }

  const svgBlob = () => new Blob([payload.arrays.svg], { type: "image/svg+xml" });

  svgButton.addEventListener("click", () => save(svgBlob(), "svg"));
  pngButton.addEventListener("click", async () => {
    const image = new Image();
    image.src = URL.createObjectURL(svgBlob());
    await image.decode();
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth * PNG_SCALE;
    canvas.height = image.naturalHeight * PNG_SCALE;
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(image.src);
    canvas.toBlob((blob) => save(blob, "png"), "image/png");
  });

  return {
    show(next) {
      payload = next;
      svgButton.textContent = next.header.labels.svg;
      pngButton.textContent = next.header.labels.png;
    },
    select() {},
    repaint() {},
  };
}

export const mount = mountWith(buildPicture);
