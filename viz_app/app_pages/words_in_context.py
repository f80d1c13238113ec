"""Words in context: one word in several sentences, and how its vectors part layer by layer."""

from viz_app import frame
from viz_app.components.words_in_context import words_in_context
from viz_app.page_choices import PageChoices

say = frame.words()
choices = PageChoices("wc")
words_in_context(say, choices)
choices.write()
