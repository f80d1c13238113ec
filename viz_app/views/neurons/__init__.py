"""One query token against its keys: vectors, products, sums and weights."""

from __future__ import annotations

from typing import get_args

import numpy as np

from viz_app.messages import Say
from viz_app.messages.terms import pieces
from viz_app.view_models.views import NeuronView
from viz_app.views.mount import mount_view
from viz_app.views.payload import pack
from viz_app.views.payloads import NeuronsArrays, NeuronsColumn, NeuronsHeader, NeuronsLabel
from viz_app.views.tokens import token_header

HEADS = get_args(NeuronsColumn)
"""The columns, in order."""


def neuron_headings(view: NeuronView, say: Say) -> dict[str, str]:
    """The words over the columns and beside the query, on the page and in a picture or table."""
    return {
        "vector": say("attention.neurons.vector"),
        "product": say("attention.neurons.product"),
        "dot": say("attention.neurons.dot"),
        "weight": say("attention.neurons.weight"),
        "root": say("attention.neurons.root", size=len(view.query)),
        "query": say("attention.neurons.query", token=view.query_token.label),
    }


def neurons_payload(view: NeuronView, *, key: str, say: Say) -> bytes:
    """What the browser needs to draw `view`."""
    texts = neuron_headings(view, say)
    texts["keys_help"] = say("attention.neurons.keys_help")
    texts["tip"] = say(
        "attention.neurons.tip",
        token="{token}",
        dimension="{dimension}",
        q="{q}",
        k="{k}",
        product="{product}",
    )
    header: NeuronsHeader = {
        "view": key,
        "terms": {name: pieces(texts[name]) for name in HEADS},
        "query": token_header([view.query_token])[0],
        "tokens": token_header(view.tokens),
        "labels": {name: texts[name] for name in get_args(NeuronsLabel)},
    }
    arrays: NeuronsArrays = {
        "query": view.query,
        "keys": view.keys,
        "dots": view.dots,
        "scores": view.scores,
        "weights": view.weights,
        "closed": view.closed.astype(np.uint8),
    }
    return pack(header, arrays)


def neurons(view: NeuronView, *, key: str, say: Say) -> None:
    """Draw one query token against its keys."""
    mount_view("neurons", neurons_payload(view, key=key, say=say), key=key, values={}, triggers={})
