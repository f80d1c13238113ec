"""Plotly figures drawn from view records; nothing here imports torch."""
