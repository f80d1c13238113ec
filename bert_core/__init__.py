"""A small BERT that shows every number it computes. `load` is the way in.

Nothing heavy is imported before it is used, so that a front end can paint while torch loads.
"""

from importlib import import_module
from typing import Any

_HOMES = {
    "load": "bert_core.bert",
    "Bert": "bert_core.bert",
    "BertConfig": "bert_core.config",
    "BertForPreTraining": "bert_core.model",
    "BertTokenizer": "bert_core.tokenizer",
    "CheckpointError": "bert_core.problems",
    "Encoding": "bert_core.encoding",
    "LayerTrace": "bert_core.trace",
    "Trace": "bert_core.trace",
}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'bert_core' has no attribute {name!r}")
