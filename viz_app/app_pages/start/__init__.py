"""Start: the page and its sections."""
