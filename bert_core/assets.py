"""Where the shipped checkpoints, examples and explanations lie."""

from pathlib import Path

ASSETS = Path(__file__).resolve().parent.parent / "assets"
"""The repository's `assets/` folder, beside the package."""
