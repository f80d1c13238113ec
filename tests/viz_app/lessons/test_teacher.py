"""The teacher's page: everything that a lesson says for teachers, with the model's answers."""

from tests.viz_app.toy import toy_bert
from viz_app.lessons.answers import review
from viz_app.lessons.reading import read_lesson
from viz_app.lessons.teacher import teacher_sheet
from viz_app.messages import LANGUAGES, say_in

SOURCE = """lesson: 1
title: Rows
language: en
teacher: Bring *paper*.
stops:
  - title: Count <b>
    look: Here.
    text_a: the cat saw a dog
    minutes: 7
    teacher: There are {{n}}.
    values:
      n: {quantity: token_count}
    questions:
      - {kind: number, ask: "How many?", answer: {quantity: token_count}, tolerance: 0,
         explain: "It is {{answer}}.", teacher: Some forget two.}
      - {kind: free, ask: "Why?", teacher: Because.}
    misconceptions:
      - {says: Five., reply: "No, {{n}}. ![x](http://example.invalid/x.png)"}
"""


def test_the_sheet_has_times_answers_notes_and_misconceptions() -> None:
    lesson, bert = read_lesson(SOURCE), toy_bert()
    for language in LANGUAGES:
        say = say_in(language)
        sheet = teacher_sheet(lesson, review(lesson, bert), say)
        for part in (
            "Bring *paper*.",
            say("lessons.teacher.minutes", minutes=7),
            "There are 7.",
            "**1.1** How many?",
            f":green[**{say('lessons.right_is', right='7')}**]\n",
            "It is 7.",
            "Some forget two.",
            "**1.2** Why?",
            "Because.",
            say("lessons.teacher.says", says="Five."),
            "No, 7.",
        ):
            assert part in sheet.replace("\\", ""), part
        assert "![x](" not in sheet and "<b>" not in sheet
