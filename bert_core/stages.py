"""The table of stages: every number that BERT works out, and what it works it out from.

One entry per stage, in the order of the forward pass. Everything that follows the chain reads it
here: the check of a trace, where a number comes from, the walkthrough, spreadsheet and CSV. To add
a stage, add its entry, compute it in the model under the same name, and write its texts.

Operands are written like the axes of an einsum: a stage's number at some index is worked out from
the operands' numbers at the same names of axes, over all places of the axes that it lacks.
`dot_products[head query key]` from `query[head query head_size]` and `key[head key head_size]` adds
up over head_size. Without brackets an operand has its own stage's axes. A parameter is given by its
path, with the axes of its matrix: `(head head_size)` is one axis of it that holds the heads side by
side, `input_ids` one that the token's id is looked up in, and a number a place that is fixed.

How an operation works its numbers out stands in `operations`. Nothing heavy is imported here.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

TOKEN_AXES = ("token", "query", "key")
"""Axes that run over the tokens: attention needs two of them, apart."""
INPUT_AXES = ("input_ids", "position_ids", "token_type_ids")
"""Axes of embedding tables, indexed by what the input says about a token."""
LAYER_INPUT = "layer_input"
"""As an operand: the output of the layer before, or of the embedding for the first layer."""


PRODUCTS = ("linear", "dot", "weighted_sum")
"""Operations that multiply two operands place by place and add up."""
ROWS = ("mean", "variance", "max", "sum")
"""Operations that make one number of a row; all others take one number of each operand."""
CONSTANTS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "divide_root": {"head_size": "head_size"},
        "normalise": {"epsilon": "layer_norm_eps"},
        "activation": {"activation": "hidden_act"},
        "mask": {"mask": "mask"},
        "weighted_sum": {"on": "on"},
    }
)
"""What operations need besides their operands, by the name under which it is shown: a setting of
the configuration, or `mask`, which is added to scores, or `on`, 0 for a head that is switched off.
"""


@dataclass(frozen=True)
class Operand:
    """What a stage is worked out from: another stage, or a parameter by its path with full stops.

    A path holds `{layer}` for the layer's number. `axes` holds one tuple per axis, of several names
    where they lie side by side in it. An operand outside the layers that is a stage of a layer is
    that of the last layer.
    """

    role: str
    stage: str
    axes: tuple[tuple[str, ...], ...]

    @property
    def is_parameter(self) -> bool:
        """Whether this was learned rather than worked out."""
        return "." in self.stage


@dataclass(frozen=True)
class Stage:
    """One stage.

    `symbol` names its numbers where they stand, `sign` the way to them in short; `formula` gives
    them in full, and `shapes` the axes of its letters as "letter:axis,axis", the operands' first.
    All of it is in the part of LaTeX that the pages draw; `~` is a space within a letter.
    """

    name: str
    part: str
    axes: tuple[str, ...]
    operation: str
    operands: tuple[Operand, ...]
    symbol: str
    sign: str
    formula: str
    shapes: tuple[tuple[str, tuple[str, ...]], ...]
    source: str
    text: str

    @property
    def in_layer(self) -> bool:
        """Whether every layer has this stage."""
        return self.part in LAYER_PARTS


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


def _stage(
    place: str,
    operation: str,
    operands: Mapping[str, str],
    symbol: str,
    formula: str,
    *,
    sign: str = "",
    shapes: str = "",
    source: str,
    text: str | None = None,
) -> Stage:
    """`place` is "part/name[axes]"; `operands` gives "stage[axes]" or "stage" by role.

    `shapes` is read by `parse_shapes`; `text` is by default the stage's name.
    """
    part, _, named = place.partition("/")
    name, axes = _parted(named)
    made = tuple(Operand(role, *_parted(text)) for role, text in operands.items())
    flat = tuple(axis for group in axes for axis in group)
    return Stage(
        name,
        part,
        flat,
        operation,
        made,
        symbol=symbol,
        sign=sign or symbol,
        formula=formula,
        shapes=parse_shapes(shapes),
        source=source,
        text=name if text is None else text,
    )


def parse_shapes(text: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Such as "q:head_size K:key,head_size Z:"; `~` stands for a space within a letter."""
    pairs = (item.rpartition(":") for item in text.split())
    return tuple(
        (letter.replace("~", " "), tuple(axes.split(",")) if axes else ())
        for letter, _, axes in pairs
    )


def _parted(text: str) -> tuple[str, tuple[tuple[str, ...], ...]]:
    """ "name[a (b c)]" as ("name", (("a",), ("b", "c")))."""
    name, _, axes = text.rstrip("]").partition("[")
    groups = re.findall(r"\(([^)]+)\)|(\S+)", axes)
    return name, tuple(tuple((several or one).split()) for several, one in groups)


def _linear(
    place: str,
    inputs: str,
    path: str,
    axes: tuple[str, str],
    letters: tuple[str, str, str],
    *,
    index: str = "i",
    source: str,
    text: str | None = None,
) -> Stage:
    """A dense layer, y = x · W + b.

    Args:
        axes: Of the weight matrix: outputs, inputs.
        letters: Of input, weights and output, as `parse_shapes` takes them.
        index: Of the output, in the formula.
    """
    x, w, y = (letter.partition(":")[0] for letter in letters)
    which = w.partition("_")[2]
    return _stage(
        place,
        "linear",
        {
            "input": inputs,
            "weight": f"{path}.weight[{axes[0]} {axes[1]}]",
            "bias": f"{path}.bias[{axes[0]}]",
        },
        y,
        rf"{y}_{index} = \sum_j {x}_j W_{{{which} , j , {index}}} + b_{{{which} , {index}}}",
        sign=f"{x} {w}",
        shapes=" ".join(letters),
        source=source,
        text=text,
    )


def _layer_norm(
    part: str, prefix: str, total: str, output: str, path: str, text: str = "layer_norm_output"
) -> tuple[Stage, ...]:
    """LayerNorm of `total`, after its learned scale and shift the stage `output`."""
    # ε is not in the paper
    source = "Ba, Kiros and Hinton 2016, equations 3 and 4; BERT's published code"
    return (
        _stage(
            f"{part}/{prefix}_mean[token]",
            "mean",
            {"input": total},
            r"\mu",
            r"\mu = \mean (s)",
            source=source,
            text="",
        ),
        _stage(
            f"{part}/{prefix}_centred[token hidden]",
            "subtract",
            {"input": total, "subtracted": f"{prefix}_mean"},
            r"- \mu",
            r"c_i = s_i - \mu",
            shapes=r"s:hidden \mu: c:hidden",
            source=source,
            text="layer_norm_centred",
        ),
        _stage(
            f"{part}/{prefix}_variance[token]",
            "variance",
            {"input": f"{prefix}_centred"},
            r"\sigma^2",
            r"\sigma^2 = \mean (c^2)",
            source=source,
            text="",
        ),
        _stage(
            f"{part}/{prefix}_normalised[token hidden]",
            "normalise",
            {"input": f"{prefix}_centred", "variance": f"{prefix}_variance"},
            r"\div \sigma",
            r"n_i = \frac{c_i}{\sqrt{\sigma^2 + \varepsilon}}",
            shapes=r"c:hidden \sigma^2: n:hidden",
            source=source,
            text="layer_norm_normalised",
        ),
        _stage(
            f"{part}/{output}[token hidden]",
            "scale_shift",
            {
                "input": f"{prefix}_normalised",
                "scale": f"{path}.weight[hidden]",
                "shift": f"{path}.bias[hidden]",
            },
            "y",
            r"y_i = n_i \cdot \gamma_i + \beta_i",
            sign=r"\gamma , \beta",
            shapes=r"n:hidden \gamma:hidden \beta:hidden y:hidden",
            source=source,
            text=text,
        ),
    )


def _projection(name: str, letter: str) -> Stage:
    small = letter.lower()
    return _linear(
        f"projection/{name}[head token head_size]",
        LAYER_INPUT,
        f"{_LAYER}.attention.self.{name}",
        ("(head head_size)", "hidden"),
        ("x:hidden", f"W_{letter}:hidden,head_size", f"{small}:head_size"),
        source="Vaswani et al. 2017, section 3.2.2",
        text=f"{name}_projection",
    )


def _softmax(
    part: str, axes: str, axis: str, index: str, source: str, text: str
) -> tuple[Stage, ...]:
    """Softmax of a prediction's scores over their last axis; `text` is that of the powers of e."""
    over = f"{axes} {axis}"
    return (
        _stage(
            f"{part}/{part}_max[{axes}]",
            "max",
            {"input": f"{part}_logits"},
            r"\max z",
            rf"\max z = \max_{index} z_{index}",
            source=source,
            text="",
        ),
        _stage(
            f"{part}/{part}_exponentials[{over}]",
            "exp_subtract",
            {"input": f"{part}_logits", "subtracted": f"{part}_max"},
            r"e^{z - \max z}",
            rf"e_{index} = e^{{z_{index} - \max z}}",
            sign=r"e^{\ldots}",
            shapes=rf"z:{axis} \max~z: e:{axis}",
            source=source,
            text=text,
        ),
        _stage(
            f"{part}/{part}_exponential_sum[{axes}]",
            "sum",
            {"input": f"{part}_exponentials"},
            "Z",
            rf"Z = \sum_{index} e_{index}",
            source=source,
            text="",
        ),
        _stage(
            f"{part}/{part}_probs[{over}]",
            "divide",
            {"input": f"{part}_exponentials", "total": f"{part}_exponential_sum"},
            "P",
            rf"P_{index} = \frac{{e_{index}}}{{Z}}",
            shapes=f"e:{axis} Z: P:{axis}",
            source=source,
        ),
    )


_LAYER = "bert.encoder.layer.{layer}"
_PUBLISHED = "BERT's published code"
_ATTENTION = "Vaswani et al. 2017, section 3.2.1 and equation 1"

STAGES = (
    # --- embedding -------------------------------------------------------------------------------
    _stage(
        "embedding/word_embeddings[token hidden]",
        "lookup",
        {"entry": "bert.embeddings.word_embeddings.weight[input_ids hidden]"},
        r"\text{word}",
        r"\text{word} = E_{\text{word}} [ \text{id} ]",
        shapes=r"E_{\text{word}}:vocab,hidden \text{word}:hidden",
        source="Devlin et al. 2018, section 3",
    ),
    _stage(
        "embedding/position_embeddings[token hidden]",
        "lookup",
        {"entry": "bert.embeddings.position_embeddings.weight[position_ids hidden]"},
        r"\text{position}",
        r"\text{position} = E_{\text{position}} [ t ]",
        shapes=r"E_{\text{position}}:positions,hidden \text{position}:hidden",
        source="Devlin et al. 2018, section 3 and appendix A.2",
    ),
    _stage(
        "embedding/token_type_embeddings[token hidden]",
        "lookup",
        {"entry": "bert.embeddings.token_type_embeddings.weight[token_type_ids hidden]"},
        r"\text{segment}",
        r"\text{segment} = E_{\text{segment}} [ \text{A/B} ]",
        shapes=r"E_{\text{segment}}:segments,hidden \text{segment}:hidden",
        source="Devlin et al. 2018, section 3 and figure 2",
    ),
    _stage(
        "embedding/embedding_sum[token hidden]",
        "add",
        {  # in the order in which the published code adds
            "word_embeddings": "word_embeddings",
            "token_type_embeddings": "token_type_embeddings",
            "position_embeddings": "position_embeddings",
        },
        "s",
        r"s_i = \text{word}_i + \text{position}_i + \text{segment}_i",
        sign="+",
        shapes="s:hidden",
        source="Devlin et al. 2018, figure 2",
    ),
    *_layer_norm(
        "embedding", "embedding", "embedding_sum", "embedding_output", "bert.embeddings.LayerNorm"
    ),
    # --- a layer: attention ----------------------------------------------------------------------
    _projection("query", "Q"),
    _projection("key", "K"),
    _projection("value", "V"),
    _stage(
        "attention/dot_products[head query key]",
        "dot",
        {"query": "query[head query head_size]", "key": "key[head key head_size]"},
        r"q \cdot k_j",
        r"q \cdot k_j = \sum_i q_i k_{j,i}",
        shapes=r"q:head_size K:key,head_size q~K^{\top}:key",
        source=_ATTENTION,
    ),
    _stage(
        "attention/attention_scores[head query key]",
        "divide_root",
        {"input": "dot_products"},
        r"\div \sqrt{d}",
        r"s_j = \frac{q \cdot k_j}{\sqrt{d}}",
        shapes="s:key",
        source=_ATTENTION,
    ),
    _stage(
        "attention/masked_scores[head query key]",
        "mask",
        {"input": "attention_scores"},
        r"+ \text{mask}",
        r"m_j = s_j + \text{mask}_j",
        shapes=r"\text{mask}:key m:key",
        source=f"{_PUBLISHED}, attention_layer",
    ),
    _stage(
        "attention/score_max[head query]",
        "max",
        {"input": "masked_scores"},
        r"\max m",
        r"\max m = \max_l m_l",
        source="Goodfellow, Bengio and Courville 2016, section 4.1",
        text="",
    ),
    _stage(
        "attention/shifted_scores[head query key]",
        "subtract",
        {"input": "masked_scores", "subtracted": "score_max"},
        r"- \max",
        r"m_j - \max m",
        shapes=r"m:key \max~m:",
        source="Goodfellow, Bengio and Courville 2016, section 4.1",
        text="softmax_max",
    ),
    _stage(
        "attention/exponentials[head query key]",
        "exp",
        {"input": "shifted_scores"},
        r"e^{\ldots}",
        r"e_j = e^{m_j - \max m}",
        shapes="e:key",
        source=_ATTENTION,
        text="softmax_exp",
    ),
    _stage(
        "attention/exponential_sum[head query]",
        "sum",
        {"input": "exponentials"},
        r"\sum",
        r"Z = \sum_j e_j",
        shapes="e:key Z:",
        source=_ATTENTION,
        text="softmax_sum",
    ),
    _stage(
        "attention/attention_probs[head query key]",
        "divide",
        {"input": "exponentials", "total": "exponential_sum"},
        "w_j",
        r"w_j = \frac{e_j}{Z}",
        shapes="w:key",
        source=_ATTENTION,
    ),
    _stage(
        "attention/attention_probs_sum[head query]",
        "sum",
        {"input": "attention_probs"},
        r"\sum",
        r"\sum_j w_j",
        source=_ATTENTION,
        text="",
    ),
    _stage(
        "attention/context[head query head_size]",
        "weighted_sum",
        {"weight": "attention_probs", "value": "value[head key head_size]"},
        "c",
        r"c = \sum_j w_j v_j",
        shapes="w:key V:key,head_size c:head_size",
        source=_ATTENTION,
    ),
    _linear(
        "join/attention_output[token hidden]",
        "context[head token head_size]",
        f"{_LAYER}.attention.output.dense",
        ("hidden", "(head head_size)"),
        ("h:hidden", "W_O:hidden,hidden", "o:hidden"),
        source="Vaswani et al. 2017, section 3.2.2",
    ),
    _stage(
        "attention_norm/attention_residual[token hidden]",
        "add",
        {"residual": LAYER_INPUT, "output": "attention_output"},
        "s",
        "s_i = x_i + o_i",
        sign="x + o",
        shapes="x:hidden o:hidden s:hidden",
        source="He et al. 2016; Vaswani et al. 2017, section 3.1",
        text="residual",
    ),
    *_layer_norm(
        "attention_norm",
        "attention",
        "attention_residual",
        "attention_norm",
        f"{_LAYER}.attention.output.LayerNorm",
    ),
    # --- a layer: feed-forward network -----------------------------------------------------------
    _linear(
        "ffn/intermediate_input[token inner]",
        "attention_norm",
        f"{_LAYER}.intermediate.dense",
        ("inner", "hidden"),
        ("y:hidden", "W_1:hidden,inner", "u:inner"),
        source="Vaswani et al. 2017, section 3.3",
    ),
    _stage(
        "ffn/intermediate[token inner]",
        "activation",
        {"input": "intermediate_input"},
        "g",
        r"g_i = u_i \cdot \Phi (u_i)",
        sign=r"\text{GELU}",
        shapes="u:inner g:inner",
        source="Hendrycks and Gimpel 2016",
    ),
    _linear(
        "ffn/ffn_output[token hidden]",
        "intermediate",
        f"{_LAYER}.output.dense",
        ("hidden", "inner"),
        ("g:inner", "W_2:inner,hidden", "f:hidden"),
        source="Vaswani et al. 2017, section 3.3",
    ),
    _stage(
        "ffn_norm/ffn_residual[token hidden]",
        "add",
        {"residual": "attention_norm", "output": "ffn_output"},
        "s",
        "s_i = y_i + f_i",
        sign="y + f",
        shapes="y:hidden f:hidden s:hidden",
        source="He et al. 2016; Vaswani et al. 2017, section 3.1",
        text="residual",
    ),
    *_layer_norm(
        "ffn_norm",
        "ffn",
        "ffn_residual",
        "hidden_states",
        f"{_LAYER}.output.LayerNorm",
        text="hidden_states",
    ),
    # --- masked words ----------------------------------------------------------------------------
    _linear(
        "mlm/mlm_dense[token hidden]",
        "hidden_states[token in]",
        "cls.predictions.transform.dense",
        ("hidden", "in"),
        ("x:hidden", "W_M:hidden,hidden", "u:hidden"),
        source=f"Devlin et al. 2018, section 3.1; {_PUBLISHED}, get_masked_lm_output",
    ),
    _stage(
        "mlm/mlm_activation[token hidden]",
        "activation",
        {"input": "mlm_dense"},
        "s",
        r"s_i = u_i \cdot \Phi (u_i)",
        sign=r"\text{GELU}",
        shapes="u:hidden s:hidden",
        source=f"Hendrycks and Gimpel 2016; {_PUBLISHED}",
    ),
    *_layer_norm(
        "mlm", "mlm", "mlm_activation", "mlm_transformed", "cls.predictions.transform.LayerNorm"
    ),
    _stage(
        "mlm/mlm_logits[token vocab]",
        "linear",
        {  # where the output matrix is the word embedding table itself, `model.path` leads there
            "input": "mlm_transformed",
            "weight": "cls.predictions.decoder.weight[vocab hidden]",
            "bias": "cls.predictions.bias[vocab]",
        },
        "z",
        r"z_v = \sum_i y_i E_{v , i} + b_v",
        sign=r"y \cdot E",
        shapes="y:hidden E:vocab,hidden z:vocab",
        source=f"Press and Wolf 2017; {_PUBLISHED}",
    ),
    *_softmax(
        "mlm", "token", "vocab", "v", "Devlin et al. 2018, section 3.1, task 1", "mlm_exponentials"
    ),
    # --- next sentence ---------------------------------------------------------------------------
    _linear(
        "nsp/pooled_input[hidden]",
        "hidden_states[0 in]",
        "bert.pooler.dense",
        ("hidden", "in"),
        ("x:hidden", "W_P:hidden,hidden", "u:hidden"),
        source="Devlin et al. 2018, section 3.1, task 2",
    ),
    _stage(
        "nsp/pooled_output[hidden]",
        "tanh",
        {"input": "pooled_input"},
        "p",
        r"p_i = \tanh u_i",
        sign=r"\tanh",
        shapes="u:hidden p:hidden",
        source=f"{_PUBLISHED}, pooler",
    ),
    _linear(
        "nsp/nsp_logits[class]",
        "pooled_output",
        "cls.seq_relationship",
        ("class", "hidden"),
        ("p:hidden", "W_N:hidden,class", "z:class"),
        index="c",
        source="Devlin et al. 2018, section 3.1, task 2",
    ),
    *_softmax("nsp", "", "class", "c", "Devlin et al. 2018, section 3.1, task 2", ""),
)
"""Every stage, in the order of the forward pass: each follows from those above it."""

BY_NAME: Mapping[str, Stage] = MappingProxyType({stage.name: stage for stage in STAGES})


def axes_of(operand: Operand) -> tuple[tuple[str, ...], ...]:
    """The operand's axes as its user names them, by default as its own stage does."""
    if operand.axes or operand.is_parameter:
        return operand.axes
    stage = "embedding_output" if operand.stage == LAYER_INPUT else operand.stage
    return tuple((axis,) for axis in BY_NAME[stage].axes)


def layer_input(layer: int) -> tuple[str, int | None]:
    """The stage that a layer starts from, and the layer of that stage."""
    return ("hidden_states", layer - 1) if layer else ("embedding_output", None)


def at_layer(operand: Operand, layer: int | None, layers: int) -> tuple[str, int | None]:
    """Which stage of which layer, or which parameter, an operand of a stage in `layer` is."""
    if operand.is_parameter:
        return operand.stage.format(layer=layer), None
    if operand.stage == LAYER_INPUT:
        assert layer is not None
        return layer_input(layer)
    if not BY_NAME[operand.stage].in_layer:
        return operand.stage, None
    return operand.stage, layers - 1 if layer is None else layer
