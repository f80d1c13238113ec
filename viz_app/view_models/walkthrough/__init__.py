"""What Step by step shows."""
