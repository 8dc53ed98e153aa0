"""Questions made of the locked documents: rare words and names, by the texts alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.collapse.cloze import Passage, Question, cloze_questions
from governance.collapse.names import is_name, kind_of
from governance.collapse.rare import MOST_PER_DOCUMENT, rare_word_spans

BEFORE = "The keeper of the register writes down what was found in "
NAMES = ["HeronBook", "SwanTable", "CraneList", "StorkIndex", "IbisRecord", "EgretCard", "PloverSheet"]


def passages(names: list[str]) -> list[Passage]:
    return [Passage(doc_id=f"d{i}", source_id=f"d{i}", slice="s", text=f"{BEFORE}{name} at noon.") for i, name in enumerate(names)]


def said(text: str, spans: list[tuple[int, int]]) -> list[str]:
    return [text[start:end] for start, end in spans]


def test_rare_words_are_those_of_at_most_two_documents_and_each_is_asked_once():
    texts = ["The heron waits, the heron sleeps", "a HERON flies", "a stork waits and waits", "one stork", "the stork waits"]
    found = [said(text, spans) for text, spans in zip(texts, rare_word_spans(texts), strict=True)]
    assert found == [["heron", "the", "sleeps"], ["HERON", "flies"], ["and"], [], []]


def test_the_first_word_numbers_and_short_words_are_not_asked_about():
    assert rare_word_spans(["Unseen before it of 1234 ox"]) == [[(7, 13)]]


def test_a_long_document_is_asked_about_twelve_words():
    text = " ".join(f"word{chr(97 + n)}" for n in range(20))
    assert len(rare_word_spans([text])[0]) == MOST_PER_DOCUMENT


@given(st.lists(st.text(max_size=60), max_size=6))
def test_spans_are_words_in_order_inside_their_text(texts):
    for text, spans in zip(texts, rare_word_spans(texts), strict=True):
        assert spans == sorted(spans)
        assert all(0 < start < end <= len(text) for start, end in spans)


def test_a_name_is_asked_in_its_place_beside_four_of_its_kind():
    questions = cloze_questions(passages([*NAMES, "a.dotted.one"]), 100)
    assert [question.question_id for question in questions] == [f"d{i}" for i in range(len(NAMES))]
    first = questions[0]
    assert first.choices[0] == f"{BEFORE}HeronBook at noon."
    others = [choice.removeprefix(BEFORE).removesuffix(" at noon.") for choice in first.choices[1:]]
    # nine characters: those nearest in length, by name where equally near
    assert others == ["CraneList", "EgretCard", "SwanTable", "IbisRecord"]
    assert "dotted" not in "".join(first.choices)


def test_names_that_another_document_has_and_names_of_the_same_source_are_no_question():
    shared = passages([*NAMES[:4], NAMES[3]])
    assert cloze_questions(shared, 100) == []
    cut = [Passage(doc_id=p.doc_id, source_id="one", slice="s", text=p.text) for p in passages(NAMES)]
    assert cloze_questions(cut, 100) == []


def test_a_name_at_the_beginning_has_nothing_before_it_and_is_not_asked():
    early = [Passage(doc_id=p.doc_id, source_id=p.source_id, slice="s", text=p.text.removeprefix(BEFORE)) for p in passages(NAMES)]
    assert cloze_questions(early, 100) == []


def test_what_comes_after_does_not_give_the_name_away():
    told = passages(NAMES)
    again = [Passage(doc_id=p.doc_id, source_id=p.doc_id, slice="s", text=f"{p.text} {NAMES[n]}") for n, p in enumerate(told)]
    assert all(choice.count("HeronBook") <= 1 for question in cloze_questions(again, 100) for choice in question.choices)


@given(st.permutations(range(len(NAMES))), st.integers(0, 8))
def test_questions_are_a_function_of_the_documents_and_a_smaller_number_is_a_part_of_a_larger(order, most):
    found = passages(NAMES)
    few = cloze_questions([found[place] for place in order], most)
    assert few == cloze_questions(found, most)
    assert len(few) == min(most, len(NAMES))
    assert {q.question_id for q in few} <= {q.question_id for q in cloze_questions(found, 100)}


@pytest.mark.parametrize("choices", [("one",), ("one", "one")])
def test_a_question_without_a_choice_cannot_be_built(choices):
    with pytest.raises(ValueError, match="q1"):
        Question(question_id="q1", source_id="s", slice="s", choices=choices)


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("os.path", "dotted"),
        ("read_all", "underscored"),
        ("utf8", "numbered"),
        ("HTTP", "capitals"),
        ("HeronBook", "humped"),
        ("Ibis", "capitalised"),
    ],
)
def test_names_have_kinds(word, kind):
    assert is_name(word, set())
    assert kind_of(word) == kind
