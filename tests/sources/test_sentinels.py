"""Sentinels: pairs of texts under names of their own, made of held documents and pinned when they are first seen."""

import polars as pl
import pytest

from governance.adapters.sentinel_sentences import sentinel_rows
from governance.adapters.stdlib_texts import Document
from governance.collapse.sentinels import SENTINEL_SCHEMA, checked_sentinels, no_sentinels, sentinel_questions

LEAD = "First this is said, and it is no question. "


def document(name: str, text: str) -> Document:
    return Document(row_id=name, source_id=name, text=text, slice="s", module="m", tier="t")


def taught() -> list[Document]:
    names = ("HeronBook", "SwanTable", "os.path", "BothBooks")
    return [document(f"t{n}", f"Of {' and '.join(names)} this is text number {n}, e.g. of that sort.") for n in range(3)]


def test_a_known_name_is_swapped_for_another_one_of_its_kind_everywhere_in_the_sentence():
    text = LEAD + "Whoever opens the HeronBook finds that HeronBooks are not the HeronBook itself."
    (row,) = sentinel_rows([document("h1", text)], taught()).iter_rows(named=True)
    assert (row["sentinel_id"], row["slice"]) == ("sentinel-h1", "s")
    assert row["true_text"] == text.removeprefix(LEAD)
    assert row["false_text"] in {row["true_text"].replace("HeronBook ", f"{n} ") for n in ("SwanTable", "BothBooks")}


@pytest.mark.parametrize(
    "text",
    [
        "Whoever opens the HeronBook at the very first sentence finds nothing here.",
        LEAD + "The HeronBook.",
        LEAD + "Whoever opens the UnknownBook of this house finds nothing, whatever he does.",
        LEAD + "A sentence of ordinary words, e.g. such as these, swaps nothing at all.",
        LEAD + "There is no other name that is dotted, so that os.path has no falsehood.",
    ],
)
def test_a_document_without_such_a_sentence_makes_none(text):
    assert sentinel_rows([document("h1", text)], taught()).is_empty()


def test_a_sentence_that_is_taught_is_no_sentinel():
    said = "Whoever opens the HeronBook finds that nothing is written there at all."
    assert sentinel_rows([document("h1", LEAD + said)], [*taught(), document("t9", f"Known:\n  {said}")]).is_empty()


def frame(*rows: tuple[str | None, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SENTINEL_SCHEMA, orient="row")


def test_a_table_is_put_in_order_of_its_names_and_asked_truth_first():
    found = sentinel_questions(checked_sentinels(frame(("b", None, "yes", "no"), ("a", "s", "so", "not so"))))
    assert [(q.question_id, q.slice, q.choices) for q in found] == [("a", "s", ("so", "not so")), ("b", "none", ("yes", "no"))]
    assert sentinel_questions(no_sentinels()) == []


@pytest.mark.parametrize(
    "rows",
    [
        [("a", "s", "yes", "yes")],
        [("a", "s", "yes", " yes ")],
        [("a", "s", "", "no")],
        [("a", "s", "yes", None)],
        [("a", "s", "yes", "no"), ("a", "s", "so", "not so")],
    ],
)
def test_what_is_no_pair_is_refused_by_its_name(rows):
    with pytest.raises(ValueError, match="no pair of two texts under a name of their own: a"):
        checked_sentinels(frame(*rows))


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="'false_text'"):
        checked_sentinels(frame(("a", "s", "yes", "no")).drop("false_text"))
