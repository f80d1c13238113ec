"""What Masked words, Next sentence and Words in context show."""
