"""Many inputs through a model at once, padded, a bounded number of tokens per pass.

The forward pass of `BertForPreTraining`, without gradients and without records but the weights of
attention where they are asked for.
"""

from collections.abc import Callable, Iterator, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from bert_core.bert import Bert
from bert_core.encoding import Encoding
from bert_core.model import BertOutput, additive_attention_mask

TOKENS_PER_PASS = 512
"""A BERT-base takes about a second for them on one core, which is how often it tells how far it is
and can be stopped; passes of 2,048 are no faster in all."""
Report = Callable[[int, int], None]
"""Called with how many of how many are done; may raise to stop the work."""


def padded(
    encodings: Sequence[Encoding], pad_id: int
) -> tuple[Int[Tensor, "batch seq"], Int[Tensor, "batch seq"], Int[Tensor, "batch seq"]]:
    """Token ids, segment ids and attention mask, padded to the longest."""
    longest = max(len(encoding) for encoding in encodings)

    def rows(name: str, filler: int) -> Tensor:
        return torch.tensor(
            [
                [*getattr(encoding, name), *[filler] * (longest - len(encoding))]
                for encoding in encodings
            ]
        )

    return rows("input_ids", pad_id), rows("token_type_ids", 0), rows("attention_mask", 0)


def nsp_logits_of(
    bert: Bert, encodings: Sequence[Encoding], report: Report | None = None
) -> Float[Tensor, "inputs 2"]:
    """[is next, random] for every input, in their order.

    Raises:
        ValueError: the checkpoint has no NSP head.
    """
    bert.require("nsp", "predict the next sentence")
    found = torch.empty(len(encodings), 2)
    for indices, output in _passes(bert, encodings, report):
        found[indices] = output.nsp_logits.float().cpu()
    return found


def mlm_log_probabilities_of(
    bert: Bert,
    encodings: Sequence[Encoding],
    positions: Sequence[int],
    report: Report | None = None,
) -> Float[Tensor, "inputs vocab"]:
    """ln p of every vocabulary entry at one position of each input.

    Raises:
        ValueError: the checkpoint has no MLM head, or not one position per input.
    """
    found = torch.empty(len(encodings), bert.config.vocab_size)
    for indices, log_probabilities in _mlm_passes(bert, encodings, positions, report):
        found[indices] = log_probabilities.cpu()
    return found


def mlm_log_probabilities_at(
    bert: Bert,
    encodings: Sequence[Encoding],
    positions: Sequence[int],
    token_ids: Sequence[int],
    report: Report | None = None,
) -> Float[Tensor, " inputs"]:
    """ln p of one token at one position of each input; no table of all the others is kept.

    Raises:
        ValueError: the checkpoint has no MLM head, or not one position and token per input.
    """
    if len(token_ids) != len(encodings):
        raise ValueError(f"{len(encodings)} inputs need as many tokens, not {len(token_ids)}")
    found = torch.empty(len(encodings))
    for indices, log_probabilities in _mlm_passes(bert, encodings, positions, report):
        asked = torch.tensor([token_ids[index] for index in indices])
        found[indices] = log_probabilities.cpu().gather(1, asked[:, None])[:, 0]
    return found


def hidden_states_of(
    bert: Bert, encodings: Sequence[Encoding], report: Report | None = None
) -> list[Float[Tensor, "stages seq hidden"]]:
    """The embedding output and every layer's output of each input, without its padding."""
    found: dict[int, Tensor] = {}
    for indices, output in _passes(bert, encodings, report):
        stacked = torch.stack(output.hidden_states, dim=1).float().cpu()  # [batch stages seq …]
        for row, index in enumerate(indices):
            found[index] = stacked[row, :, : len(encodings[index])].clone()
    return [found[index] for index in range(len(encodings))]


def attention_probs_of(
    bert: Bert, encodings: Sequence[Encoding], report: Report | None = None
) -> Iterator[tuple[int, Float[Tensor, "layers heads query key"]]]:
    """The weights of every head on each input, without its padding, and which input it is.

    Inputs come by length, one run after the other, so that the weights of one run alone are kept.
    """
    for indices, ids, segments, mask in _runs(bert, encodings, report):
        with torch.no_grad():
            hidden = bert.model.bert.embeddings(ids, segments)
            additive = additive_attention_mask(mask, "full", hidden)
            layers = []
            for layer in bert.model.layers():
                steps = layer.steps(hidden, additive)
                layers.append(steps.attention_probs.float().cpu())
                hidden = steps.hidden_states
        stacked = torch.stack(layers, dim=1)  # [batch, layers, heads, query, key]
        for row, index in enumerate(indices):
            count = len(encodings[index])
            yield index, stacked[row, :, :, :count, :count]


def _mlm_passes(
    bert: Bert, encodings: Sequence[Encoding], positions: Sequence[int], report: Report | None
) -> Iterator[tuple[list[int], Float[Tensor, "inputs vocab"]]]:
    """ln p of every vocabulary entry at the inputs' positions, run by run."""
    bert.require("mlm", "predict masked words")
    if len(positions) != len(encodings):
        raise ValueError(f"{len(encodings)} inputs need as many positions, not {len(positions)}")
    for indices, output in _passes(bert, encodings, report, positions):
        yield indices, output.mlm_logits.float().log_softmax(-1)


def _passes(
    bert: Bert,
    encodings: Sequence[Encoding],
    report: Report | None,
    positions: Sequence[int] | None = None,
) -> Iterator[tuple[list[int], BertOutput]]:
    """Runs of inputs of like length, each with the indices of its inputs.

    With `positions` the MLM head answers at that position of each input and the hidden states are
    not kept; without, it answers nowhere.
    """
    for indices, ids, segments, mask in _runs(bert, encodings, report):
        asked = [] if positions is None else [positions[index] for index in indices]
        flat = [row * ids.shape[1] + position for row, position in enumerate(asked)]
        with torch.no_grad():
            output = bert.model(
                ids,
                segments,
                mask,
                mlm_positions=torch.tensor(flat, dtype=torch.long, device=ids.device),
                keep_hidden_states=positions is None,
            )
        yield indices, output


def _runs(
    bert: Bert, encodings: Sequence[Encoding], report: Report | None
) -> Iterator[tuple[list[int], Tensor, Tensor, Tensor]]:
    """Inputs of like length together, on the model's device: their indices, then as `padded`."""
    order = sorted(range(len(encodings)), key=lambda index: len(encodings[index]))
    device = next(bert.model.parameters()).device
    done = 0
    while done < len(order):
        # sorted by length, so the last of a run is its longest
        stop = done + 1
        while (
            stop < len(order) and (stop + 1 - done) * len(encodings[order[stop]]) <= TOKENS_PER_PASS
        ):
            stop += 1
        indices = order[done:stop]
        ids, segments, mask = padded([encodings[i] for i in indices], bert.tokenizer.pad_id)
        yield indices, ids.to(device), segments.to(device), mask.to(device)
        done = stop
        if report is not None:
            report(done, len(order))
