"""Concepts: one card each, with the reader's own numbers."""
