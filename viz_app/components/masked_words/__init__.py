"""The laboratories of the masked-words page, one function each."""
