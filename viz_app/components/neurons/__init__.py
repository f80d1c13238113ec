"""One query token against its keys: vectors, products, sums and weights."""

from __future__ import annotations

from typing import Any

import numpy as np

from viz_app.components.headers import Words, token_header
from viz_app.components.mount import mount_view
from viz_app.components.packing import pack
from viz_app.view_models.views import NeuronView


def neurons_payload(view: NeuronView, *, key: str, words: Words) -> bytes:
    """What the browser needs to draw `view`."""
    labels = {
        name: words(f"attention.neurons.{name}")
        for name in ("product", "dot", "weight", "vector", "keys_help")
    }
    labels["query"] = words("attention.neurons.query", token=view.query_token.label)
    labels["tip"] = words(
        "attention.neurons.tip",
        token="{token}",
        dimension="{dimension}",
        q="{q}",
        k="{k}",
        product="{product}",
    )
    labels["root"] = words("attention.neurons.root", size=len(view.query))
    header: dict[str, Any] = {
        "view": key,
        "query": token_header([view.query_token])[0],
        "tokens": token_header(view.tokens),
        "labels": labels,
    }
    vectors = {"query": view.query, "keys": view.keys}
    numbers = {"dots": view.dots, "scores": view.scores, "weights": view.weights}
    # A masked score is about minus the largest float32, which the sum cannot show.
    closed = (view.scores < -1e30).astype(np.uint8)
    return pack(header, {**vectors, **numbers, "closed": closed})


def neurons(view: NeuronView, *, key: str, words: Words) -> None:
    """Draw one query token against its keys."""
    mount_view(
        "neurons", neurons_payload(view, key=key, words=words), key=key, values={}, triggers={}
    )
