// @ts-check
// Elements of the page. Text only ever goes in as text, so tokens can hold anything.

/** @typedef {string | number | boolean | null | undefined} Attribute */
/** @typedef {Node | string | null | undefined} Child */
/** @typedef {[text: string, other: string | null]} TermPiece a word, and its name in the other language */

/**
 * Make an element; null, undefined and false leave an attribute or a child out.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Record<string, Attribute>} [attributes]
 * @param {Child[]} children
 */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    made.setAttribute(name, value === true ? "" : String(value));
  }
  for (const child of children) if (child !== null && child !== undefined) made.append(child);
  return made;
}

/**
 * The language that a token or a reader's text is written in, for whoever reads it aloud and for the
 * form of its characters: the page may be in the other one. Null where nothing tells.
 *
 * @param {string} text
 */
export function languageOf(text) {
  if (/\p{Script=Han}/u.test(text)) return "zh-CN";
  return /[a-z]/i.test(text) ? "en" : null;
}

/**
 * The pieces of a label; pointing at a term shows its name in the other language.
 *
 * @param {TermPiece[]} pieces
 */
export function termPieces(pieces) {
  return pieces.map(([text, other]) => (other ? element("abbr", { title: other }, text) : text));
}

/**
 * The element that an event happened on or in, by selector.
 *
 * @param {Event} event
 * @param {string} selector
 */
export function eventElement(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}

/** What a view with steps of its own answers in the projector's view; the detail says which way. */
export const STEP_EVENT = "headlight-step";

/** How much larger the page is drawn for a projector; what the browser itself is zoomed by is not in it. */
export const pageZoom = () =>
  Number(getComputedStyle(document.documentElement).getPropertyValue("--hl-zoom")) || 1;

/**
 * Where a pointer is in a box on the screen, in the pixels that the page lays out in.
 *
 * @param {MouseEvent} event
 * @param {{left: number, top: number}} bounds
 * @returns {[x: number, y: number]}
 */
export function pointIn(event, bounds) {
  const zoom = pageZoom();
  return [(event.clientX - bounds.left) / zoom, (event.clientY - bounds.top) / zoom];
}

/**
 * Where the corner of an element is in a box around it, in the same pixels.
 *
 * @param {Element} inner
 * @param {Element} outer
 * @returns {[x: number, y: number]}
 */
export function placeIn(inner, outer) {
  const [at, from] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
  const zoom = pageZoom();
  return [(at.left - from.left) / zoom, (at.top - from.top) / zoom];
}

/**
 * Is a key pressed together with Ctrl, Alt or the command key? Those belong to the browser.
 *
 * @param {KeyboardEvent} event
 */
export const isModified = (event) => event.ctrlKey || event.metaKey || event.altKey;

/**
 * Is it the second click of a double click? What the first one did has changed what is there.
 *
 * @param {MouseEvent} event
 */
export const isRepeat = (event) => event.detail > 1;

/** @type {Record<string, [down: number, across: number]>} */
const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };

/**
 * What an arrow key asks for as [rows down, columns across], the event then being ours alone.
 *
 * @param {KeyboardEvent} event
 */
export function takeArrow(event) {
  const step = ARROWS[event.key];
  if (!step || isModified(event)) return null;
  event.preventDefault();
  event.stopPropagation();
  return step;
}

/**
 * The place in a row of `count` that a key leads to; null where it leads nowhere.
 *
 * @param {string} key
 * @param {number} place
 * @param {number} count
 */
export function nextPlace(key, place, count) {
  const last = count - 1;
  if (key === "Home") return 0;
  if (key === "End") return last;
  const [down, across] = ARROWS[key] ?? [0, 0];
  return down || across ? Math.max(0, Math.min(place + down + across, last)) : null;
}

/**
 * Make the buttons in a box one stop of the tab key: arrow keys, Home and End lead to the others.
 *
 * @param {HTMLElement} box
 * @param {string} selector of the buttons
 * @returns {(place: number) => void} makes one of them the stop; to be called when they are replaced
 */
export function oneStop(box, selector) {
  const all = () => [.../** @type {NodeListOf<HTMLElement>} */ (box.querySelectorAll(selector))];
  const settle = (/** @type {number} */ place) => {
    for (const [index, button] of all().entries()) button.tabIndex = index === place ? 0 : -1;
  };
  const placeOf = (/** @type {Event} */ event) => {
    const button = eventElement(event, selector);
    return button ? all().indexOf(button) : -1;
  };
  box.addEventListener("focusin", (event) => {
    const place = placeOf(event);
    if (place >= 0) settle(place);
  });
  box.addEventListener("keydown", (event) => {
    const place = placeOf(event);
    if (place < 0 || isModified(event)) return;
    const target = nextPlace(event.key, place, all().length);
    if (target === null) return;
    event.preventDefault();
    event.stopPropagation();
    all()[target].focus();
  });
  return settle;
}

/**
 * A tooltip that stays inside `root`; show(text, x, y) in root's CSS pixels, hide().
 *
 * @param {HTMLElement} root
 */
export function tooltip(root) {
  const box = element("div", { class: "tip", role: "status", hidden: true });
  root.append(box);
  return {
    show(/** @type {string} */ text, /** @type {number} */ x, /** @type {number} */ y) {
      box.textContent = text;
      box.hidden = false;
      const left = Math.min(x + 14, root.clientWidth - box.offsetWidth - 2);
      const above = y - box.offsetHeight - 10;
      box.style.left = `${Math.max(0, left)}px`;
      box.style.top = `${above > 0 ? above : y + 18}px`;
    },
    hide() {
      box.hidden = true;
    },
  };
}

/** @typedef {ReturnType<typeof tooltip>} Tooltip */

/**
 * Call `changed(width)` whenever the width of a node changes, also when it is first shown.
 *
 * @param {HTMLElement} node
 * @param {(width: number) => void} changed
 * @returns {() => void} stops watching
 */
export function watchWidth(node, changed) {
  let last = Math.floor(node.clientWidth); // show paints at this width itself
  const observer = new ResizeObserver(() => {
    const width = Math.floor(node.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      changed(width);
    }
  });
  observer.observe(node);
  return () => observer.disconnect();
}
