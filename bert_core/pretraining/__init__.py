"""Pretraining: text files in, a checkpoint out. `python -m bert_core.pretraining --help`."""
