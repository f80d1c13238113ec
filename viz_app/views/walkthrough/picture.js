// A weight matrix as a picture beside the table, with the row and the column in use framed.

import { indexedBitmap } from "../shared/canvas.js";
import { element } from "../shared/elements.js";
import { fill } from "../shared/format.js";
import { colourBar } from "./cells.js";
import { formula } from "./formula.js";
import { currentStep, shown } from "./lesson.js";

/** A matrix as read from the payload; drawn anew only when it or the theme is another. */
function matrixCanvas(picture, colours) {
  const [rows, columns] = picture.shape;
  return indexedBitmap(picture.pixels, rows, columns, colours);
}

/** What the colours mean: the scale from its lowest to its highest value. */
function colourLegend(picture, colours, show) {
  const scale = element(
    "span",
    { class: "scale" },
    show(picture.low),
    colourBar(colours),
    show(picture.high),
  );
  return element("div", { class: "legend" }, scale);
}

/** Returns {box, paint}; `choose(row)` and `ask(place)` answer a click. */
export function weightPicture(state, { choose, ask }) {
  const frame = element("div", { class: "frame" });
  const caption = element("div", { class: "quiet" });
  const box = element("div", { class: "picture", hidden: true }, frame, caption);
  const marks = { row: element("i", { class: "mark" }), column: element("i", { class: "mark" }) };
  let drawn = { picture: null, colours: null };

  /** What a click on a row asks for; the rows of the embedding tables cannot be chosen. */
  function rowChoice() {
    const { lesson } = state;
    if (lesson.alone || !lesson.unit) return null;
    return lesson.sheet === "mlm_logits" ? "candidate" : "unit";
  }

  function draw(picture, colours) {
    const { words } = state.lesson;
    const [rows, columns] = picture.size;
    frame.replaceChildren(matrixCanvas(picture, colours), marks.row, marks.column);
    frame.style.aspectRatio = `${picture.shape[1]} / ${picture.shape[0]}`;
    const values = { rows, columns, row: picture.row_name, block: picture.block.join(" × ") };
    const single = picture.block.every((size) => size === 1);
    const text = fill(words[single ? "picture" : "picture_blocks"], values);
    const about = element("p");
    about.append(formula(picture.symbol), ` ${text} ${words.picture_framed}`);
    if (rowChoice()) about.append(` ${words.picture_click}`);
    caption.replaceChildren(
      colourLegend(picture, colours, (value) => shown(state, value)),
      about,
    );
    drawn = { picture, colours };
  }

  /** Frame what is in use: a line of dots, each of which stands for a block of weights. */
  function place(mark, side, extent, used, size, block) {
    mark.style[side] = `${(Math.floor(used / block) * block * 100) / size}%`;
    mark.style[extent] = `${(Math.min(block, size) * 100) / size}%`;
  }

  frame.addEventListener("click", (event) => {
    const { picture } = drawn;
    const [rows, columns] = picture.size;
    const area = frame.getBoundingClientRect();
    choose(Math.floor(((event.clientX - area.left) / area.width) * columns));
    const row = Math.floor(((event.clientY - area.top) / area.height) * rows);
    const name = rowChoice();
    if (name && row !== picture.row) ask({ [name]: Math.max(0, Math.min(rows - 1, row)) });
  });

  return {
    box,
    paint() {
      const { lesson } = state;
      const picture = lesson.pictures[currentStep(state).id];
      box.hidden = !picture;
      if (!picture) return;
      const colours = picture.low < 0 ? state.signed : state.probability;
      if (drawn.picture !== picture || drawn.colours !== colours) draw(picture, colours);
      const [rows, columns] = picture.size;
      place(marks.row, "top", "height", picture.row, rows, picture.block[0]);
      place(marks.column, "left", "width", state.row, columns, picture.block[1]);
    },
  };
}
