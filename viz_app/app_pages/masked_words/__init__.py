"""Masked words: the page and its sections."""
