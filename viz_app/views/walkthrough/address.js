// @ts-check
// The place in the walkthrough as it stands in the address, written there in the same moment as a step is
// taken: a reload a blink later must not lose it. Streamlit's server would write it a moment too late.

/** @import { Spot } from "./sheet_view.js" */
/** @typedef {Record<string, string>} Names part of a place → its name in the address */

// Browsers refuse a page that writes too often, as a held arrow key would: Safari above 100 times in
// ten seconds. A few quick presses are written at once, a long row of them every so often.
const WRITE_EVERY_MS = 100;
const AT_ONCE = 6;

/**
 * The place named in the address: null for what it does not name.
 *
 * @param {Names} names
 * @param {string} search
 * @returns {Record<string, string | number | null>}
 */
export function readAddress(names, search) {
  const params = new URLSearchParams(search);
  const number = (/** @type {string} */ name) =>
    /^\d{1,6}$/.test(params.get(name) ?? "") ? Number(params.get(name)) : null;
  return Object.fromEntries(
    Object.entries(names).map(([choice, name]) => [
      choice,
      choice === "step" ? params.get(name) : number(name),
    ]),
  );
}

/**
 * What the address says besides the place: another text, model or language is another sheetView.
 *
 * @param {Names} names
 * @param {string} path
 * @param {string} search
 */
export function restOfAddress(names, path, search) {
  const params = new URLSearchParams(search);
  for (const name of Object.values(names)) params.delete(name);
  params.sort();
  return `${path}?${params}`;
}

/**
 * The query of the address with a place in it, spelt as the server spells it, so that Streamlit does
 * not take it for another address.
 *
 * @param {Names} names
 * @param {Partial<Spot>} place
 * @param {string} search
 */
export function queryOf(names, place, search) {
  const params = new URLSearchParams(search);
  const parts = /** @type {Record<string, string | number | null | undefined>} */ (place);
  for (const [choice, name] of Object.entries(names)) {
    const value = parts[choice];
    if (value === null || value === undefined) params.delete(name);
    else params.set(name, String(value));
  }
  return params.toString().replaceAll("%7E", "~").replaceAll("*", "%2A");
}

/**
 * Returns write(names, place, asNew); `asNew` makes a stop for the browser's back button.
 *
 * @returns {(names: Names, place: Partial<Spot>, asNew: boolean) => void}
 */
export function addressWriter() {
  let credit = AT_ONCE; // writes that may still be made at once
  let counted = 0; // when the credit was last brought up to date
  let waiting = 0;

  function earned() {
    const now = performance.now();
    credit = Math.min(AT_ONCE, credit + (now - counted) / WRITE_EVERY_MS);
    counted = now;
    return credit;
  }

  /** @type {(names: Names, place: Partial<Spot>, asNew: boolean) => void} */
  function write(names, place, asNew) {
    credit = earned() - 1;
    const query = queryOf(names, place, location.search);
    if (`?${query}` === location.search) return;
    const address = `${location.pathname}?${query}${location.hash}`;
    if (asNew) history.pushState({}, "", address);
    else history.replaceState({}, "", address);
  }

  return (names, place, asNew) => {
    clearTimeout(waiting);
    const missing = 1 - earned();
    if (asNew || missing <= 0) write(names, place, asNew);
    else waiting = setTimeout(() => write(names, place, false), missing * WRITE_EVERY_MS);
  };
}
