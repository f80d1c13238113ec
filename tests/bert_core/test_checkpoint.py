"""Folders to models and back, and what is said about a folder that is not what it should be."""

import errno
import json
import os
import pickle
import sys
import weakref
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from bert_core import checkpoint, weights
from bert_core.bert import Bert, load
from bert_core.checkpoint import load_checkpoint, save_checkpoint
from bert_core.config import BertConfig
from bert_core.model import OUTPUT_MATRIX, BertForPreTraining
from bert_core.problems import CheckpointError
from bert_core.tokenizer import BertTokenizer
from bert_core.weights import convert_hf_state_dict
from tests.bert_core.conftest import MakeModel

WORDS = "bert.embeddings.word_embeddings.weight"
PAIR = ("my dog [MASK] cute.", "he likes playing")


def change_config(folder: Path, **values: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | values), encoding="utf-8")


def change_weights(folder: Path, change: Callable[[dict[str, Tensor]], Any]) -> None:
    """Rewrite the weight file with what `change` makes of the state, in place or returned."""
    state = load_file(folder / "model.safetensors")
    changed = change(state)
    (folder / "model.safetensors").unlink()
    save_file(state if changed is None else changed, folder / "model.safetensors")


def as_pickle(folder: Path) -> Path:
    """The same weights as a pytorch_model.bin."""
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder / "pytorch_model.bin"


def as_shards(folder: Path, pickled: bool = False, count: int = 3) -> dict[str, str]:
    """The same weights in several files; returns the index's map."""
    state = load_file(folder / "model.safetensors")
    (folder / "model.safetensors").unlink()
    base, suffix = ("pytorch_model", "bin") if pickled else ("model", "safetensors")
    shards = {
        key: f"{base}-{1 + i % count:05d}-of-{count:05d}.{suffix}" for i, key in enumerate(state)
    }
    for name in set(shards.values()):
        part = {key: state[key].clone() for key in state if shards[key] == name}
        torch.save(part, folder / name) if pickled else save_file(part, folder / name)
    index = {"metadata": {"total_size": 1}, "weight_map": shards}
    (folder / f"{base}.{suffix}.index.json").write_text(json.dumps(index), encoding="utf-8")
    return shards


def same_weights(one: BertForPreTraining, other: BertForPreTraining) -> bool:
    a, b = one.state_dict(), other.state_dict()
    return a.keys() == b.keys() and all(torch.equal(a[key], b[key]) for key in a)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


# Saving and loading


def test_float32_comes_back_exactly(folder: Path, model: BertForPreTraining) -> None:
    loaded = load_checkpoint(folder)
    assert loaded.missing == {}
    assert loaded.model.config == model.config
    assert same_weights(loaded.model, model)
    assert not loaded.model.training
    assert sorted(path.name for path in folder.iterdir()) == [
        "config.json",
        "model.safetensors",
        "tokenizer.json",
        "tokenizer_config.json",
        "vocab.txt",
    ]


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_comes_back_within_its_rounding(
    tmp_path: Path, model: BertForPreTraining, tokenizer: BertTokenizer, dtype: torch.dtype
) -> None:
    save_checkpoint(tmp_path / "half", model, tokenizer, dtype=dtype)
    on_disk = load_file(tmp_path / "half" / "model.safetensors")
    assert {tensor.dtype for tensor in on_disk.values()} == {dtype}
    state = load_checkpoint(tmp_path / "half").model.state_dict()
    for key, tensor in model.state_dict().items():
        assert state[key].dtype == torch.float32
        assert torch.equal(state[key], tensor.to(dtype).float()), key


def test_the_default_on_disk_is_float16(
    tmp_path: Path, model: BertForPreTraining, tokenizer: BertTokenizer
) -> None:
    save_checkpoint(tmp_path / "new" / "deep", model, tokenizer)
    on_disk = load_file(tmp_path / "new" / "deep" / "model.safetensors")
    assert {tensor.dtype for tensor in on_disk.values()} == {torch.float16}


def test_sinusoidal_model_comes_back(
    tmp_path: Path, config: BertConfig, make_model: MakeModel, tokenizer: BertTokenizer
) -> None:
    model = make_model(replace(config, position_embedding_type="sinusoidal"))
    save_checkpoint(tmp_path / "fixed", model, tokenizer, dtype=torch.float32)
    loaded = load_checkpoint(tmp_path / "fixed").model
    assert loaded.config.position_embedding_type == "sinusoidal"
    assert not loaded.bert.embeddings.position_embeddings.weight.requires_grad
    assert loaded.bert.embeddings.word_embeddings.weight.requires_grad
    assert same_weights(loaded, model)


def test_loading_does_not_draw_random_numbers(folder: Path) -> None:
    torch.manual_seed(3)
    expected = torch.rand(2)
    torch.manual_seed(3)
    load_checkpoint(folder)
    assert torch.equal(torch.rand(2), expected)


def test_changing_a_loaded_model_does_not_change_the_file(folder: Path) -> None:
    before = contents(folder)
    with torch.no_grad():
        for parameter in load_checkpoint(folder).model.parameters():
            parameter.zero_()
    assert contents(folder) == before


def test_extra_files_are_written_and_others_kept(
    folder: Path, model: BertForPreTraining, tokenizer: BertTokenizer
) -> None:
    (folder / "notes.md").write_text("origin", encoding="utf-8")
    save_checkpoint(folder, model, tokenizer, extra_files={"training.json": '{"λ": 1}'})
    assert (folder / "notes.md").read_text() == "origin"
    assert json.loads((folder / "training.json").read_text(encoding="utf-8")) == {"λ": 1}
    assert load_checkpoint(folder).missing == {}
    mode = (folder / "model.safetensors").stat().st_mode
    assert mode & 0o444 == 0o444  # readable for all, as the other files are
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


# A save that fails


@pytest.mark.parametrize("failing", ["config", "tokenizer", "weights", "rename"])
def test_a_failing_save_leaves_the_old_checkpoint(
    folder: Path,
    config: BertConfig,
    make_model: MakeModel,
    tokenizer: BertTokenizer,
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
) -> None:
    before = contents(folder)
    owner, name = {
        "config": (BertConfig, "to_json"),
        "tokenizer": (BertTokenizer, "save"),
        "weights": (checkpoint, "save_file"),
        "rename": (Path, "rename"),
    }[failing]
    true_rename = Path.rename

    def full(*args: Any, **options: Any) -> None:
        if failing == "rename" and args[0] == folder or str(args[0]).endswith("-old"):
            true_rename(*args)  # only the last step goes wrong
            return
        if failing == "weights":  # half a file is on the disk already
            Path(args[1]).write_bytes(b"\x00" * 1000)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(owner, name, full)
        with pytest.raises(OSError, match="No space left"):
            save_checkpoint(folder, make_model(config, seed=8), tokenizer)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


def test_a_save_that_was_killed_at_the_last_moment_loses_nothing(
    folder: Path, model: BertForPreTraining, tokenizer: BertTokenizer
) -> None:
    (folder / "training.json").write_text("{}")
    folder.rename(folder.with_name(f".{folder.name}-old"))  # … and the new one not yet in place
    save_checkpoint(folder, model, tokenizer)
    assert (folder / "training.json").read_text() == "{}"
    load_checkpoint(folder)
    assert not list(folder.parent.glob(f".{folder.name}-*"))


def test_a_write_that_truly_fails_leaves_the_old_checkpoint(
    folder: Path, model: BertForPreTraining, tokenizer: BertTokenizer
) -> None:
    resource = pytest.importorskip("resource", reason="needs a limit on the size of files")
    before = contents(folder)
    assert len(before["model.safetensors"]) > 20_000
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        with pytest.raises(OSError, match="model.safetensors cannot be written: .*large"):
            save_checkpoint(folder, model, tokenizer)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert contents(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["tiny"]


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 70_000.0])
def test_numbers_that_the_file_cannot_hold_are_not_saved(
    folder: Path, model: BertForPreTraining, tokenizer: BertTokenizer, value: float
) -> None:
    before = contents(folder)
    with torch.no_grad():
        model.cls.seq_relationship.bias[1] = value
    with pytest.raises(ValueError, match="cls.seq_relationship.bias .*float16 cannot hold"):
        save_checkpoint(folder, model, tokenizer)
    assert contents(folder) == before


# Other spellings


def test_old_spellings(folder: Path, model: BertForPreTraining) -> None:
    def old(state: dict[str, Tensor]) -> dict[str, Tensor]:
        renamed = {
            key.replace("LayerNorm.weight", "LayerNorm.gamma").replace(
                "LayerNorm.bias", "LayerNorm.beta"
            ): tensor
            for key, tensor in state.items()
        }
        renamed["bert.embeddings.position_ids"] = torch.arange(23)[None]
        renamed["cls.predictions.decoder.weight"] = state[WORDS].clone()
        renamed["cls.predictions.decoder.bias"] = renamed.pop("cls.predictions.bias")
        renamed["classifier.weight"] = torch.zeros(3, 20)  # a head of another task
        return renamed

    change_weights(folder, old)
    assert "bert.embeddings.LayerNorm.gamma" in load_file(folder / "model.safetensors")
    loaded = load_checkpoint(folder)
    assert loaded.missing == {}
    assert same_weights(loaded.model, model)


@pytest.mark.parametrize(
    ("prefix", "said"),
    [
        ("module.", "module."),
        ("model.", "model."),
        ("_orig_mod.", "_orig_mod."),
        ("module._orig_mod.model.", "_orig_mod. module.model."),
        ("my.encoder_model.", "my.encoder_model."),
    ],
)
def test_a_prefix_is_taken_off_and_named(
    folder: Path, model: BertForPreTraining, prefix: str, said: str
) -> None:
    change_weights(
        folder, lambda state: {f"{prefix}{key}": state[key] for key in state} | {"head.w": one()}
    )
    loaded = load_checkpoint(folder)
    assert loaded.missing == {} and loaded.notes == {"prefix": said}
    assert same_weights(loaded.model, model)


def one() -> Tensor:
    return torch.ones(1)


@pytest.mark.parametrize("prefix", ["model.", "encoder.", "encoder_model.module.", "bert.bert."])
def test_a_bare_encoder_under_a_name_of_ones_own(
    folder: Path, model: BertForPreTraining, prefix: str
) -> None:
    """As `self.model = BertModel(…)` in a class of one's own writes it, the heads outside."""
    change_weights(
        folder,
        lambda state: {
            prefix + key.removeprefix("bert.") if key.startswith("bert.") else key: state[key]
            for key in state
        },
    )
    loaded = load_checkpoint(folder)
    assert loaded.missing == {} and loaded.notes == {"prefix": prefix.removesuffix("bert.")}
    assert same_weights(loaded.model, model)


def test_a_wrapper_inside_a_name(folder: Path, model: BertForPreTraining) -> None:
    """One layer compiled, or kept for the backward pass only in part."""

    def wrap(state: dict[str, Tensor]) -> dict[str, Tensor]:
        return {
            key.replace("layer.1.", "layer.1._checkpoint_wrapped_module."): state[key]
            for key in state
        }

    change_weights(folder, wrap)
    loaded = load_checkpoint(folder)
    assert loaded.notes == {"prefix": "_checkpoint_wrapped_module."}
    assert same_weights(loaded.model, model)


@pytest.mark.parametrize("name", ["state_dict", "model_state_dict", "model"])
def test_a_training_scripts_file(folder: Path, model: BertForPreTraining, name: str) -> None:
    path = as_pickle(folder)
    state = {f"model.{key}": tensor for key, tensor in torch.load(path).items()}
    torch.save({"epoch": 3, name: state, "optimizer_states": [{"state": {0: one()}}]}, path)
    loaded = load_checkpoint(folder)
    assert loaded.notes == {"prefix": "model."}
    assert same_weights(loaded.model, model)


def test_two_encoders_are_named_and_none_is_chosen(folder: Path) -> None:
    change_weights(
        folder,
        lambda state: {
            f"{who}.{key}": state[key].clone() for who in ("query", "document") for key in state
        },
    )
    with pytest.raises(CheckpointError, match="holds 2 encoders, under 'document.bert.', 'query.b"):
        load_checkpoint(folder)


def test_another_kind_of_model_is_known_by_its_names(folder: Path) -> None:
    """A configuration without `model_type` does not make a RoBERTa a BERT."""
    values = json.loads((folder / "config.json").read_text())
    del values["model_type"]
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    change_weights(
        folder, lambda state: {key.replace("bert.", "roberta."): state[key] for key in state}
    )
    with pytest.raises(CheckpointError, match="the weight file holds a roberta; only 'bert' can"):
        load_checkpoint(folder)


def test_names_are_changed_and_nothing_else() -> None:
    one = torch.ones(1)
    old = {
        "embeddings.word_embeddings.weight": one,
        "embeddings.LayerNorm.gamma": one,
        "encoder.layer.0.output.LayerNorm.beta": one,
        "pooler.dense.weight": one,
        "embeddings.position_ids": one,
        "cls.predictions.decoder.bias": one,
        "qa_outputs.weight": one,
    }
    converted = convert_hf_state_dict(old)
    assert list(converted) == [
        WORDS,
        "bert.embeddings.LayerNorm.weight",
        "bert.encoder.layer.0.output.LayerNorm.bias",
        "bert.pooler.dense.weight",
        "cls.predictions.bias",
    ]
    assert all(tensor is one for tensor in converted.values())
    assert len(old) == 7


def test_a_config_without_model_type_is_taken_for_bert(folder: Path) -> None:
    values = json.loads((folder / "config.json").read_text())
    del values["model_type"]
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    assert load_checkpoint(folder).missing == {}


@pytest.mark.parametrize(
    "name", ["config.json", "vocab.txt", "tokenizer.json", "tokenizer_config.json"]
)
def test_a_byte_order_mark_is_no_part_of_a_text(folder: Path, name: str) -> None:
    """Editors on Windows put one in front."""
    expected = load_checkpoint(folder).tokenizer.encode(*PAIR)
    (folder / name).write_bytes(b"\xef\xbb\xbf" + (folder / name).read_bytes())
    if name != "tokenizer.json":  # which would be read before the others
        (folder / "tokenizer.json").unlink()
    loaded = load_checkpoint(folder)
    assert loaded.missing == {}
    assert loaded.tokenizer.encode(*PAIR) == expected


def test_pickled_weights(folder: Path, model: BertForPreTraining) -> None:
    as_pickle(folder)
    assert same_weights(load_checkpoint(folder).model, model)


@pytest.mark.parametrize("pickled", [False, True])
def test_weights_in_several_files(folder: Path, model: BertForPreTraining, pickled: bool) -> None:
    change_weights(folder, lambda state: {f"model.{key}": state[key] for key in state})
    as_shards(folder, pickled)
    loaded = load_checkpoint(folder)
    assert loaded.missing == {} and loaded.notes == {"prefix": "model."}
    assert same_weights(loaded.model, model)


def test_one_of_several_files_is_in_memory_at_a_time(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Shard(dict[str, Tensor]):
        """A dict that tells when it is gone."""

    change_weights(folder, lambda state: {key: state[key].half() for key in state})
    as_shards(folder)
    read: list[weakref.ref[Shard]] = []

    def counted(path: Path) -> Shard:
        assert not [shard for shard in read if shard() is not None]
        shard = Shard(load_file(path))
        read.append(weakref.ref(shard))
        return shard

    monkeypatch.setattr(weights, "load_file", counted)
    load_checkpoint(folder)
    assert len(read) == 3


def test_a_lightning_checkpoint(folder: Path, model: BertForPreTraining) -> None:
    path = as_pickle(folder)
    state = {f"model.{key}": tensor for key, tensor in torch.load(path).items()}
    torch.save({"epoch": 3, "state_dict": state}, folder / "epoch=3-step=12.ckpt")
    path.unlink()
    assert same_weights(load_checkpoint(folder).model, model)
    (folder / "last.ckpt").write_bytes((folder / "epoch=3-step=12.ckpt").read_bytes())
    with pytest.raises(CheckpointError, match="2 checkpoints, epoch=3-step=12.ckpt, last.ckpt"):
        load_checkpoint(folder)


def test_googles_name_of_the_configuration(folder: Path, model: BertForPreTraining) -> None:
    (folder / "config.json").rename(folder / "bert_config.json")
    assert same_weights(load_checkpoint(folder).model, model)
    change = folder / "bert_config.json"
    change.write_text(change.read_text().replace('"bert"', '"roberta"'), encoding="utf-8")
    with pytest.raises(CheckpointError, match="bert_config.json says model_type 'roberta'"):
        load_checkpoint(folder)


@pytest.mark.parametrize("inner", ["0_Transformer", "0_BERT"])
def test_the_folder_of_sentence_transformers(
    folder: Path, tmp_path: Path, model: BertForPreTraining, inner: str
) -> None:
    outer = tmp_path / "sentences"
    (outer / "1_Pooling").mkdir(parents=True)
    folder.rename(outer / inner)
    (outer / "1_Pooling" / "config.json").write_text("{}")
    modules = [
        {"idx": 0, "path": inner, "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ]
    (outer / "modules.json").write_text(json.dumps(modules))
    loaded = load_checkpoint(outer)
    assert loaded.notes == {"inner_folder": inner}
    assert same_weights(loaded.model, model)
    if inner == "0_Transformer":  # by its name, where the list of modules is of no use
        for text in ("[" * 200_000, '[{"path": 1}]', "{"):
            (outer / "modules.json").write_text(text)
            assert same_weights(load_checkpoint(outer).model, model)


def test_a_list_of_modules_leads_nowhere_else(folder: Path, tmp_path: Path) -> None:
    outer = tmp_path / "sentences"
    outer.mkdir()
    for path in ("../tiny", str(folder)):
        modules = [{"path": path, "type": "sentence_transformers.models.Transformer"}]
        (outer / "modules.json").write_text(json.dumps(modules))
        with pytest.raises(CheckpointError, match="there is no config.json in .*sentences"):
            load_checkpoint(outer)


INSTALL = "to convert them: pip install 'transformers<5' torch"


@pytest.mark.parametrize("with_config", [True, False])
@pytest.mark.parametrize(
    ("name", "message"),
    [
        (
            "tf_model.h5",
            f"holds TensorFlow weights, .* {INSTALL} tensorflow .*tf2_checkpoint_in",
        ),
        (
            "bert_model.ckpt.index",
            f'holds a TensorFlow checkpoint, .* {INSTALL} .*m.config, "bert_model.ckpt"',
        ),
        ("flax_model.msgpack", f"holds Flax weights, .* {INSTALL} flax .*flax_checkpoint_in"),
        ("model.onnx", "model.onnx is a graph for running only"),
    ],
)
def test_weights_of_another_library_are_called_by_their_name(
    folder: Path, name: str, message: str, with_config: bool
) -> None:
    for gone in ("model.safetensors", "tokenizer.json", "vocab.txt"):
        (folder / gone).unlink()
    if not with_config:
        (folder / "config.json").unlink()
    (folder / name).touch()
    with pytest.raises(CheckpointError, match=message) as error:
        load_checkpoint(folder)
    assert error.value.problem == "foreign"


@pytest.mark.parametrize(
    ("architectures", "named"),
    [
        (["TFBertForMaskedLM"], "BertForMaskedLM"),
        (["BertForPreTraining"], "BertForPreTraining"),
        (["BertForTokenClassification"], "BertModel"),
        ([], "BertModel"),
    ],
)
def test_a_conversion_draws_no_head_at_random(
    folder: Path, architectures: list[str], named: str
) -> None:
    change_config(folder, architectures=architectures)
    (folder / "model.safetensors").rename(folder / "tf_model.h5")
    with pytest.raises(CheckpointError, match=rf"; m = t\.{named}\(t\.BertConfig"):
        load_checkpoint(folder)


def test_layers_beyond_the_configuration_are_left_out(
    folder: Path, model: BertForPreTraining
) -> None:
    change_config(folder, num_hidden_layers=2)
    loaded = load_checkpoint(folder).model
    assert len(list(loaded.layers())) == 2
    assert torch.equal(loaded.layer(1).output.dense.weight, model.layer(1).output.dense.weight)


# What a checkpoint may lack


def drop(*prefixes: str) -> Callable[[dict[str, Tensor]], dict[str, Tensor]]:
    return lambda state: {key: state[key] for key in state if not key.startswith(prefixes)}


def test_bare_encoder(folder: Path, model: BertForPreTraining) -> None:
    """What `BertModel.save_pretrained` writes: no `bert.`, no heads."""
    change_weights(
        folder,
        lambda state: {
            key.removeprefix("bert."): state[key] for key in state if key.startswith("bert.")
        },
    )
    bert = load(str(folder), device="cpu")
    assert set(bert.missing) == {"mlm", "nsp"}
    assert "cls.predictions.bias" in bert.missing["mlm"]
    assert "cls.seq_relationship.weight" in bert.missing["nsp"]
    with pytest.raises(ValueError, match="tiny cannot predict masked words: .*cls.predictions"):
        bert.fill_mask(PAIR[0])
    with pytest.raises(ValueError, match="tiny cannot predict the next sentence: .*seq_relation"):
        bert.next_sentence(*PAIR)
    # what is there works as ever
    full = Bert("full", model, bert.tokenizer, {}).trace(*PAIR)
    trace = bert.trace(*PAIR)
    torch.testing.assert_close(trace.hidden_states[-1], full.hidden_states[-1])
    torch.testing.assert_close(trace.pooled_output, full.pooled_output)
    # and what is not there is zero rather than noise
    assert trace.mlm_logits.eq(0).all() and trace.nsp_logits.eq(0).all()


def test_without_nsp_head(folder: Path) -> None:
    change_weights(folder, drop("cls.seq_relationship."))
    bert = load(str(folder), device="cpu")
    assert set(bert.missing) == {"nsp"}
    assert len(bert.fill_mask(PAIR[0])[0]) == 5
    with pytest.raises(ValueError, match="cls.seq_relationship.weight, cls.seq_relationship.bias"):
        bert.next_sentence(*PAIR)


def test_without_pooler_there_is_no_next_sentence(folder: Path) -> None:
    change_weights(folder, drop("bert.pooler."))
    bert = load(str(folder), device="cpu")
    assert set(bert.missing) == {"pooler", "nsp"}
    with pytest.raises(ValueError, match="the checkpoint has no bert.pooler.dense.weight"):
        bert.next_sentence(*PAIR)
    assert bert.fill_mask(PAIR[0])


def test_half_an_mlm_head_counts_as_none(folder: Path) -> None:
    change_weights(folder, drop("cls.predictions.transform.dense.bias"))
    bert = load(str(folder), device="cpu")
    assert bert.missing == {"mlm": "the checkpoint has no cls.predictions.transform.dense.bias"}


def test_a_decoder_of_its_own_scores_the_words(folder: Path, model: BertForPreTraining) -> None:
    def untie(state: dict[str, Tensor]) -> None:
        state["cls.predictions.decoder.weight"] = state[WORDS] + 0.25
        state["cls.predictions.decoder.bias"] = state["cls.predictions.bias"] + 0.5

    change_weights(folder, untie)
    loaded = load_checkpoint(folder)
    assert (loaded.missing, list(loaded.notes)) == ({}, ["untied"])
    assert not loaded.model.config.tie_word_embeddings
    hidden = torch.randn(3, 20)
    transformed = model.cls.predictions.transform(hidden)
    with torch.no_grad():
        more = 0.25 * transformed.sum(-1, keepdim=True) + 0.5
        torch.testing.assert_close(loaded.model.mlm_logits(hidden), model.mlm_logits(hidden) + more)
    save_checkpoint(folder, loaded.model, loaded.tokenizer, dtype=torch.float32)
    assert same_weights(load_checkpoint(folder).model, loaded.model)


def test_a_second_copy_of_the_word_embeddings_is_no_decoder_of_its_own(folder: Path) -> None:
    change_config(folder, tie_word_embeddings=False)
    change_weights(folder, lambda state: put(OUTPUT_MATRIX, state[WORDS].clone())(state))
    loaded = load_checkpoint(folder)
    assert loaded.model.config.tie_word_embeddings and loaded.notes == {}


def test_a_decoder_that_is_promised_but_not_there_is_missing(folder: Path) -> None:
    change_config(folder, tie_word_embeddings=False)
    loaded = load_checkpoint(folder)
    assert loaded.missing == {"mlm": f"the checkpoint has no {OUTPUT_MATRIX}"}


# What is not a checkpoint


def break_weights(change: Callable[[dict[str, Tensor]], Any]) -> Callable[[Path], None]:
    return lambda folder: change_weights(folder, change)


def set_config(**values: Any) -> Callable[[Path], None]:
    return lambda folder: change_config(folder, **values)


def write(name: str, content: bytes) -> Callable[[Path], Any]:
    return lambda folder: (folder / name).write_bytes(content)


def truncate(folder: Path) -> None:
    path = folder / "model.safetensors"
    path.write_bytes(path.read_bytes()[:-1000])


def put(key: str, tensor: Tensor) -> Callable[[dict[str, Tensor]], None]:
    return lambda state: state.update({key: tensor})


def pickled(content: Any) -> Callable[[Path], None]:
    def swap(folder: Path) -> None:
        torch.save(content, as_pickle(folder))

    return swap


def truncate_pickle(folder: Path) -> None:
    path = as_pickle(folder)
    path.write_bytes(path.read_bytes()[:5000])


def empty_pickle(folder: Path) -> None:
    as_pickle(folder).write_bytes(b"")


def without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def without_tokenizer(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    (folder / "vocab.txt").unlink()


def shards_with(**values: Any) -> Callable[[Path], None]:
    """Several files whose index says something else."""

    def damage(folder: Path) -> None:
        shards = as_shards(folder)
        index = {"weight_map": shards | values} if values else {}
        (folder / "model.safetensors.index.json").write_text(json.dumps(index), encoding="utf-8")

    return damage


def a_shard_gone(folder: Path) -> None:
    as_shards(folder)
    (folder / "model-00002-of-00003.safetensors").unlink()


def a_deep_index(folder: Path) -> None:
    as_shards(folder)
    (folder / "model.safetensors.index.json").write_text("[" * 200_000)


def longer_vocabulary(folder: Path) -> None:
    (folder / "tokenizer.json").unlink()
    lines = (folder / "vocab.txt").read_text() + "".join(f"word{i}\n" for i in range(85))
    (folder / "vocab.txt").write_text(lines, encoding="utf-8")


HEAD_BIAS = "cls.seq_relationship.bias"
INNER = "bert.encoder.layer.2.intermediate.dense.weight"
BROKEN: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no config": (without("config.json"), "there is no config.json in .*tiny"),
    "config not JSON": (write("config.json", b"{'a': 1}"), "config.json cannot be used: Expecting"),
    "config not UTF-8": (write("config.json", b'"\xff"'), "config.json cannot be used: .*utf-8"),
    "config empty": (write("config.json", b""), "config.json cannot be used: Expecting value"),
    "config a list": (write("config.json", b"[]"), "config.json .* not a JSON object"),
    "config endless": (write("config.json", b"[" * 200_000), "config.json cannot be used: .*recur"),
    "another model": (
        set_config(model_type="gpt2"),
        "model_type 'gpt2'; only 'bert' can be opened$",
    ),
    "a RoBERTa": (
        set_config(model_type="roberta"),
        "model_type 'roberta'; only 'bert' can be opened: a RoBERTa has another tokenizer",
    ),
    "a DistilBERT": (
        set_config(model_type="distilbert"),
        "only 'bert' can be opened: a DistilBERT has no segments and no pooler",
    ),
    "relative positions": (
        set_config(
            position_embedding_type="relative_key_query",
            headlight_position_embedding_type="relative_key_query",
        ),
        "position_embedding_type is 'relative_key_query'; such a model adds a vector of the dist",
    ),
    "no model at all": (set_config(model_type=["bert"]), "model_type .* only 'bert'"),
    "a decoder": (set_config(is_decoder=True), "config.json cannot be used: is_decoder"),
    "another position scheme": (
        set_config(headlight_position_embedding_type="rotary"),
        "position_embedding_type 'rotary' is not one of",
    ),
    "heads that do not divide": (set_config(num_attention_heads=3), "20 does not divide by .* 3"),
    "a size in words": (set_config(hidden_size="20"), "hidden_size must be a whole number"),
    "a size below 1": (set_config(vocab_size=-99), "vocab_size .* not -99"),
    "undefined epsilon": (set_config(layer_norm_eps=None), "layer_norm_eps .* not None"),
    "no tokenizer": (without_tokenizer, "no tokenizer.json and no vocab.txt"),
    "tokenizer broken": (write("tokenizer.json", b"{"), "tokenizer cannot be read: tokenizer.json"),
    "more words than ids": (longer_vocabulary, "vocabulary has 100 entries .* only 99"),
    "no weights": (without("model.safetensors"), "no model.safetensors and no pytorch_model.bin"),
    "weights empty": (write("model.safetensors", b""), "model.safetensors is broken or not"),
    "weights garbage": (write("model.safetensors", b"\x07" * 999), "model.safetensors is broken"),
    "weights truncated": (truncate, "model.safetensors is broken or not a weight file: Error"),
    "weights a claim of exabytes": (
        write("model.safetensors", (2**62).to_bytes(8, "little") + b"{}"),
        "model.safetensors is broken",
    ),
    "weights of something else": (
        break_weights(lambda state: {"conv.weight": torch.zeros(3)}),
        "config.json gives the model 3 layers, but the weight file holds 0",
    ),
    "a part of the weights gone": (
        a_shard_gone,
        "index.json names 'model-00002-of-00003.safetensors', which is not beside it",
    ),
    "weights outside the folder": (
        shards_with(x="../tiny/config.json"),
        "index.json names '../tiny/config.json', which is not beside it",
    ),
    "weights of another type": (shards_with(x="vocab.txt"), "names 'vocab.txt', which is not"),
    "an index of nothing": (shards_with(), "index.json is broken or not a weight file"),
    "an index of numbers": (shards_with(x=3), "index.json is broken or not a weight file"),
    "an endless index": (a_deep_index, "index.json is broken or not a weight file: .*recursion"),
    "a weight missing": (break_weights(drop(INNER)), f"weights are missing: {INNER}; is this"),
    "many weights missing": (
        break_weights(drop("bert.encoder.layer.1.a")),
        "weights are missing: .* and 7 more",
    ),
    "a wrong shape": (
        break_weights(put(INNER, torch.zeros(38, 20))),
        rf"{INNER} is \(38, 20\) in the file but \(37, 20\) by config.json",
    ),
    "a missing axis": (
        break_weights(put(HEAD_BIAS, torch.tensor(1.0))),
        rf"{HEAD_BIAS} is \(\) in the file but \(2,\)",
    ),
    "whole numbers": (
        break_weights(put(HEAD_BIAS, torch.ones(2, dtype=torch.int8))),
        f"{HEAD_BIAS} holds torch.int8, not floating-point",
    ),
    "complex numbers": (
        break_weights(put(HEAD_BIAS, torch.ones(2, dtype=torch.complex64))),
        f"{HEAD_BIAS} holds torch.complex64",
    ),
    "undefined numbers": (
        break_weights(put(HEAD_BIAS, torch.tensor([0.0, float("nan")]))),
        f"{HEAD_BIAS} holds infinite or undefined numbers",
    ),
    "infinite numbers": (
        break_weights(put(HEAD_BIAS, torch.tensor([0, float("-inf")]).half())),
        f"{HEAD_BIAS} holds infinite or undefined numbers",
    ),
    "a billion layers": (
        set_config(num_hidden_layers=10**9),
        "model 1000000000 layers, but the weight file holds 3",
    ),
    "a huge vocabulary": (
        set_config(vocab_size=10**12),
        rf"{WORDS} is \(99, 20\) in the file but \(1000000000000, 20\)",
    ),
    "endless positions": (
        set_config(max_position_embeddings=10**15),
        r"position_embeddings.weight is \(23, 20\) in the file but \(1000000000000000, 20\)",
    ),
    "a huge inner size": (set_config(intermediate_size=10**13), "intermediate.dense.weight is"),
    "sizes beyond 64 bits": (set_config(vocab_size=2**61), "config.json cannot be used: its sizes"),
    "sizes beyond all bits": (
        set_config(vocab_size=10**30),
        "config.json cannot be used: its sizes",
    ),
    "pickle empty": (empty_pickle, "pytorch_model.bin is broken or not a weight file: .+"),
    "pickle truncated": (truncate_pickle, "pytorch_model.bin is broken or not a weight file"),
    "pickle of a list": (pickled([1, 2]), "not a weight file: it does not hold named tensors"),
    "pickle of numbers as names": (
        pickled({3: torch.zeros(2)}),
        "model 3 layers, but the weight file holds 0",
    ),
}


@pytest.mark.parametrize(("damage", "message"), BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_is_said(folder: Path, damage: Callable[[Path], Any], message: str) -> None:
    load_checkpoint(folder)
    damage(folder)
    with pytest.raises(CheckpointError, match=message):
        load_checkpoint(folder)


def test_an_unreadable_file_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    for owner, name, message in (
        (weights, "load_file", "model.safetensors .* Permission denied"),
        (Path, "open", "config.json cannot be used: .*Permission denied"),
    ):
        with monkeypatch.context() as patch:
            patch.setattr(owner, name, refuse)
            with pytest.raises(CheckpointError, match=message):
                load_checkpoint(folder)


class _Bomb:
    """Leaves a file behind if anyone unpickles it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.path,)


@pytest.mark.parametrize("kind", ["zip", "plain pickle"])
def test_a_pickle_with_code_in_it_is_refused_unrun(folder: Path, tmp_path: Path, kind: str) -> None:
    trap = tmp_path / "run"
    path = as_pickle(folder)
    state: Mapping[str, Any] = torch.load(path, weights_only=True) | {"bomb": _Bomb(trap)}
    if kind == "zip":
        torch.save(state, path)
    else:
        path.write_bytes(pickle.dumps(_Bomb(trap), protocol=2))
    with pytest.raises(CheckpointError, match="pytorch_model.bin is broken or holds more than"):
        load_checkpoint(folder)
    assert not trap.exists()
    pickle.loads(pickle.dumps(_Bomb(trap)))  # the trap is a real one
    assert trap.exists()


def test_safetensors_are_preferred(folder: Path, tmp_path: Path) -> None:
    (folder / "pytorch_model.bin").write_bytes(pickle.dumps(_Bomb(tmp_path / "run")))
    load_checkpoint(folder)
    assert not (tmp_path / "run").exists()


def test_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="nowhere is not a folder"):
        load_checkpoint(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(CheckpointError, match="file is not a folder"):
        load_checkpoint(tmp_path / "file")


# By name


def test_load_by_name_and_by_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert load("mini-en").name == "mini-en"
    assert load("small-zh").config.vocab_size == 7168
    assert load(str(folder)).name == "tiny"
    assert load(f"{folder}/").name == "tiny"
    monkeypatch.setenv("HOME", str(folder.parent))
    assert load("~/tiny").name == "tiny"
    monkeypatch.chdir(folder)
    assert load(".").name == "tiny"


@pytest.mark.parametrize(
    "name", ["", "a/b/c", "../nowhere/at/all", "no such model", "\0", "/nowhere", "mini-en; ls"]
)
def test_what_is_no_name_at_all_lists_the_shipped_ones(name: str) -> None:
    with pytest.raises(
        CheckpointError, match="is neither a folder nor one of mini-en, small-en, small-zh"
    ):
        load(name)


def test_a_name_too_long_for_a_folder() -> None:
    with pytest.raises(CheckpointError, match="cannot be the name of a folder") as caught:
        load("x" * 5000)
    assert len(str(caught.value)) < 200


@pytest.mark.parametrize("name", ["mini-fr", "somebody/some-bert", "bert-base-uncased.5"])
def test_a_hub_name_offline(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    assert constants.HF_HUB_OFFLINE  # set for all tests; any connection would fail them
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(CheckpointError, match=f"'{name}' is not shipped, not a folder, and not to"):
        load(name)
    assert list(tmp_path.iterdir()) == []


def test_a_hub_name_that_the_cache_holds(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    cached = tmp_path / "models--somebody--some-bert"
    commit = "0123456789abcdef0123456789abcdef01234567"
    (cached / "refs").mkdir(parents=True)
    (cached / "refs" / "main").write_text(commit)
    (cached / "snapshots").mkdir()
    folder.rename(cached / "snapshots" / commit)
    assert load("somebody/some-bert").name == "somebody/some-bert"
    as_pickle(cached / "snapshots" / commit)
    assert load("somebody/some-bert").missing == {}
    (cached / "refs" / "v1").write_text(commit)
    for revision in ("v1", commit):
        assert load(f"somebody/some-bert@{revision}").name == f"somebody/some-bert@{revision}"
    with pytest.raises(CheckpointError, match="'somebody/some-bert@v2' is not shipped"):
        load("somebody/some-bert@v2")


def test_a_download_tells_how_far_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    asked: list[tuple[str, str | None, bool]] = []

    def fetch(hub_id: str, revision: str | None, allow_patterns: list[str], tqdm_class: Any) -> str:
        asked.append((hub_id, revision, "model.safetensors" in allow_patterns))
        for unit in ("B", "it"):
            with tqdm_class(total=8, unit=unit) as bar:
                bar.update(2)
                bar.refresh()
        return str(folder)

    monkeypatch.setattr(huggingface_hub, "snapshot_download", fetch)
    told: list[tuple[int, int]] = []
    bert = load("somebody/some-bert@v2", report=lambda *told_now: told.append(told_now))
    assert bert.name == "somebody/some-bert@v2"
    assert asked == [("somebody/some-bert", "v2", True)]
    assert (2, 8) in told and {total for _, total in told} == {8}


def test_without_the_hub_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(CheckpointError, match="install huggingface_hub"):
        load("somebody/some-bert")


def test_the_device_is_checked_before_the_folder_is_read(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.remove(folder / "config.json")
    with pytest.raises(ValueError, match="device 'gpu' is not available here"):
        load(str(folder), device="gpu")
