"""What the 8-bit pictures of the overview stand for."""

import numpy as np
from numpy.typing import ArrayLike, NDArray


def approximate_probability(pixels: ArrayLike) -> NDArray[np.float32]:
    """Probabilities 0..1 from the 8-bit values of an overview, within 0.004."""
    return (np.asarray(pixels, dtype=np.float32) / np.float32(255)) ** 2
