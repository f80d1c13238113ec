"""Next sentence: the page and its sections."""
