// Ranked bars in groups: label, bar, digits. A row with an action is a button.

import { element, isRepeat } from "../shared/elements.js";
import { mountWith } from "../shared/mount.js";

function makeRow(row, value, high, place) {
  const share = Math.min(Math.max(value / high, 0), 1);
  const bar = element(
    "span",
    { class: "track", "aria-hidden": "true" },
    element("span", { class: "bar" }),
  );
  bar.firstChild.style.width = `${share * 100}%`;
  const parts = [
    element("span", { class: "label" }, row.label),
    bar,
    element("span", { class: "digits" }, row.digits),
    element("span", { class: "tag" }, row.tag),
  ];
  const attributes = {
    class: `row${row.marked ? " marked" : ""}${row.action ? " active" : ""}`,
    title: row.action || null,
    "data-group": place.group,
    "data-row": place.row,
  };
  const made = row.action
    ? element(
        "button",
        {
          ...attributes,
          type: "button",
          "aria-label": [row.label, row.digits, row.tag, row.action].filter(Boolean).join(", "),
        },
        ...parts,
      )
    : element("div", attributes, ...parts);
  return element("li", {}, made);
}

function buildRankedBars(root, emit) {
  const box = element("div", { class: "groups" });
  const scale = element("div", { class: "scale quiet" });
  root.append(box, scale);

  box.addEventListener("click", (event) => {
    const row = event.target.closest("button.row");
    if (row && !isRepeat(event))
      emit("select", { group: Number(row.dataset.group), row: Number(row.dataset.row) });
  });
  box.addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, ArrowDown: 1 }[event.key];
    const row = event.target.closest("button.row");
    if (!step || !row || event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = [...box.querySelectorAll("button.row")];
    const next = rows[rows.indexOf(row) + step];
    event.preventDefault();
    event.stopPropagation();
    next?.focus();
  });

  return {
    show({ header, arrays }) {
      let index = 0;
      box.className = `groups ${header.layout}`;
      box.setAttribute("aria-label", header.label);
      box.setAttribute("role", "group");
      box.replaceChildren(
        ...header.groups.map((group, number) =>
          element(
            "section",
            { class: "group" },
            group.title ? element("h4", {}, group.title) : null,
            element(
              "ol",
              {},
              ...group.rows.map((row, place) => {
                const value = arrays.values[index];
                index += 1;
                return makeRow(row, value, header.high, { group: number, row: place });
              }),
            ),
            group.note ? element("p", { class: "quiet" }, group.note) : null,
          ),
        ),
      );
      scale.textContent = header.scale;
    },
    select() {},
    repaint() {},
  };
}

export const mount = mountWith(buildRankedBars);
