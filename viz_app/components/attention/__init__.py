"""The sections of the Attention page: each draws one way of looking at the heads."""
