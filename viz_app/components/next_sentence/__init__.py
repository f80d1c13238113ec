"""The laboratories of the next-sentence page, one function each."""
