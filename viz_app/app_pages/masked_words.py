"""Masked words: hide words by a click, see what the model puts there and how it came to it."""


from viz_app import frame
from viz_app.components.masked_words import guesses

SECTIONS = {
    "guess": guesses.guess,
}

say = frame.words()
frame.require("mlm", "mlm")
section = "guess"
SECTIONS[section](say)
