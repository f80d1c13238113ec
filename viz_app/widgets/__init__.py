"""Parts of a page that are made of Streamlit's own elements."""
