"""Openings and scaffolds: words are shown only where they stand in many different texts, and what is rarer is known by its ids."""

from governance.provenance.corpus.openings import LINE, SCAFFOLD, TEXT, Opening, openings
from tests.provenance.corpus_rows import held, human, model

LIST = "Sure, here are {n} ideas:\n1. Walk\n2. Read\n3. Sleep\nI hope that helps."


def found(*rows, fewest: int = 5) -> dict[tuple[str, str | None], Opening]:
    return {(one.kind, one.words): one for one in openings(held(*rows), fewest)}


def test_an_opening_is_counted_by_texts_and_by_who_wrote_them():
    rows = [model(f"m{n}", f"Here is a poem of {n}") for n in range(8)] + [human(f"h{n}", f"here is A letter {n}") for n in range(2)]
    one = found(*rows)[TEXT, "here is a"]
    assert (one.rows, one.texts, one.human, one.synthetic) == (10, 10, 2, 8)


def test_a_text_that_is_copied_shows_no_word_however_often():
    secret = found(*(human(f"h{n}", "Dear Mrs Lovelace, your account") for n in range(50)))
    assert [(one.kind, one.words, one.rows, one.row_ids) for one in secret.values()] == [(TEXT, None, 50, ("h0", "h1", "h10"))]


def test_words_appear_at_the_limit_and_not_below():
    rows = [human(f"h{n}", f"Yours truly from {n} places") for n in range(20)]
    assert (TEXT, "yours truly from") in found(*rows, fewest=20)
    assert (TEXT, "yours truly from") not in found(*rows, fewest=21)


def test_numbers_are_never_shown():
    assert (TEXT, "call # now") in found(*(human(f"h{n}", f"Call {n}55 now or {n}") for n in range(9)))


def test_long_words_and_scripts_without_spaces_make_no_opening():
    rows = [human(f"h{n}", f"東京は日本の首都であり世界最大の都市圏を形成している {n}") for n in range(9)]
    rows += [human(f"u{n}", f"a.b {'x' * 40} word {n}") for n in range(9)]
    assert not any(kind == TEXT for kind, _ in found(*rows))


def test_lines_after_the_first_have_openings_of_their_own():
    rows = [model(f"m{n}", f"Start {n} of it\n\nIn conclusion, the {n}\nIn conclusion, the end") for n in range(6)]
    one = found(*rows)[LINE, "in conclusion the"]
    assert (one.rows, one.texts) == (6, 6)


def test_a_scaffold_is_the_order_of_kinds_of_lines():
    kinds = found(*(model(f"m{n}", LIST.format(n=n)) for n in range(6)), human("p", "One line.\nAnother.\nA third.\nMore.\nEnd."))
    assert kinds[SCAFFOLD, "prose, number, prose"].rows == 6
    assert [words for kind, words in kinds if kind == SCAFFOLD] == ["prose, number, prose"]


def test_markup_is_no_opening():
    assert (TEXT, "welcome to our") in found(*(human(f"h{n}", f'<p class="x">Welcome to our page {n}</p>') for n in range(6)))


def test_a_document_shows_words_or_ids_and_never_both():
    shown = Opening(kind=TEXT, words="here is a", rows=9, texts=9, human=0, synthetic=9, row_ids=("a",)).document()
    hidden = Opening(kind=TEXT, words=None, rows=9, texts=1, human=0, synthetic=9, row_ids=("a",)).document()
    assert ("words" in shown, "row_ids" in shown) == (True, False)
    assert ("words" in hidden, "row_ids" in hidden) == (False, True)
