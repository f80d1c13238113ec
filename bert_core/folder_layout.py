"""Where in a folder a model's files lie, and what is there instead of weights we can read."""

import json
import shlex
from pathlib import Path

from bert_core.folder_files import read_text
from bert_core.problems import CheckpointError, Problem

_CONFIGS = ("config.json", "bert_config.json")
"""Hugging Face's name, then Google's."""
_CLASSES = ("BertForPreTraining", "BertForMaskedLM", "BertForNextSentencePrediction", "BertModel")
"""What a file is converted as: a head that it lacks would be drawn at random."""


def config_file(folder: Path) -> Path | None:
    """The configuration in a folder; None where there is none."""
    return next((folder / name for name in _CONFIGS if (folder / name).is_file()), None)


def model_folder(folder: Path) -> Path:
    """The folder itself, or the one within it that sentence-transformers keeps the BERT in."""
    if config_file(folder) is None:
        for name in (*_transformer_paths(folder / "modules.json"), "0_Transformer"):
            # a path with `..` in it could lead anywhere
            if name == Path(name).name and config_file(folder / name) is not None:
                return folder / name
    return folder


def _transformer_paths(modules: Path) -> list[str]:
    try:
        listed = json.loads(read_text(modules))
        paths = [m["path"] for m in listed if str(m["type"]).endswith(".Transformer")]
    except (OSError, ValueError, TypeError, KeyError, RecursionError):
        return []
    return [path for path in paths if isinstance(path, str) and path]


def refuse_foreign(folder: Path) -> None:
    """Say what the weights of another library are and how to convert them.

    Raises:
        CheckpointError: there are such weights.
    """
    found = {
        pattern: file
        for pattern in ("tf_model*.h5", "*.ckpt*.index", "flax_model*.msgpack", "*.onnx")
        for file in sorted(folder.glob(pattern))[:1]
    }
    if not found:
        return
    pattern, file = next(iter(found.items()))
    if pattern == "*.onnx":
        raise CheckpointError(
            Problem.FOREIGN,
            f"{file.name} is a graph for running only, in which weights have lost their names; "
            "take the checkpoint that it was exported from",
        )
    # `from_pretrained(from_tf=True)` fails in the last versions that had it; what it calls works.
    config = config_file(folder) or Path("config.json")
    kind, module, weights = _class_of(config), "transformers", json.dumps(file.name)
    if pattern == "*.ckpt*.index":
        what, needs, kind = "a TensorFlow checkpoint", "tensorflow tf-keras", "BertForPreTraining"
        module += ".models.bert.modeling_bert import load_tf_weights_in_bert"
        weights = f"m.config, {json.dumps(file.name.removesuffix('.index'))}"
    elif pattern == "tf_model*.h5":
        what, needs = "TensorFlow weights", "tensorflow tf-keras"
        module += ".modeling_tf_pytorch_utils import load_tf2_checkpoint_in_pytorch_model"
    else:
        what, needs = "Flax weights", "flax"
        module += ".modeling_flax_pytorch_utils import load_flax_checkpoint_in_pytorch_model"
    code = (
        f"import transformers as t; from {module} as load; "
        f'm = t.{kind}(t.BertConfig.from_json_file("{config.name}")); '
        f'load(m, {weights}); m.save_pretrained(".")'
    )
    raise CheckpointError(
        Problem.FOREIGN,
        f"{file.name} holds {what}, which are not read here; to convert them: pip install "
        f"'transformers<5' torch {needs} && cd {shlex.quote(str(folder))} && "
        f"python -c {shlex.quote(code)}",  # names in a folder may be anybody's
    )


def _class_of(config: Path) -> str:
    """Which class of `transformers` has exactly the parts that a configuration names."""
    try:
        values = json.loads(read_text(config))
        named = str(values["architectures"][0]).removeprefix("TF").removeprefix("Flax")
    except (OSError, ValueError, TypeError, KeyError, IndexError, RecursionError):
        return "BertModel"
    return named if named in _CLASSES else "BertModel"
