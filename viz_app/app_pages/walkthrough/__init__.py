"""Step by step: the page and its sections."""
