"""The lesson as data: every step from the embedding tables to both predictions, in order.

A step belongs to a sheet, the table that it adds a column to; a sheet belongs to a part of the
architecture. The steps from `layer_input` to `hidden_states` are walked once per layer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bert_core.provenance import Cell


@dataclass(frozen=True)
class Step:
    """One step of the lesson; its words stand in `assets/explanations/<language>/<words>.md`.

    `formula` and `symbol` are written in the small part of LaTeX that the page can draw. `reveals`
    names columns, or `head:<column>` and `foot:<column>` for their cells in the first and last row;
    `operands` names what they are worked out from. `shapes` lists symbols with their axis names.
    """

    id: str
    part: str
    sheet: str
    words: str
    symbol: str
    formula: str
    reveals: tuple[str, ...]
    operands: tuple[str, ...]
    shapes: tuple[tuple[str, tuple[str, ...]], ...]


PARTS = (
    "embedding",
    "projection",
    "attention",
    "join",
    "attention_norm",
    "ffn",
    "ffn_norm",
    "mlm",
    "nsp",
)
"""The boxes of the architecture, in order; all but the first and the last two belong to a layer."""

LAYER_PARTS = PARTS[1:-2]


def _step(
    place: str,
    id: str,
    symbol: str,
    formula: str,
    reveals: str,
    operands: str,
    shapes: str,
    words: str | None = None,
) -> Step:
    """`place` is "part" or "part/sheet", lists are parted by spaces, shapes read "q:head_size"."""
    part, _, sheet = place.partition("/")
    pairs = (item.rpartition(":") for item in shapes.split())
    return Step(
        id,
        part,
        sheet or part,
        words or id,
        symbol,
        formula,
        tuple(reveals.split()),
        tuple(operands.split()),
        tuple(
            (name.replace("~", " "), tuple(axes.split(",")) if axes else ())
            for name, _, axes in pairs
        ),
    )


def _norm(part: str, prefix: str, output: str, sheet: str | None = None) -> tuple[Step, ...]:
    """The three steps of a LayerNorm; `layer_norm_*` hold their words."""
    place = f"{part}/{sheet or part}"
    total = {"embedding": "embedding_sum", "mlm": "mlm_activation"}.get(
        prefix, f"{prefix}_residual"
    )
    return (
        _step(
            place,
            f"{prefix}_centred",
            r"- \mu",
            r"c_i = s_i - \mu , \quad \mu = \mean (s)",
            f"foot:{total} {prefix}_centred",
            total,
            r"s:hidden \mu: c:hidden",
            "layer_norm_centred",
        ),
        _step(
            place,
            f"{prefix}_normalised",
            r"\div \sigma",
            r"n_i = \frac{c_i}{\sqrt{\sigma^2 + \varepsilon}} , \quad \sigma^2 = \mean (c^2)",
            f"foot:{prefix}_centred {prefix}_normalised",
            f"{prefix}_centred",
            r"\sigma^2: n:hidden",
            "layer_norm_normalised",
        ),
        _step(
            place,
            output,
            r"\gamma , \beta",
            r"y_i = n_i \cdot \gamma_i + \beta_i",
            f"scale shift {output}",
            f"{prefix}_normalised",
            r"\gamma:hidden \beta:hidden y:hidden",
            "hidden_states" if output == "hidden_states" else "layer_norm_output",
        ),
    )


STEPS = (
    _step(
        "embedding",
        "word_embeddings",
        r"\text{word}",
        r"\text{word} = E_{\text{word}} [ \text{id} ]",
        "word_embeddings",
        "",
        r"E_{\text{word}}:vocab,hidden \text{word}:hidden",
    ),
    _step(
        "embedding",
        "position_embeddings",
        r"\text{position}",
        r"\text{position} = E_{\text{position}} [ t ]",
        "position_embeddings",
        "",
        r"E_{\text{position}}:positions,hidden \text{position}:hidden",
    ),
    _step(
        "embedding",
        "token_type_embeddings",
        r"\text{segment}",
        r"\text{segment} = E_{\text{segment}} [ \text{A/B} ]",
        "token_type_embeddings",
        "",
        r"E_{\text{segment}}:segments,hidden \text{segment}:hidden",
    ),
    _step(
        "embedding",
        "embedding_sum",
        "+",
        r"s_i = \text{word}_i + \text{position}_i + \text{segment}_i",
        "embedding_sum",
        "word_embeddings position_embeddings token_type_embeddings",
        "s:hidden",
    ),
    *_norm("embedding", "embedding", "embedding_output"),
    _step("projection", "layer_input", "x", "x", "input", "", "x:hidden"),
    _step(
        "projection",
        "query_projection",
        "x W_Q",
        r"q_i = \sum_j x_j W_{Q , j , i} + b_{Q , i}",
        "query_weight query_product foot:query_weight foot:query_product",
        "input",
        "W_Q:hidden,head_size q:head_size",
    ),
    _step(
        "projection",
        "key_projection",
        "x W_K",
        r"k_i = \sum_j x_j W_{K , j , i} + b_{K , i}",
        "key_weight key_product foot:key_weight foot:key_product",
        "input",
        "W_K:hidden,head_size k:head_size",
    ),
    _step(
        "projection",
        "value_projection",
        "x W_V",
        r"v_i = \sum_j x_j W_{V , j , i} + b_{V , i}",
        "value_weight value_product foot:value_weight foot:value_product",
        "input",
        "W_V:hidden,head_size v:head_size",
    ),
    _step(
        "attention",
        "query",
        "q",
        "q = x W_Q + b_Q",
        "head:key",
        "",
        "x:hidden W_Q:hidden,head_size q:head_size",
    ),
    _step(
        "attention",
        "key",
        "k_j",
        "k_j = x_j W_K + b_K",
        "key",
        "",
        "W_K:hidden,head_size K:key,head_size",
    ),
    _step(
        "attention",
        "products",
        r"q \odot k_j",
        r"p_{j,i} = q_i \cdot k_{j,i}",
        "products",
        "head:key key",
        "q:head_size K:key,head_size p:key,head_size",
    ),
    _step(
        "attention",
        "dot_products",
        r"q \cdot k_j",
        r"q \cdot k_j = \sum_i p_{j,i}",
        "dot_products",
        "products",
        r"p:key,head_size q~K^{\top}:key",
    ),
    _step(
        "attention",
        "attention_scores",
        r"\div \sqrt{d}",
        r"s_j = \frac{q \cdot k_j}{\sqrt{d}}",
        "attention_scores",
        "dot_products",
        "s:key",
    ),
    _step(
        "attention",
        "masked_scores",
        r"+ \text{mask}",
        r"m_j = s_j + \text{mask}_j",
        "masked_scores",
        "attention_scores",
        r"\text{mask}:key m:key",
    ),
    _step(
        "attention",
        "softmax_max",
        r"- \max",
        r"m_j - \max_l m_l",
        "shifted_scores",
        "masked_scores",
        r"m:key \max~m:",
    ),
    _step(
        "attention",
        "softmax_exp",
        r"e^{\ldots}",
        r"e_j = e^{m_j - \max m}",
        "exponentials",
        "shifted_scores",
        "e:key",
    ),
    _step(
        "attention",
        "softmax_sum",
        r"\sum",
        r"Z = \sum_j e_j",
        "foot:exponentials",
        "exponentials",
        "e:key Z:",
    ),
    _step(
        "attention",
        "attention_probs",
        "w_j",
        r"w_j = \frac{e_j}{Z}",
        "attention_probs foot:attention_probs",
        "exponentials foot:exponentials",
        "w:key",
    ),
    _step(
        "attention",
        "value",
        "v_j",
        "v_j = x_j W_V + b_V",
        "value",
        "",
        "W_V:hidden,head_size V:key,head_size",
    ),
    _step(
        "attention",
        "weighted_values",
        r"w_j v_j",
        r"w_j \cdot v_{j,i}",
        "weighted_values",
        "attention_probs value",
        "w:key V:key,head_size",
    ),
    _step(
        "attention",
        "context",
        "c",
        r"c = \sum_j w_j v_j",
        "foot:weighted_values",
        "weighted_values",
        "w:key V:key,head_size c:head_size",
    ),
    _step(
        "join",
        "heads_joined",
        r"[ c_0 \ldots ]",
        r"h = [ c_0 , c_1 , \ldots ]",
        "input",
        "",
        "c:head_size h:hidden",
    ),
    _step(
        "join",
        "attention_output",
        "h W_O",
        r"o_i = \sum_j h_j W_{O , j , i} + b_{O , i}",
        "weight product foot:weight foot:product",
        "input",
        "h:hidden W_O:hidden,hidden o:hidden",
    ),
    _step(
        "attention_norm",
        "attention_residual",
        "x + o",
        "s_i = x_i + o_i",
        "residual output attention_residual",
        "",
        "x:hidden o:hidden s:hidden",
        "residual",
    ),
    *_norm("attention_norm", "attention", "attention_norm"),
    _step(
        "ffn/ffn_up",
        "intermediate_input",
        "y W_1",
        r"u_j = \sum_i y_i W_{1 , i , j} + b_{1 , j}",
        "input weight product foot:weight foot:product",
        "",
        "y:hidden W_1:hidden,inner u:inner",
    ),
    _step(
        "ffn/ffn_activation",
        "intermediate",
        r"\text{GELU}",
        r"g_j = u_j \cdot \Phi (u_j)",
        "intermediate_input gate intermediate",
        "",
        "u:inner g:inner",
    ),
    _step(
        "ffn/ffn_down",
        "ffn_output",
        "g W_2",
        r"f_i = \sum_j g_j W_{2 , j , i} + b_{2 , i}",
        "input weight product foot:weight foot:product",
        "",
        "g:inner W_2:inner,hidden f:hidden",
    ),
    _step(
        "ffn_norm",
        "ffn_residual",
        "y + f",
        "s_i = y_i + f_i",
        "residual output ffn_residual",
        "",
        "y:hidden f:hidden s:hidden",
        "residual",
    ),
    *_norm("ffn_norm", "ffn", "hidden_states"),
    _step(
        "mlm/mlm_dense",
        "mlm_dense",
        "x W_M",
        r"u_i = \sum_j x_j W_{M , j , i} + b_{M , i}",
        "input weight product foot:weight foot:product",
        "",
        "x:hidden W_M:hidden,hidden u:hidden",
    ),
    _step(
        "mlm/mlm_norm",
        "mlm_activation",
        r"\text{GELU}",
        r"s_i = u_i \cdot \Phi (u_i)",
        "mlm_dense gate mlm_activation",
        "",
        "u:hidden s:hidden",
    ),
    *_norm("mlm", "mlm", "mlm_transformed", "mlm_norm"),
    _step(
        "mlm/mlm_logits",
        "mlm_logits",
        r"y \cdot E",
        r"z_v = \sum_i y_i E_{v , i} + b_v",
        "input weight product foot:weight foot:product",
        "",
        r"y:hidden E_{\text{word}}:vocab,hidden z:vocab",
    ),
    _step(
        "mlm/mlm_probs",
        "mlm_exponentials",
        r"e^{\ldots}",
        r"e_v = e^{z_v - \max z}",
        "logits exponentials",
        "",
        "z:vocab e:vocab",
    ),
    _step(
        "mlm/mlm_probs",
        "mlm_probs",
        r"P",
        r"P_v = \frac{e_v}{Z} , \quad Z = \sum_v e_v",
        "foot:exponentials probs",
        "exponentials",
        "Z: P:vocab",
    ),
    _step(
        "nsp/pooled_input",
        "pooled_input",
        "x W_P",
        r"u_i = \sum_j x_j W_{P , j , i} + b_{P , i}",
        "input weight product foot:weight foot:product",
        "",
        "x:hidden W_P:hidden,hidden u:hidden",
    ),
    _step(
        "nsp/pooled_output",
        "pooled_output",
        r"\tanh",
        r"p_i = \tanh u_i",
        "pooled_input pooled_output",
        "",
        "u:hidden p:hidden",
    ),
    _step(
        "nsp/nsp_logits",
        "nsp_logits",
        "p W_N",
        r"z_c = \sum_i p_i W_{N , i , c} + b_c",
        "input weight product foot:weight foot:product",
        "",
        "p:hidden W_N:hidden,class z:class",
    ),
    _step(
        "nsp/nsp_probs",
        "nsp_probs",
        "P",
        r"P_c = \frac{e^{z_c - \max z}}{Z}",
        "logits exponentials foot:exponentials probs",
        "",
        "z:class P:class",
    ),
)

STEP_IDS = tuple(step.id for step in STEPS)
BY_ID = {step.id: step for step in STEPS}
_FIRST_OF_LAYER = STEP_IDS.index("layer_input")
_LAST_OF_LAYER = STEP_IDS.index("hidden_states")


def steps_of(part: str) -> tuple[Step, ...]:
    """The steps of one part, in order."""
    return tuple(step for step in STEPS if step.part == part)


def neighbour(
    step: str, layer: int, layers: int, direction: int, without: frozenset[str] = frozenset()
) -> tuple[str, int] | None:
    """The step before (-1) or after (+1), with its layer; None at either end of the chain.

    After the last step of a layer comes the first of the next one; the embedding and the
    predictions belong to no layer and keep the one that is chosen. Parts in `without` (heads that
    a checkpoint lacks) are passed over.
    """
    index = STEP_IDS.index(step)
    if direction > 0 and index == _LAST_OF_LAYER and layer + 1 < layers:
        return STEP_IDS[_FIRST_OF_LAYER], layer + 1
    if direction < 0 and index == _FIRST_OF_LAYER and layer > 0:
        return STEP_IDS[_LAST_OF_LAYER], layer - 1
    if direction > 0 and index == _FIRST_OF_LAYER - 1:
        layer = 0
    came_from = index
    index += direction
    while 0 <= index < len(STEPS) and STEPS[index].part in without:
        index += direction
    if index == _LAST_OF_LAYER < came_from:
        layer = layers - 1
    return (STEP_IDS[index], layer) if 0 <= index < len(STEPS) else None


_STEP_OF_STAGE = {
    "query": "query_projection",
    "key": "key_projection",
    "value": "value_projection",
    "score_max": "softmax_max",
    "shifted_scores": "softmax_max",
    "exponentials": "softmax_exp",
    "exponential_sum": "softmax_sum",
    "attention_probs_sum": "attention_probs",
    "embedding_mean": "embedding_centred",
    "embedding_variance": "embedding_normalised",
    "attention_mean": "attention_centred",
    "attention_variance": "attention_normalised",
    "ffn_mean": "ffn_centred",
    "ffn_variance": "ffn_normalised",
    "mlm_mean": "mlm_centred",
    "mlm_variance": "mlm_normalised",
    "mlm_max": "mlm_exponentials",
    "mlm_exponential_sum": "mlm_probs",
    "nsp_max": "nsp_probs",
    "nsp_exponentials": "nsp_probs",
    "nsp_exponential_sum": "nsp_probs",
}
# Stages whose last index is the output of a sum of products: the sheet is made for that one output.
_UNIT_STAGES = frozenset(
    (
        "query",
        "key",
        "value",
        "attention_output",
        "intermediate_input",
        "ffn_output",
        "mlm_dense",
        "mlm_logits",
        "pooled_input",
        "nsp_logits",
    )
)


def step_of(stage: str) -> str:
    """The step that shows how a stage's numbers are worked out."""
    return _STEP_OF_STAGE.get(stage, stage)


_TERM_STEPS = {
    # cells whose terms have a step of their own, and where the term stands there
    "dot_products": ("products", "dim"),
    "context": ("weighted_values", "row"),
}


def place_of(cell: Cell, term: int | None = None) -> dict[str, Any]:
    """Where a cell is shown being worked out: step, layer, head, query, unit, row, dim.

    Only what the cell determines is in the result. `unit` is the output of a sum of products that
    the sheet is made for (`candidate` a token id), `row` the row of the sheet, `dim` the dimension
    of a strip. `term` asks for one term of the cell's sum rather than for the sum.
    """
    place = _place_of_sum(cell)
    if term is not None:
        step, name = _TERM_STEPS.get(cell.stage, (place["step"], "row"))
        place |= {"step": step, name: term}
    return place


def _place_of_sum(cell: Cell) -> dict[str, Any]:
    place: dict[str, Any] = {"step": step_of(cell.stage)}
    if cell.layer is not None:
        place["layer"] = cell.layer
    index = list(cell.index)
    if BY_ID[place["step"]].part in ("attention", "projection") or cell.stage == "context":
        place["head"] = index.pop(0)
    if cell.stage.split("_")[0] not in ("pooled", "nsp"):
        place["query"] = index.pop(0)
    if index:
        name = "unit" if cell.stage in _UNIT_STAGES else "dim" if cell.stage == "context" else "row"
        if cell.stage in ("mlm_logits", "mlm_exponentials", "mlm_probs"):
            place["candidate"] = index[0]
        if cell.stage != "mlm_logits":
            place[name] = index[0]
    return place
