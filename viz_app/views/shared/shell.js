// @ts-check
// What the frame of the app needs of the browser: the page's language, texts taken before links, and a
// history with one entry per visit.

/** Milliseconds after which Streamlit has sent the text of a box that was left. */
const SENT = 100;
const PAGE_LINKS = "a[data-testid=stTopNavLink], a[data-testid=stPageLink-NavLink]";
const BAR = ".st-key-sentence_bar input[type=text]";

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
  history.pushState = (state, unused, url) => {
    if (acted) push(state, unused, url);
    else history.replaceState(state, unused, url);
    acted = false;
  };
}

/** @type {WeakSet<Document>} pages that have it already: a view is mounted again at every visit */
const prepared = new WeakSet();

/** @param {{data: {language: string}}} mounted */
export const mount = ({ data }) => {
  document.documentElement.lang = data.language;
  if (prepared.has(document)) return;
  prepared.add(document);
  takeTextBeforeLinks(document);
  onePushPerVisit(window);
};
