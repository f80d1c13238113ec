"""Words in context: the page and its sections."""
