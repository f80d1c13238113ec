"""One folder per page: `page.py`, which Streamlit runs, and its sections beside it."""
