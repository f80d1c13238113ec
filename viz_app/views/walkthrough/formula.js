// --- formulas: the part of LaTeX that the lessons use, as MathML --------------------------------

import { element } from "../shared/elements.js";

const MATH_SIGNS = {
  cdot: "·",
  odot: "⊙",
  times: "×",
  div: "÷",
  sum: "∑",
  ldots: "…",
  in: "∈",
  top: "⊤",
  to: "→",
  infty: "∞",
  quad: " ",
};
const MATH_LETTERS = {
  mu: "μ",
  sigma: "σ",
  gamma: "γ",
  beta: "β",
  varepsilon: "ε",
  Phi: "Φ",
  pi: "π",
};
const MATH_WORDS = new Set(["max", "exp", "tanh", "softmax", "erf", "mean", "var"]);

function mathElement(tag, ...children) {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", tag);
  made.append(...children);
  return made;
}

/**
 * MathML of a formula; `\arg{0}` stands for words[0], any text; `large` for a line of its own.
 * A number that was written by `marked` carries its place in the list as "data-digit".
 */
export function formula(latex, words = [], large = false) {
  const tokens =
    latex.match(/\\[a-zA-Z]+|−?[0-9]+(?:\.[0-9]+)?(?:\u2063[0-9]+)?|\s+|[^\s]/gu) ?? [];
  let next = 0;

  const skipSpace = () => {
    while (next < tokens.length && /^\s+$/.test(tokens[next])) next += 1;
  };

  function rawGroup() {
    let text = "";
    next += 1; // the opening brace
    while (next < tokens.length && tokens[next] !== "}") text += tokens[next++];
    next += 1;
    return text;
  }

  function atom() {
    skipSpace();
    const token = tokens[next];
    if (token === "{") {
      next += 1;
      const inside = mathElement("mrow", ...row("}"));
      next += 1;
      return inside;
    }
    if (token === "\\text") {
      next += 1;
      return mathElement("mtext", rawGroup());
    }
    next += 1;
    if (token === "\\frac") return mathElement("mfrac", atom(), atom());
    if (token === "\\sqrt") return mathElement("msqrt", atom());
    if (token === "\\arg") return mathElement("mtext", String(words[Number(rawGroup())]));
    if (token.startsWith("\\")) {
      const name = token.slice(1);
      if (name in MATH_LETTERS) return mathElement("mi", MATH_LETTERS[name]);
      if (MATH_WORDS.has(name)) return mathElement("mo", name);
      const sign = mathElement("mo", MATH_SIGNS[name] ?? name);
      if (name === "sum") sign.setAttribute("movablelimits", "false");
      return sign;
    }
    if (/^−?[0-9]/.test(token)) {
      const [text, place] = token.split("\u2063");
      const number = mathElement("mn", text);
      if (place) number.dataset.digit = place;
      return number;
    }
    if (/^\p{L}$/u.test(token)) return mathElement("mi", token);
    const sign = mathElement("mo", token === "-" ? "−" : token);
    if ("()[]".includes(token)) sign.setAttribute("stretchy", "false"); // no taller than a digit
    return sign;
  }

  function scripted() {
    const base = atom();
    let below = null;
    let above = null;
    for (skipSpace(); tokens[next] === "_" || tokens[next] === "^"; skipSpace()) {
      const isBelow = tokens[next] === "_";
      next += 1;
      if (isBelow) below = atom();
      else above = atom();
    }
    const limits = ["∑", "max"].includes(base.textContent);
    if (below && above) return mathElement(limits ? "munderover" : "msubsup", base, below, above);
    if (below) return mathElement(limits ? "munder" : "msub", base, below);
    if (above) return mathElement(limits ? "mover" : "msup", base, above);
    return base;
  }

  function row(end) {
    const parts = [];
    for (skipSpace(); next < tokens.length && tokens[next] !== end; skipSpace()) {
      parts.push(scripted());
    }
    return parts;
  }

  const math = mathElement("math", mathElement("mrow", ...row(undefined)));
  math.setAttribute("displaystyle", large ? "true" : "false");
  return math;
}

// --- numbers -----------------------------------------------------------------------------------

/**
 * A way to write the numbers of a formula: what is {value, cell} goes on the list and is marked, by
 * an invisible separator, with its place there.
 */
export function marked(write, list) {
  return (number) => {
    if (typeof number === "number") return write(number);
    const text = write(number.value);
    return number.cell ? `${text}\u2063${list.push(number.cell) - 1}` : text;
  };
}

/**
 * A formula that breaks in front of = and + where the line is too short for it.
 *
 * Digits that were written by `marked` with `cells` can be clicked: `question(cell)`.
 */
export function formulaLine(latex, words, cells, question) {
  const line = element("div", { class: "formula" });
  const pieces = [""];
  let depth = 0;
  for (const part of latex.split(/( [=+] |[{}])/)) {
    if (depth === 0 && /^ [=+] $/.test(part)) pieces.push("");
    if (part === "{") depth += 1;
    if (part === "}") depth -= 1;
    pieces[pieces.length - 1] += part;
  }
  for (const piece of pieces) {
    const math = formula(piece, words, true);
    const sign = math.firstChild.firstChild;
    if (sign?.localName === "mo") sign.setAttribute("form", "infix"); // with room on both sides
    line.append("\u200b", math); // where the line may break
  }
  for (const digit of line.querySelectorAll("[data-digit]")) {
    digit.addEventListener("click", () => question(cells[Number(digit.dataset.digit)]));
  }
  return line;
}

/** A number to put into a formula: negative ones in brackets after an operator. */
export function inBrackets(text) {
  return text.startsWith("−") ? `(${text})` : text;
}

/** "a + b + …" from the first terms of a sum of `count`. */
export function termsText(terms, count) {
  const first = terms.map((term, index) => (index ? inBrackets(term) : term));
  return `${first.join(" + ")}${count > terms.length ? " + \\ldots" : ""}`;
}
