// The keyboard: left and right change the step, up and down the row, with shift the dimension.

/** Listens until `close()` is called; `allowed()` says whether there is anything to move in. */
export function arrowKeys(root, sheet, allowed, { step, row, dim, question }) {
  function onKey(event) {
    if (event.altKey || event.ctrlKey || event.metaKey || !allowed()) return;
    // Fields have arrow keys of their own.
    if (event.target instanceof HTMLSelectElement) return;
    if (event.target instanceof HTMLInputElement) return;
    const inTable = event.target === sheet;
    const moves = {
      ArrowLeft: () => (event.shiftKey ? dim(-1) : step(-1)),
      ArrowRight: () => (event.shiftKey ? dim(1) : step(1)),
      ArrowUp: inTable && (() => row(-1)),
      ArrowDown: inTable && (() => row(1)),
      Enter: inTable && question,
    };
    const move = moves[event.key];
    if (!move) return;
    event.preventDefault();
    move();
  }

  // Arrow keys also work before anything on the page has the focus.
  const onPageKey = (event) => {
    if (event.composedPath()[0] === document.body && root.checkVisibility()) onKey(event);
  };
  root.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onPageKey);
  return { close: () => document.removeEventListener("keydown", onPageKey) };
}
