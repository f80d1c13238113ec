// @ts-check
// The projector's view: no bar, everything larger, and a presenter's keys. It is the browser's alone: the
// address has it, and the server leaves the parameters alone that it does not know.

import { isModified, STEP_EVENT } from "../shared/elements.js";

const PARAMETER = "projector";
const SECTIONS = ".st-key-at_view, [class*=st-key-][class*=_section]";
const FIELDS =
  "input:not([type=radio], [type=checkbox], [type=range]), textarea, select, [contenteditable]";

/** @param {Document} page */
export const isProjecting = (page) => page.documentElement.dataset.projector !== undefined;

/**
 * An address with the view in it, or without.
 *
 * @param {string | URL} url
 * @param {boolean} projecting
 * @param {string} base of a relative address
 */
export function withProjector(url, projecting, base) {
  const address = new URL(url, base);
  if (projecting === address.searchParams.has(PARAMETER)) return String(url);
  if (projecting) address.searchParams.set(PARAMETER, "1");
  else address.searchParams.delete(PARAMETER);
  return address.href;
}

/**
 * What a key asks for; null where it is none of this view's.
 *
 * @param {string} key
 * @param {boolean} projecting
 * @param {boolean} free nothing on the page has the focus
 * @returns {"toggle" | 1 | -1 | null}
 */
export function wish(key, projecting, free) {
  if (key === "p" || key === "P") return "toggle";
  if (!projecting) return null;
  if (key === "Escape") return "toggle";
  if (key === "PageDown" || (free && key === "ArrowRight")) return 1;
  return key === "PageUp" || (free && key === "ArrowLeft") ? -1 : null;
}

/**
 * @param {Document} page
 * @param {boolean} projecting
 */
export function project(page, projecting) {
  const { dataset } = page.documentElement;
  if (projecting) dataset.projector = "";
  else delete dataset.projector;
  keepInAddress(page);
}

/** @param {Document} page */
function keepInAddress(page) {
  const { location, history } = page.defaultView ?? window;
  history.replaceState(
    history.state,
    "",
    withProjector(location.href, isProjecting(page), location.href),
  );
}

/**
 * On to the next step of the page, or its next section where it has none; it stays at the last.
 *
 * @param {Document} page
 * @param {1 | -1} by
 */
export function present(page, by) {
  const asked = new CustomEvent(STEP_EVENT, { detail: by, cancelable: true });
  if (!page.dispatchEvent(asked)) return;
  const sections = [...(page.querySelector(SECTIONS)?.querySelectorAll("[role=radio]") ?? [])];
  const chosen = sections.findIndex((section) => section.getAttribute("aria-checked") === "true");
  const next = sections[chosen + by];
  if (chosen >= 0 && next instanceof HTMLElement) next.click();
}

/** @param {Document} page */
export function followKeys(page) {
  const view = page.defaultView ?? window;
  project(page, new URL(view.location.href).searchParams.has(PARAMETER));
  view.addEventListener("popstate", () => keepInAddress(page));
  // Behind all other listeners: a view that has used a key has said so.
  view.addEventListener("keydown", (event) => {
    const [target] = event.composedPath();
    if (event.defaultPrevented || isModified(event)) return;
    if (target instanceof Element && target.matches(FIELDS)) return;
    const asked = wish(event.key, isProjecting(page), target === page.body);
    if (asked === null) return;
    event.preventDefault();
    if (asked === "toggle") project(page, !isProjecting(page));
    else present(page, asked);
  });
}
