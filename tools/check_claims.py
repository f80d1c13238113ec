"""Hold the examples to a model: what each one promises, and the figures that were found.

Run it before weights are exchanged, and while an example is written:

    python -m tools.check_claims
    python -m tools.check_claims --language en --model FOLDER
"""

import argparse

from bert_core import load
from bert_core.bert import Bert
from bert_core.claims import Claim
from bert_core.findings import Finding, check
from bert_core.shelves import LANGUAGES
from viz_app.session.examples import Example, examples
from viz_app.session.state import default_selection


def main(arguments: list[str] | None = None) -> int:
    """Print every claim with its figures; 1 if one does not hold."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--language", choices=LANGUAGES, action="append")
    parser.add_argument("--model", help="instead of the default model of the language")
    asked = parser.parse_args(arguments)
    failed = 0
    for language in asked.language or LANGUAGES:
        bert = load(asked.model or default_selection(language).model, device="cpu")
        print(f"{bert.name}:")
        for entry in examples()[language]:
            for claim in entry.expect:
                found = _checked(claim, bert, entry)
                failed += not found.holds
                print(f"  {'' if found.holds else 'NOT SO '}{entry.id}: {claim}: {found.measured}")
    return int(failed > 0)


def _checked(claim: Claim, bert: Bert, entry: Example) -> Finding:
    """What is found; a smaller model may lack the head that a claim is about."""
    try:
        return check(claim, bert, entry.text_a, entry.text_b)
    except ValueError as error:
        return Finding(False, str(error))


if __name__ == "__main__":
    raise SystemExit(main())
