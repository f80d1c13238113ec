"""How the activation that a checkpoint names is written: its name, its formula, its gate."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True)
class Written:
    """An activation in LaTeX; `@` stands for its operand."""

    name: str
    formula: str
    gate: str = ""
    """What the operand is multiplied by, where the formula says it so."""

    def of(self, operand: str) -> str:
        """The formula of one operand."""
        return self.formula.replace("@", operand)


def _gated(name: str, gate: str) -> Written:
    return Written(name, rf"@ \cdot {gate}", gate)


_BY_TANH = Written(
    "GELU",
    r"\frac{@}{2} ( 1 + \tanh ( \sqrt{\frac{2}{\pi}} ( @ + 0.044715 ( @ )^3 ) ) )",
)
_SILU = _gated("SiLU", r"\sigma ( @ )")
WRITTEN: Mapping[str, Written] = MappingProxyType(
    {
        "gelu": _gated("GELU", r"\Phi ( @ )"),
        "gelu_new": _BY_TANH,
        "gelu_pytorch_tanh": _BY_TANH,
        "quick_gelu": _gated("GELU", r"\sigma ( 1.702 @ )"),
        "relu": Written("ReLU", r"\max ( 0 , @ )"),
        "silu": _SILU,
        "swish": _SILU,
        "tanh": Written("Tanh", r"\tanh ( @ )"),
    }
)
"""By the name in the configuration."""


def activation_facts(name: str) -> dict[str, str]:
    """What the browser needs to write it with numbers."""
    written = WRITTEN[name]
    return {
        "activation": name,
        "activation_name": written.name,
        "activation_latex": written.formula,
        "activation_gate": written.gate,
    }
