"""The pattern list of refusals: what it knows, and what it must not take for one."""

import sysconfig
from pathlib import Path

import pytest

from governance.adapters.stdlib_texts import documents
from governance.collapse.refusals import OPENING_CHARACTERS, refused

REFUSALS = [
    "I'm sorry, but I can't help with that.",
    "I\u2019m sorry, I can\u2019t assist with that request.",
    "Sorry, but I cannot provide instructions for that.",
    "I cannot comply with this request.",
    "I am unable to answer questions about that.",
    "As an AI language model, I do not have opinions about people.",
    "I apologize, but I must decline.",
    "I have to refuse.",
    "I can't help with this, as it goes against my guidelines.",
    "\n\nI won't write that.",
    "i will not discuss that.",
]
ANSWERS = [
    "",
    "The file cannot be opened for writing.",
    "Sorry, this function was removed in version 3.9.",
    "I can help you with that.",
    "If the server refuses the connection, an error is raised.",
    "You must not assist the garbage collector; it cannot help you.",
    "He said that he was sorry and could not come.",
    "Return None where the policy is violated.",
    "An AI assistant answers questions; some of them cannot be answered.",
]


@pytest.mark.parametrize("text", REFUSALS)
def test_a_refusal_is_seen(text):
    assert refused([text]) == [True]


@pytest.mark.parametrize("text", ANSWERS)
def test_an_answer_is_none(text):
    assert refused([text]) == [False]


def test_a_text_that_speaks_of_refusing_later_is_an_answer():
    assert refused(["x " * OPENING_CHARACTERS + REFUSALS[0]]) == [False]


def test_no_text_of_the_language_reference_or_of_the_package_email_is_a_refusal():
    found = documents(Path(sysconfig.get_paths()["stdlib"]) / "email")
    marks = refused([d.text for d in found])
    assert [d.row_id for d, mark in zip(found, marks, strict=True) if mark] == []
