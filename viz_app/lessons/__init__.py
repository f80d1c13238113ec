"""Lessons: a file's format, what is right in it by the model, and how it travels in a link."""
