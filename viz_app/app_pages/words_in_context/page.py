"""Words in context: one word in several sentences, and how its vectors part layer by layer."""

from viz_app.app_pages.words_in_context.section import words_in_context
from viz_app.session import frame
from viz_app.session.page_choices import PageChoices

choices = PageChoices("wc")
words_in_context(frame.visit(), choices)
choices.write()
