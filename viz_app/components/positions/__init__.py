"""The sections of the positions page; each draws its own controls and what they choose."""
