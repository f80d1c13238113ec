"""Positions: the page and its sections."""
