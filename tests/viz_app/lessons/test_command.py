"""`headlight lesson check FILE`: what it prints, and what it answers."""

from pathlib import Path

import pytest

from viz_app.__main__ import main
from viz_app.lessons.schema import FILE

SHORT = FILE.parent / "en" / "what-it-looks-at.yaml"


def test_a_lesson_that_is_true_is_told_with_its_answers(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["lesson", "check", str(SHORT)]) == 0
    assert "1.1: animal" in capsys.readouterr().out


def test_faults_are_printed_with_line_and_remedy(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lesson.yaml"
    file.write_text(SHORT.read_text(encoding="utf-8").replace("weight: 0.25", "weight: 0.99"))
    assert main(["lesson", "check", str(file)]) == 1
    printed = capsys.readouterr().out
    assert "NOT SO" in printed and "1.1: animal" in printed
    assert "Line 32: A premise is not true of this model; measured: 0.286." in printed


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("model: small-en", "model: no/such/model"), "cannot be opened"),
        (("minutes: 10", "revision: '00000000'"), "other weights"),
        (("title:", "titel:"), "“title”"),
    ],
)
def test_a_lesson_that_cannot_be_run_says_why(
    change: tuple[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "lesson.yaml"
    file.write_text(SHORT.read_text(encoding="utf-8").replace(*change, 1), encoding="utf-8")
    assert main(["lesson", "check", str(file)]) == 1
    assert said in capsys.readouterr().out


def test_a_file_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["lesson", "check", "no-such-lesson.yaml"]) == 1
    assert "cannot be read" in capsys.readouterr().out
