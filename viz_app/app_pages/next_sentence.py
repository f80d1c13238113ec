"""Next sentence: does B follow A, what the answer hangs on, and how often the model is right."""


from viz_app import frame
from viz_app.components.next_sentence import pair

SECTIONS = {
    "pair": pair.one_pair,
}

say = frame.words()
frame.require("nsp", "nsp")
section = "pair"
SECTIONS[section](say)
