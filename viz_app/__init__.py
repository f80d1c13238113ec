"""Headlight: the Streamlit front end over `bert_core`."""
