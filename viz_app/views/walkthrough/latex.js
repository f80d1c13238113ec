// @ts-check
// The part of LaTeX that the walkthrough uses, read into a tree of MathML elements.
//
// Two commands are our own: `\arg{0}` stands for the first of some texts, which may hold anything;
// `\cell{3}{−0.12}` is a number that can be clicked, and where it stands in a list.

/**
 * An element of MathML: its tag, what it holds, and what else there is to say of it.
 *
 * @typedef {{
 *   tag: string,
 *   text?: string,
 *   children?: MathNode[],
 *   attributes?: Record<string, string>,
 *   cell?: number,
 * }} MathNode
 */

/** @type {Record<string, string>} */
const SIGNS = {
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
/** @type {Record<string, string>} */
const LETTERS = {
  mu: "μ",
  sigma: "σ",
  gamma: "γ",
  beta: "β",
  varepsilon: "ε",
  Phi: "Φ",
  pi: "π",
};
const WORDS = new Set(["max", "exp", "tanh", "softmax", "erf", "mean", "var"]);
const TOKENS = /\\[a-zA-Z]+|−?[0-9]+(?:\.[0-9]+)?|\s+|[^\s]/gu;
const LIMITS = new Set(["∑", "max"]); // what is below or above stands there in a line of its own

/** @param {string} name of a command without operands */
function command(name) {
  if (name in LETTERS) return { tag: "mi", text: LETTERS[name] };
  if (WORDS.has(name)) return { tag: "mo", text: name };
  const sign = { tag: "mo", text: SIGNS[name] ?? name };
  return name === "sum" ? { ...sign, attributes: { movablelimits: "false" } } : sign;
}

/**
 * @param {string} token
 * @returns {MathNode}
 */
function character(token) {
  if (/^−?[0-9]/.test(token)) return { tag: "mn", text: token };
  if (/^\p{L}$/u.test(token)) return { tag: "mi", text: token };
  const sign = { tag: "mo", text: token === "-" ? "−" : token };
  // no taller than a digit
  return "()[]".includes(token) ? { ...sign, attributes: { stretchy: "false" } } : sign;
}

/**
 * @param {MathNode} base
 * @param {MathNode | null} below
 * @param {MathNode | null} above
 * @returns {MathNode}
 */
function withScripts(base, below, above) {
  const isLimits = LIMITS.has(base.text ?? "");
  if (below && above) {
    return { tag: isLimits ? "munderover" : "msubsup", children: [base, below, above] };
  }
  if (below) return { tag: isLimits ? "munder" : "msub", children: [base, below] };
  return above ? { tag: isLimits ? "mover" : "msup", children: [base, above] } : base;
}

class Reader {
  /**
   * @param {string} latex
   * @param {string[]} args
   */
  constructor(latex, args) {
    this.tokens = latex.match(TOKENS) ?? [];
    this.args = args;
    this.next = 0;
  }

  get token() {
    return this.tokens[this.next];
  }

  skipSpace() {
    while (this.next < this.tokens.length && /^\s+$/.test(this.token)) this.next += 1;
  }

  /** The text between braces, as it stands. */
  raw() {
    let text = "";
    this.next += 1; // the opening brace
    while (this.next < this.tokens.length && this.token !== "}") {
      text += this.token;
      this.next += 1;
    }
    this.next += 1;
    return text;
  }

  /** @returns {MathNode} */
  atom() {
    this.skipSpace();
    const { token } = this;
    this.next += 1;
    if (token === "{") {
      const children = this.row("}");
      this.next += 1;
      return { tag: "mrow", children };
    }
    if (token === "\\text") return { tag: "mtext", text: this.raw() };
    if (token === "\\arg") return { tag: "mtext", text: String(this.args[Number(this.raw())]) };
    if (token === "\\cell") {
      const cell = Number(this.raw());
      return { tag: "mn", text: this.raw(), cell };
    }
    if (token === "\\frac") return { tag: "mfrac", children: [this.atom(), this.atom()] };
    if (token === "\\sqrt") return { tag: "msqrt", children: [this.atom()] };
    return token.startsWith("\\") ? command(token.slice(1)) : character(token);
  }

  scripted() {
    const base = this.atom();
    /** @type {MathNode | null} */
    let below = null;
    /** @type {MathNode | null} */
    let above = null;
    for (this.skipSpace(); this.token === "_" || this.token === "^"; this.skipSpace()) {
      const isBelow = this.token === "_";
      this.next += 1;
      if (isBelow) below = this.atom();
      else above = this.atom();
    }
    return withScripts(base, below, above);
  }

  /**
   * @param {string | undefined} end
   * @returns {MathNode[]}
   */
  row(end) {
    const parts = [];
    for (this.skipSpace(); this.next < this.tokens.length && this.token !== end; this.skipSpace()) {
      parts.push(this.scripted());
    }
    return parts;
  }
}

/**
 * A formula as one row.
 *
 * @param {string} latex
 * @param {string[]} args
 * @returns {MathNode}
 */
export function readLatex(latex, args) {
  return { tag: "mrow", children: new Reader(latex, args).row(undefined) };
}

/**
 * A formula cut in front of every = and + that stands in no braces: where a line may break.
 *
 * @param {string} latex
 */
export function breakLatex(latex) {
  const pieces = [""];
  let depth = 0;
  for (const part of latex.split(/( [=+] |[{}])/)) {
    if (depth === 0 && /^ [=+] $/.test(part)) pieces.push("");
    if (part === "{") depth += 1;
    if (part === "}") depth -= 1;
    pieces[pieces.length - 1] += part;
  }
  return pieces;
}

/**
 * A formula that is written for any operand, `@`, with one in its place.
 *
 * @param {unknown} latex
 * @param {string} operand
 */
export function ofOperand(latex, operand) {
  return String(latex).split("@").join(operand);
}

/**
 * A number to put into a formula: negative ones in brackets after an operator.
 *
 * @param {string} text
 */
export function inBrackets(text) {
  return /^(?:\\cell\{\d+\}\{)?−/.test(text) ? `(${text})` : text;
}

/**
 * "a + b + …" from the first terms of a sum of `count`.
 *
 * @param {string[]} terms
 * @param {number} count
 */
export function termsText(terms, count) {
  const first = terms.map((term, index) => (index ? inBrackets(term) : term));
  return `${first.join(" + ")}${count > terms.length ? " + \\ldots" : ""}`;
}
