"""The words that stand in formulas, in the language of the page."""

import re

from viz_app.messages import Say


def in_words(latex: str, say: Say) -> str:
    r"""A formula whose `\text{name}` reads as `formulas.name`; `\text{GELU}` and the like stay.

    Raises:
        KeyError: there is no message for a name.
    """
    return re.sub(
        r"\\text\{([a-z]+)\}", lambda found: rf"\text{{{say(f'formulas.{found[1]}')}}}", latex
    )
