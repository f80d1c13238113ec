// Where we are: layer, head and token, the boxes of the architecture, the output that is written out.

import { element } from "../shared/elements.js";

function labelled(control) {
  const name = element("span");
  return { control, name, box: element("label", {}, name, control) };
}

/** Returns {where, own, fill}; `ask(place)` is called when something is picked. */
export function pickers(state, { ask, goToPart }) {
  const all = {
    layer: labelled(element("select")),
    head: labelled(element("select")),
    query: labelled(element("select")),
    unit: labelled(element("input", { type: "number", min: 0, inputmode: "numeric" })),
    choice: labelled(element("select")),
  };
  const partsBox = element("div", { class: "parts", role: "group" });
  const places = ["layer", "head", "query"].map((name) => all[name].box);
  const placesBox = element("div", { class: "pickers" }, ...places);
  const where = element("div", { class: "where" }, placesBox, partsBox);

  for (const [name, { control }] of Object.entries(all)) {
    control.addEventListener("change", () => {
      if (control.value === "") return;
      const value = Number(control.value);
      const candidate = state.lesson.sheet === "mlm_logits";
      if (name === "choice") ask({ [candidate ? "candidate" : "unit"]: value });
      else if (name === "unit") {
        ask({ unit: Math.max(0, Math.min(state.lesson.unit.count - 1, Math.trunc(value))) });
      } else ask({ [name]: value });
    });
  }
  partsBox.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (button) goToPart(button.dataset.part, button.dataset.step);
  });

  function fillParts() {
    const { lesson } = state;
    const button = ({ id, title, step }) =>
      element(
        "button",
        {
          type: "button",
          "data-part": id,
          "data-step": step,
          "aria-current": id === lesson.part ? "true" : "false",
        },
        title,
      );
    const own = lesson.parts.filter(({ layer }) => layer).map(button);
    const group = element(
      "div",
      { class: "layer" },
      element("span", { class: "quiet" }, `${lesson.words.pick_layer} ${lesson.layer}`),
      ...own,
    );
    const others = lesson.parts.filter(({ layer }) => !layer).map(button);
    partsBox.replaceChildren(others[0], group, ...others.slice(1));
    partsBox.setAttribute("aria-label", lesson.words.parts);
  }

  function fillControls() {
    const { lesson } = state;
    const numbers = (count) => Array.from({ length: count }, (_, index) => [index, String(index)]);
    const { unit } = lesson;
    const options = {
      layer: lesson.layers.map((layer) => [layer, String(layer)]),
      head: numbers(lesson.heads),
      query: lesson.tokens.map((token, index) => [index, token.label]),
      choice: unit?.choices ?? [],
    };
    const values = {
      layer: lesson.layer,
      head: lesson.head_index,
      query: lesson.query,
      choice: unit?.chosen,
    };
    for (const [name, list] of Object.entries(options)) {
      const { control } = all[name];
      control.replaceChildren(...list.map(([value, text]) => element("option", { value }, text)));
      control.value = String(values[name]);
    }
    for (const [name, { name: label, control }] of Object.entries(all)) {
      label.textContent = lesson.words[`pick_${name}`];
      control.setAttribute("aria-label", label.textContent);
      control.disabled = lesson.alone && name !== "layer"; // a file holds layers, no other heads
    }
    all.choice.box.hidden = !unit?.choices.length;
    all.unit.box.hidden = !unit || unit.choices.length > 0;
    if (unit) {
      all.unit.control.max = unit.count - 1;
      all.unit.control.value = unit.chosen;
      const named = unit.choices.find(([value]) => value === unit.chosen);
      lesson.unitText = named ? named[1] : String(unit.chosen);
    }
    all.layer.box.hidden = lesson.layer_check === null;
    all.head.box.hidden = !["projection", "attention"].includes(lesson.part);
    all.query.box.hidden = lesson.part === "nsp";
    placesBox.hidden = places.every(({ hidden }) => hidden);
  }

  return {
    where,
    own: [all.unit.box, all.choice.box],
    fill() {
      fillControls();
      fillParts();
    },
  };
}
