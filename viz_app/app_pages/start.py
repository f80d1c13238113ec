"""Start: the sentence through the model in one picture."""

import streamlit as st

from viz_app import frame

trace = frame.trace()
st.write(" · ".join(frame.escape(token) for token in trace.tokens))
