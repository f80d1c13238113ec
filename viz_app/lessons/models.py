"""Which weights of a model are here."""

from __future__ import annotations

import hashlib
from functools import cache

from bert_core.bert import find_checkpoint
from bert_core.weights import weight_files
from viz_app.session import service


@cache
def revision_of(name: str) -> str:
    """SHA-256 of a model's weights; of several files, of all of them in the order of their names.

    Raises:
        CheckpointError: the model is not there.
    """
    digest = hashlib.sha256()
    for file in weight_files(service.current().folder(name) or find_checkpoint(name)):
        with file.open("rb") as stream:
            while part := stream.read(2**20):
                digest.update(part)
    return digest.hexdigest()
