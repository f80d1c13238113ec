"""The claims of the examples, held to any model from the command line."""

import pytest

from tools.check_claims import main


def test_the_default_model_keeps_them_and_each_figure_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--language", "en"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "small-en:"
    assert "NOT SO" not in "".join(lines)
    assert any("animal-tired" in line and line.endswith("0.286") for line in lines)


def test_a_model_that_does_otherwise_or_lacks_a_head_is_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["--language", "en", "--model", "mini-en"]) == 1
    told = [line for line in capsys.readouterr().out.splitlines() if "NOT SO" in line]
    assert any("animal-wide" in line for line in told)
    assert any(line.endswith("the model has no L4 H6") for line in told)
