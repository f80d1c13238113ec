"""The page Lessons: the ready ones, one's own, and the one that the reader is in."""
