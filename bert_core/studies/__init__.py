"""What one learns from the model: each study runs it many times and counts."""
