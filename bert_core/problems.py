"""What keeps a checkpoint from being opened."""

from enum import StrEnum


class Problem(StrEnum):
    """What keeps a checkpoint from being opened; the app has a remedy for each."""

    NAME = "name"
    """Not the name of anything: no folder, not shipped, no hub id."""
    PACKAGE = "package"
    """A hub id, but the package that downloads is not installed."""
    HUB = "hub"
    """The hub does not give it."""
    NO_CONFIG = "no_config"
    KIND = "kind"
    """A model, but not a BERT."""
    CONFIG = "config"
    """`config.json` is broken or says what cannot be."""
    TOKENIZER = "tokenizer"
    """No vocabulary, or one that is broken or not WordPiece."""
    VOCABULARY = "vocabulary"
    """More vocabulary than word embeddings."""
    WEIGHTS = "weights"
    """No weight file."""
    FOREIGN = "foreign"
    """The weights of another library; they have to be converted first."""
    CODE = "code"
    """A weight file that holds more than numbers, or is too broken to tell."""
    BROKEN = "broken"
    """A file that cannot be read as weights."""
    LAYERS = "layers"
    """Fewer layers than `config.json` says."""
    CANDIDATES = "candidates"
    """Several BERTs in one file."""
    ARCHIVE = "archive"
    """A zip file that cannot be unpacked, or that does not hold one model."""
    CHANGED = "changed"
    """Written to while it was read."""
    MISSING = "missing"
    """Weights that every BERT has are not in the file."""
    SHAPE = "shape"
    """A weight of another size than `config.json` says."""
    NUMBERS = "numbers"
    """Weights that are infinite, undefined or no floating-point numbers."""


class CheckpointError(ValueError):
    """A checkpoint cannot be opened: the message says why, `problem` of what kind that is."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem


def first_line(error: Exception) -> str:
    """The beginning of what a library says, or the kind of error where it says nothing."""
    return next(iter(str(error).strip().splitlines()), type(error).__name__)
