"""What one visit is: its choices, the address, and the model and trace it looks at."""
