"""Numbers as they are written on screen, one function per kind.

The browser writes them the same way; tests/golden.json holds both to it. Files for other
programs (CSV, spreadsheets) hold plain numbers instead.
"""

from __future__ import annotations

import math

MINUS = "−"
SMALLEST_PROBABILITY = 0.0005
"""Below this three decimals would all be zero."""
_RAISED = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


def decimal_text(value: float, decimals: int) -> str:
    """A rounded number with a real minus sign, and none where it rounds to zero."""
    return f"{value:z.{decimals}f}".replace("-", MINUS)


def signed_text(value: float, decimals: int = 3) -> str:
    """A difference with its sign, and without one where it rounds to zero."""
    written = decimal_text(value, decimals)
    return f"+{written}" if value > 0 and float(written) else written


def probability_text(probability: float) -> str:
    """A probability in three decimals, and in powers of ten where those would all be zero."""
    if 0 < probability < SMALLEST_PROBABILITY:
        digit, power = f"{probability:.0e}".split("e-")
        return f"{digit}·10⁻{str(int(power)).translate(_RAISED)}"
    return decimal_text(probability, 3)


def share_text(share: float, decimals: int = 1) -> str:
    """A share of 1 in percent, with a space that does not break before the sign."""
    return f"{decimal_text(float(share) * 100, decimals)}\u00a0%"


def count_text(count: float) -> str:
    """A whole number, its digits in groups of three."""
    return f"{count:,.0f}"


def significant_text(value: float, digits: int) -> str:
    """A number of any size to so many significant digits."""
    written = f"{value:.{digits}g}"
    return MINUS + written[1:] if written.startswith("-") else written


def tiny_text(value: float) -> str:
    """A rounding error, at least 0, written out to its first digit: 0.0000002; 0 for none."""
    return decimal_text(value, max(0, -math.floor(math.log10(value)))) if value else "0"
