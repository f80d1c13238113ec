"""Where the shipped checkpoints, examples and explanations lie."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""The repository's `assets/` folder, beside the package."""


def shipped_checkpoints() -> list[str]:
    """Names of the checkpoints in `assets/checkpoints`, without opening them."""
    return sorted(path.parent.name for path in (ASSETS / "checkpoints").glob("*/config.json"))
