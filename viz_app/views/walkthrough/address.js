// The place in the lesson as it stands in the address, written there in the same moment as a step is
// taken: a reload a blink later must not lose it. Streamlit's server would write it a moment too late.

// Browsers refuse a page that writes too often, as a held arrow key would: Safari above 100 times in
// ten seconds. A few quick presses are written at once, a long row of them every so often.
const WRITE_EVERY_MS = 100;
const AT_ONCE = 6;

/** The place named in the address: null for what it does not name. */
export function readAddress(names) {
  const params = new URLSearchParams(location.search);
  const number = (name) =>
    /^\d{1,6}$/.test(params.get(name) ?? "") ? Number(params.get(name)) : null;
  return Object.fromEntries(
    Object.entries(names).map(([choice, name]) => [
      choice,
      choice === "step" ? params.get(name) : number(name),
    ]),
  );
}

/** What the address says besides the place: another text, model or language is another lesson. */
export function restOfAddress(names) {
  const params = new URLSearchParams(location.search);
  for (const name of Object.values(names)) params.delete(name);
  params.sort();
  return `${location.pathname}?${params}`;
}

/** Returns write(names, place, asNew); `asNew` makes a stop for the browser's back button. */
export function addressWriter() {
  let credit = AT_ONCE; // writes that may still be made at once
  let counted = 0; // when the credit was last brought up to date
  let waiting = null;

  function earned() {
    const now = performance.now();
    credit = Math.min(AT_ONCE, credit + (now - counted) / WRITE_EVERY_MS);
    counted = now;
    return credit;
  }

  function write(names, place, asNew) {
    credit = earned() - 1;
    const params = new URLSearchParams(location.search);
    for (const [choice, name] of Object.entries(names)) {
      if (place[choice] === null || place[choice] === undefined) params.delete(name);
      else params.set(name, place[choice]);
    }
    // Spelt as the server spells it, so that Streamlit does not take it for another address.
    const query = params.toString().replaceAll("%7E", "~").replaceAll("*", "%2A");
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
