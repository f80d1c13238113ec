// @ts-check
// Numbers and messages as text. Python writes numbers the same way (viz_app/palette/golden.json).

/**
 * Fill the {placeholders} of a message that came with the payload.
 *
 * @param {string} template
 * @param {Record<string, string | number>} values
 */
export function fill(template, values) {
  return template.replace(/\{(\w+)\}/g, (whole, name) =>
    name in values ? String(values[name]) : whole,
  );
}

/**
 * A number with a fixed count of decimals, a real minus sign and no sign on a zero.
 *
 * @param {number} value
 * @param {number} decimals
 */
export function digits(value, decimals) {
  const text = value.toFixed(decimals);
  return /^-0\.?0*$/.test(text) ? text.slice(1) : text.replace("-", "−");
}

/**
 * A share of 1; one too small for the digits says so rather than passing for nothing.
 *
 * @param {number} value
 * @param {number} decimals
 */
export function shareDigits(value, decimals) {
  const least = 10 ** -decimals;
  return value > 0 && value < least / 2 ? `<${least}` : digits(value, decimals);
}

/**
 * A share of 1 in percent, with a decimal where it is below ten.
 *
 * @param {number} share
 */
export function percent(share) {
  return `${digits(share * 100, share > 0 && share < 0.0995 ? 1 : 0)} %`;
}

/**
 * Every digit of a float32, for tooltips.
 *
 * @param {number} value
 */
export function allDigits(value) {
  return String(Number(value.toPrecision(9))).replace("-", "−");
}

/**
 * A difference such as 3.6e-7 as "0" or "3.6 × 10⁻⁷".
 *
 * @param {number} value
 */
export function smallNumber(value) {
  if (value === 0) return "0";
  const [mantissa, power] = value.toExponential(1).split("e");
  const raised = [...String(Number(power))].map(
    (sign) => "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"["-0123456789".indexOf(sign)],
  );
  return `${mantissa} × 10${raised.join("")}`;
}
