"""Attention: the page and its sections."""
