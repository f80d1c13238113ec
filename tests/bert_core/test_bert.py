"""The handle as a notebook uses it."""

import re
import statistics
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch

import bert_core
from bert_core import load, shelves
from bert_core.bert import Bert, mask_positions
from bert_core.config import BertConfig
from bert_core.predict import NspPrediction, TokenPrediction
from bert_core.tokenizer import BertTokenizer
from tests.bert_core.conftest import MakeModel

SNIPPET = """
from bert_core import load
bert = load("mini-en")                       # shipped; or a folder, or a Hugging Face id
trace = bert.trace("The animal didn't cross the street because it was too tired.")
weights = trace.layer(2).attention_probs[5]  # head 5: [query, key], each row sums to 1
words = bert.fill_mask("The man went to the [MASK] to buy milk.", top_k=5)
pair = bert.next_sentence("He opened the fridge.", "There was no milk left.")
"""


README = Path(bert_core.__file__).parent.parent / "README.md"


@pytest.fixture(scope="module")
def mini() -> Bert:
    return load("mini-en", device="cpu")


def test_the_published_snippet_runs_as_written() -> None:
    names: dict[str, Any] = {}
    exec(SNIPPET, names)
    weights, words, pair = names["weights"], names["words"], names["pair"]
    length = len(names["trace"].tokens)
    assert weights.shape == (length, length)
    torch.testing.assert_close(weights.sum(-1), torch.ones(length))
    assert len(words) == 1 and len(words[0]) == 5
    assert isinstance(words[0][0], TokenPrediction)
    assert isinstance(pair, NspPrediction)
    assert pair.is_next + pair.random == pytest.approx(1)


def test_the_code_in_the_readme_runs_as_written() -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert any("load(" in block for block in blocks)
    names: dict[str, Any] = {}
    for block in blocks:
        exec(block, names)


def test_the_published_model_call(mini: Bert) -> None:
    encoding = mini.tokenizer.encode("He opened the fridge.", "There was no milk left.")
    output = mini.model(
        torch.tensor([encoding.input_ids]),
        token_type_ids=torch.tensor([encoding.token_type_ids]),
        attention_mask=torch.tensor([encoding.attention_mask]),
    )
    assert output.mlm_logits.shape == (1, len(encoding), mini.config.vocab_size)
    next_sentence = mini.next_sentence("He opened the fridge.", "There was no milk left.")
    assert output.nsp_logits.softmax(-1)[0, 0].item() == pytest.approx(next_sentence.is_next)


def test_the_package_is_light_until_used() -> None:
    code = (
        "import sys, bert_core; bert_core.BertConfig; bert_core.Encoding; "
        "print(*{'torch', 'tokenizers', 'streamlit', 'plotly'} & set(sys.modules))"
    )
    root = Path(bert_core.__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert (done.stdout.strip(), done.stderr) == ("", "")


def test_every_published_name_is_there() -> None:
    for name in bert_core.__all__:
        assert getattr(bert_core, name).__name__ == name
    with pytest.raises(AttributeError, match="no attribute 'Berd'"):
        bert_core.Berd  # noqa: B018


def test_every_mask_gets_its_list(mini: Bert) -> None:
    text = "The [MASK] went to the [MASK]."
    found = mini.fill_mask(text, "He [MASK] milk.", top_k=3)
    assert [len(candidates) for candidates in found] == [3, 3, 3]
    trace = mini.trace(text, "He [MASK] milk.")
    places = mask_positions(trace.encoding, mini.tokenizer)
    assert [trace.tokens[place] for place in places] == ["[MASK]"] * 3
    for place, candidates in zip(places, found, strict=True):
        best = trace.mlm_logits[place].softmax(-1).topk(3)
        assert [one.id for one in candidates] == best.indices.tolist()
        assert [one.probability for one in candidates] == pytest.approx(
            best.values.tolist(), rel=1e-4
        )
        assert [mini.tokenizer.id(one.token) for one in candidates] == best.indices.tolist()


def test_no_mask_to_fill(mini: Bert) -> None:
    for text in ("My dog is [mask].", "", "MASK"):
        with pytest.raises(ValueError, match=r"the text has no \[MASK\]; put one"):
            mini.fill_mask(text)


def test_a_mask_that_was_cut_off(bert: Bert) -> None:
    with pytest.raises(ValueError, match=r"\[MASK\] lies beyond the 23 tokens"):
        bert.fill_mask("my dog " * 20 + "[MASK]")
    assert len(bert.fill_mask("[MASK] dog " * 20)) == 11  # the others are filled


@pytest.mark.parametrize(("top_k", "found"), [(1, 1), (15, 15), (16, 15), (10**9, 15)])
def test_as_many_candidates_as_there_are_words(bert: Bert, top_k: int, found: int) -> None:
    assert len(bert.fill_mask("my [MASK]", top_k=top_k)[0]) == found


@pytest.mark.parametrize("top_k", [0, -3])
def test_at_least_one_candidate(bert: Bert, top_k: int) -> None:
    with pytest.raises(ValueError, match=f"top_k must be at least 1, not {top_k}"):
        bert.fill_mask("my [MASK]", top_k=top_k)


def test_next_sentence(mini: Bert, bert: Bert) -> None:
    for handle in (mini, bert):
        found = handle.next_sentence("He opened the fridge.", "There was no milk left.")
        assert found.is_next + found.random == pytest.approx(1)
        assert 0 < found.is_next < 1
        logits = handle.trace("He opened the fridge.", "There was no milk left.").nsp_logits
        assert found.is_next == pytest.approx(logits.softmax(-1)[0].item())


@pytest.mark.parametrize("language", shelves.LANGUAGES)
def test_the_shipped_models_have_learnt_something(language: str) -> None:
    """Of thousands of words, an answer that fits is among the first: by chance rank 1,000s."""
    bert = load(f"small-{language}", device="cpu")
    ranks = []
    for item in shelves.cloze(language):
        trace = bert.trace(item.text)
        (place,) = mask_positions(trace.encoding, bert.tokenizer)
        logits = trace.mlm_logits_at(place)
        known = [
            answer
            for answer in item.answers
            if bert.tokenizer.encode(answer).tokens[1:-1] == (answer,)
        ]
        ranks.append(min(int(logits.gt(logits[bert.tokenizer.id(word)]).sum()) for word in known))
    assert statistics.median(ranks) < 100


def test_everything_may_be_missing_but_the_encoder(bert: Bert) -> None:
    missing: Mapping[str, str] = {"mlm": "no head", "nsp": "no pooler"}
    bare = Bert("bare", bert.model, bert.tokenizer, missing)
    with pytest.raises(ValueError, match="bare cannot predict masked words: no head"):
        bare.fill_mask("my [MASK]")
    with pytest.raises(ValueError, match="bare cannot predict the next sentence: no pooler"):
        bare.next_sentence("my dog", "he likes")
    bare.require("pooler", "say anything")
    assert bare.trace("my dog").layer(0)


def test_long_input_is_cut_to_the_positions(bert: Bert) -> None:
    encoding = bert.encode("my dog " * 20, "he likes " * 3)
    assert len(encoding) == bert.config.max_position_embeddings == 23
    assert len(encoding.cut_a) == 40 - (23 - 3 - 6)
    assert bert.trace("my dog " * 20, "he likes " * 3).encoding == encoding


def test_a_model_with_one_segment(make_model: MakeModel, tokenizer: BertTokenizer) -> None:
    model = make_model(
        BertConfig(
            vocab_size=99,
            hidden_size=20,
            num_hidden_layers=1,
            num_attention_heads=4,
            intermediate_size=37,
            max_position_embeddings=23,
            type_vocab_size=1,
        )
    )
    bert = Bert("one", model, tokenizer, {})
    assert set(bert.encode("my dog", "he likes").token_type_ids) == {0}
    assert bert.next_sentence("my dog", "he likes").is_next > 0


def test_device_is_where_it_was_asked_for(folder: Path) -> None:
    with pytest.raises(ValueError, match="device 'cuda:99' is not available"):
        load(str(folder), device="cuda:99")
    assert load(str(folder), device="cpu").model.bert.pooler.dense.weight.device.type == "cpu"
