"""What is saved as CSV reads back, and no cell of text runs as a formula."""

import csv
import io

import pytest

from viz_app.view_models.csv_file import csv_bytes
from viz_app.view_models.tokens import display_text


def read(raw: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(raw.decode("utf-8-sig"), newline="")))


def test_csv_reads_back_with_commas_quotes_and_chinese() -> None:
    rows = [("我, 你", '"x"'), ("a\nb", "1.5")]
    raw = csv_bytes(["词", "value"], rows)
    assert raw.startswith(b"\xef\xbb\xbf")
    assert read(raw) == [["词", "value"], *map(list, rows)]


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+", "-", "--", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1+1", "-1+1", "= same word"],
)
def test_text_is_never_a_formula(text: str) -> None:
    assert read(csv_bytes([text], [["a", text]])) == [[f"'{text}"], ["a", f"'{text}"]]


@pytest.mark.parametrize("cell", [-1, -0.25, "-0.1234567", "-1e-07", "+1.5", "-inf", "nan", "", 3])
def test_numbers_stay_as_they_are(cell: object) -> None:
    assert read(csv_bytes(["n"], [[cell]])) == [["n"], [str(cell)]]


def test_a_cell_holds_no_sign_that_is_for_the_screen_alone() -> None:
    shown = [display_text("של"), display_text("=של")]
    assert read(csv_bytes(["", ""], [shown])) == [["", ""], ["של", "'=של"]]
