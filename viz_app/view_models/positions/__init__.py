"""What Positions shows."""
