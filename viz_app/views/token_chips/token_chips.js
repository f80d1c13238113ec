// The tokens as chips: a click or Enter acts on one, arrow keys move among them.

import { element, isRepeat } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

/** One chip as a button; a chip without an action cannot be pressed but can be read. */
function makeChip(chip, position) {
  const button = element(
    "button",
    {
      class: `chip ${chip.state}${chip.segment ? " second" : ""}`,
      type: "button",
      "data-position": position,
      "aria-disabled": chip.action ? null : "true",
      tabindex: "-1",
      title: chip.action || null,
      "aria-label": [chip.text, chip.note, chip.action].filter(Boolean).join(". "),
    },
    element("span", { class: "token" }, chip.text),
    element("span", { class: "note", "aria-hidden": "true" }, chip.note),
  );
  return button;
}

function buildTokenChips(root, emit) {
  const row = element("div", { class: "chips", role: "group" });
  const legend = element("div", { class: "legend quiet" });
  root.append(row, legend);
  let chips = [];
  let selected = null;

  const buttons = () => [...row.children];

  function reachable(position) {
    buttons().forEach((button, index) =>
      button.setAttribute("tabindex", index === position ? "0" : "-1"),
    );
  }

  function markSelected() {
    buttons().forEach((button, index) => button.classList.toggle("selected", index === selected));
  }

  function hover(position) {
    const group = position === null ? null : chips[position].group;
    buttons().forEach((button, index) => {
      button.classList.toggle(
        "together",
        group !== null && Boolean(chips[index].action) && chips[index].group === group,
      );
    });
  }

  const positionOf = (event) => {
    const button = event.target.closest(".chip");
    return button ? Number(button.dataset.position) : null;
  };

  row.addEventListener("click", (event) => {
    const position = positionOf(event);
    if (position === null || isRepeat(event)) return;
    reachable(position);
    if (chips[position].action) emit("select", { position });
  });
  row.addEventListener("pointerover", (event) => hover(positionOf(event)));
  row.addEventListener("pointerleave", () => hover(null));
  row.addEventListener("keydown", (event) => {
    const step = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[event.key];
    const position = positionOf(event);
    if (position === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const target =
      {
        Home: 0,
        End: chips.length - 1,
      }[event.key] ?? (step ? Math.min(Math.max(position + step, 0), chips.length - 1) : null);
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    reachable(target);
    buttons()[target].focus();
  });

  return {
    show({ header }) {
      const focused = row.contains(row.getRootNode().activeElement)
        ? Number(row.getRootNode().activeElement.dataset.position)
        : null;
      chips = header.chips;
      row.setAttribute("aria-label", header.label);
      row.replaceChildren(...chips.map(makeChip));
      const first = chips.findIndex((chip) => chip.action);
      reachable(Math.min(focused ?? Math.max(first, 0), chips.length - 1));
      if (focused !== null && chips.length) buttons()[Math.min(focused, chips.length - 1)].focus();
      legend.replaceChildren(
        ...header.legend.map(({ state, text }) =>
          element("span", { class: "entry" }, element("span", { class: `sample ${state}` }), text),
        ),
      );
      markSelected();
    },
    select({ position }) {
      selected = position ?? null;
      markSelected();
    },
    repaint() {},
  };
}

export const mount = mountWith(buildTokenChips);
