"""Widgets and interactive views: draw, return plain values."""
