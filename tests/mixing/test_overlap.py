from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import runs, text_of

from governance.mixing.overlap import overlaps
from governance.provenance.words import read_words

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=14).map(" ".join), max_size=6)


def slow(text: str, pinned: str, size: int, percent: int) -> bool:
    """Whole texts stand for themselves where they are shorter than a run."""
    one, other = (runs(t, size) or ({tuple(t.split())} if t else set()) for t in (text, pinned))
    return bool(one and other) and len(one & other) * 100 >= percent * min(len(one), len(other))


@given(TEXTS, TEXTS, st.integers(1, 6), st.integers(1, 100))
@settings(max_examples=150, deadline=None)
def test_overlap_is_found_exactly(texts: list[str], pinned: list[str], size: int, percent: int) -> None:
    found = overlaps(read_words(texts), read_words(pinned), size, percent)
    expected = {}
    for place, text in enumerate(texts):
        hits = [other for other, reference in enumerate(pinned) if slow(text, reference, size, percent)]
        expected.update({place: hits[0]} if hits else {})
    assert dict(zip(found.texts.tolist(), found.pinned.tolist(), strict=True)) == expected


def test_a_locked_document_inside_a_long_row_is_found() -> None:
    row = f"{text_of(1, 500)} {text_of(2, 40)} {text_of(3, 500)}"
    found = overlaps(read_words([text_of(9, 50), row]), read_words([text_of(2, 40)]), 8, 50)
    assert (found.texts.tolist(), found.shared.tolist(), found.of.tolist()) == ([1], [33], [33])


def test_a_piece_of_a_locked_document_is_found() -> None:
    found = overlaps(read_words([text_of(2, 300)[:200]]), read_words([text_of(2, 300)]), 8, 50)
    assert found.texts.tolist() == [0]


def test_two_documents_that_share_a_sentence_do_not_overlap() -> None:
    sentence = text_of(5, 12)
    found = overlaps(read_words([f"{text_of(1, 100)} {sentence}"]), read_words([f"{sentence} {text_of(2, 100)}"]), 8, 50)
    assert not found.texts.size


def test_tables_of_empty_cells_do_not_overlap() -> None:
    table = "<table>" + "<tr><td></td><td></td></tr>" * 20 + "</table>"
    texts = [f"{text_of(1, 30)} {table} {text_of(2, 30)}", f"{text_of(3, 30)} {table}", table]
    assert not overlaps(read_words(texts[:1]), read_words(texts[1:]), 8, 50).texts.size
