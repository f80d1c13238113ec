// @ts-check
// What the frame of the app needs of the browser: the page's language, texts taken before links and by
// Enter, the line that stands for a folded bar, a history with one entry per visit, and a keyboard's way
// into what scrolls.

import { element } from "../shared/elements.js";
import { followKeys, isProjecting, present, project, withProjector } from "./projector.js";

/** Milliseconds after which Streamlit has sent the text of a box that was left. */
const SENT = 100;
const PAGE_LINKS = "a[data-testid=stTopNavLink], a[data-testid=stPageLink-NavLink]";
const BAR = ".st-key-sentence_bar textarea";

/**
 * Streamlit sends the text of a box that is left by a click after that click, and from the page that
 * was left: the server would stay there. So a link to another page waits until the text is on its way.
 *
 * @param {Document} page
 */
export function takeTextBeforeLinks(page) {
  let typed = false;
  let left = Number.NEGATIVE_INFINITY; // when a box with a new text was left

  const leave = () => {
    if (typed) left = performance.now();
    typed = false;
  };
  page.addEventListener("input", (event) => {
    if (event.target instanceof Element && event.target.matches(BAR)) typed = true;
  });
  page.addEventListener("focusout", leave);
  page.addEventListener(
    "click",
    (event) => {
      const link = event.target instanceof Element ? event.target.closest(PAGE_LINKS) : null;
      if (!(link instanceof HTMLElement) || event.ctrlKey || event.metaKey || event.shiftKey)
        return;
      // a finger on a link leaves the box where it is
      if (typed && page.activeElement instanceof HTMLElement) page.activeElement.blur();
      if (performance.now() - left >= SENT) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      setTimeout(() => link.click(), SENT);
    },
    { capture: true },
  );
}

/**
 * Streamlit makes an entry of the history of every change of the address: of the page's path, then of
 * the parameters of each part that a run writes. Here only the first after something that the reader
 * did makes one, and what follows belongs to it, so that Back leads to what was there before that.
 *
 * @param {Window} page
 */
export function onePushPerVisit(page) {
  const { history } = page;
  const push = history.pushState.bind(history);
  // a click may have come before this module did
  let acted = page.navigator.userActivation?.hasBeenActive ?? false;
  const act = () => {
    acted = true;
  };
  for (const event of ["pointerdown", "keydown", "input", "change"])
    page.addEventListener(event, act, { capture: true });
  page.addEventListener("popstate", () => {
    acted = false;
  });
  const replace = history.replaceState.bind(history);
  const kept = (/** @type {string | URL | null | undefined} */ url) =>
    withProjector(url ?? page.location.href, isProjecting(page.document), page.location.href);
  history.replaceState = (state, unused, url) => replace(state, unused, kept(url));
  history.pushState = (state, unused, url) => {
    (acted ? push : replace)(state, unused, kept(url));
    acted = false;
  };
}

/**
 * Enter takes a text of the bar, as in a box of one line; the box grows only because texts can be long.
 * Streamlit's own key for it is Ctrl and Enter.
 *
 * @param {Document} page
 */
export function enterTakesText(page) {
  page.addEventListener(
    "keydown",
    (event) => {
      const box = event.target;
      if (!(box instanceof HTMLTextAreaElement) || !box.matches(BAR)) return;
      // while characters are being composed, Enter chooses among them
      if (event.key !== "Enter" || event.ctrlKey || event.isComposing) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const { key } = event;
      box.dispatchEvent(new KeyboardEvent("keydown", { key, ctrlKey: true, bubbles: true }));
      foldBar(page);
    },
    { capture: true },
  );
  page.addEventListener("click", (event) => {
    if (event.target instanceof Element && event.target.closest(".st-key-run_text")) foldBar(page);
  });
}

/** @param {Document} page */
const foldBar = (page) => setBar(page, false);

/** @type {WeakMap<Document, HTMLButtonElement>} */
const folds = new WeakMap();

/**
 * @param {Document} page
 * @param {boolean} open
 */
function setBar(page, open) {
  page.documentElement.dataset.bar = open ? "open" : "folded";
  folds.get(page)?.setAttribute("aria-expanded", String(open));
}

/**
 * The line that stands for the bar where there is no room for it: a button that opens it.
 *
 * @param {HTMLElement | ShadowRoot} parent
 * @param {ShellData} data
 */
function showFold(parent, { model, chip, texts }) {
  const page = document;
  const open = page.documentElement.dataset.bar === "open";
  const fold = element("button", { class: "fold", type: "button", title: texts.change });
  fold.setAttribute("aria-expanded", String(open));
  const parts = [
    ["model", model],
    ["texts", chip],
    ["sign", "▾"],
  ];
  for (const [name, text] of parts) {
    const part = element("bdi", { class: name });
    part.textContent = text;
    fold.append(part);
  }
  fold.addEventListener("click", () => {
    const opens = page.documentElement.dataset.bar !== "open";
    setBar(page, opens);
    if (opens)
      page.querySelector(".st-key-sentence_bar textarea")?.scrollIntoView({ block: "center" });
  });
  folds.set(page, fold);
  const root = parent.querySelector(".headlight") ?? element("div", { class: "headlight" });
  root.replaceChildren(fold, presenterButtons(page, texts));
  parent.append(root);
}

/**
 * What the presenter's keys do, for a mouse.
 *
 * @param {Document} page
 * @param {Record<string, string>} texts
 */
function presenterButtons(page, texts) {
  /** @type {[sign: string, title: string, act: () => void][]} */
  const buttons = [
    ["‹", texts.previous, () => present(page, -1)],
    ["›", texts.next, () => present(page, 1)],
    ["✕", texts.leave, () => project(page, false)],
  ];
  const made = buttons.map(([sign, title, act]) => {
    const button = element("button", { type: "button", title, "aria-label": title }, sign);
    button.addEventListener("click", act);
    return button;
  });
  return element("div", { class: "presenter" }, ...made);
}

/** @typedef {{language: string, model: string, chip: string, texts: Record<string, string>}} ShellData */

/** Streamlit's own boxes that scroll where their content is too wide. */
const SCROLLERS = ".katex-display, [data-testid=stCode] pre, [data-testid=stMarkdownContainer]";

/**
 * Boxes that scroll are stops of the tab key as long as they do, so that the arrow keys scroll them.
 *
 * @param {Document} page
 */
export function stopAtScrollers(page) {
  let waiting = 0;
  const look = () => {
    waiting = 0;
    for (const box of page.querySelectorAll(SCROLLERS)) {
      const tooWide = box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight;
      if (tooWide && getComputedStyle(box).overflowX === "auto") box.setAttribute("tabindex", "0");
      else box.removeAttribute("tabindex");
    }
  };
  const lookSoon = () => {
    if (!waiting) waiting = setTimeout(look, 200);
  };
  new MutationObserver(lookSoon).observe(page.body, { childList: true, subtree: true });
  new ResizeObserver(lookSoon).observe(page.body);
}

/** @type {WeakSet<Document>} pages that have it already: a view is mounted again at every visit */
const prepared = new WeakSet();

/** @param {{data: ShellData, parentElement: HTMLElement | ShadowRoot}} mounted */
export const mount = ({ data, parentElement }) => {
  document.documentElement.lang = data.language;
  showFold(parentElement, data);
  if (prepared.has(document)) return;
  prepared.add(document);
  takeTextBeforeLinks(document);
  enterTakesText(document);
  onePushPerVisit(window);
  followKeys(document);
  stopAtScrollers(document);
};
