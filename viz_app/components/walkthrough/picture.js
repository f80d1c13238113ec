// A weight matrix as a picture above the table, with the row and the column in use marked.

/** Returns {box, paint}; `choose(row)` and `ask(place)` answer a click. */
function weightPicture(state, { choose, ask }) {
  const box = element("div", { class: "picture", hidden: true });

  function mark(frame, side, share, extent, size) {
    if (share < 0 || share >= 1) return;
    const line = element("i", { class: `mark whole-${extent}` });
    line.style[side] = `${share * 100}%`;
    line.style[extent] = `${size * 100}%`;
    frame.append(line);
  }

  return {
    box,
    paint() {
      const { lesson } = state;
      const picture = lesson.pictures[currentStep(state).id];
      box.hidden = !picture;
      if (!picture) return;
      const [outputs, inputs] = picture.shape;
      const canvas = indexedBitmap(picture.pixels, outputs, inputs, state.signed);
      const frame = element("div", { class: "frame" }, canvas);
      frame.style.height = `${Math.min(160, Math.max(64, outputs * 3))}px`;
      mark(frame, "top", lesson.unit.chosen / outputs, "height", 1 / outputs);
      mark(frame, "left", state.row / inputs, "width", 1 / inputs);
      frame.addEventListener("click", (event) => {
        const place = frame.getBoundingClientRect();
        choose(Math.floor(((event.clientX - place.left) / place.width) * inputs));
        const unit = Math.floor(((event.clientY - place.top) / place.height) * outputs);
        if (unit !== lesson.unit.chosen && !lesson.alone) ask({ unit });
      });
      const caption = element("p", { class: "quiet" });
      const high = shown(state, picture.high);
      caption.append(
        formula(picture.symbol),
        ` ${fill(lesson.words.picture, { outputs, inputs, high })}`,
      );
      box.replaceChildren(frame, caption);
    },
  };
}
