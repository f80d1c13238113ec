"""Models: the page and its sections."""
