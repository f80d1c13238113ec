import csv
import io
from dataclasses import replace

import numpy as np

from bert_core.provenance import stage_vector
from tests.viz_app.toy import toy_bert
from viz_app.export.chain_csv import chain_csv

LAYER, HEAD, QUERY = 1, 2, 3


def test_csv_gives_back_every_number() -> None:
    trace = toy_bert().trace("the cat saw a dog .")
    text = chain_csv(trace, LAYER, HEAD, QUERY).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    found = [float(row["value"]) for row in rows if row["stage"] == "attention_probs"]
    expected = stage_vector(trace, "attention_probs", LAYER, (HEAD, QUERY))
    np.testing.assert_array_equal(np.array(found, np.float32), expected)
    keys = [row for row in rows if row["stage"] == "key"]
    assert len(keys) == len(trace.tokens) * 5
    assert {row["head"] for row in keys} == {str(HEAD)}
    assert {row["layer"] for row in rows if row["stage"] == "embedding_sum"} == {""}


def test_a_token_is_never_a_formula() -> None:
    trace = toy_bert().trace("the cat")
    tokens = ("[CLS]", "=1+1", "@x", "[SEP]")
    hostile = replace(trace, encoding=replace(trace.encoding, tokens=tokens))
    text = chain_csv(hostile, LAYER, HEAD, 1).decode("utf-8-sig")
    assert "'=1+1" in text and ",=1+1" not in text
