from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.splits import WORD, fraction, near_copies, rare_names_per_100_words, without_copies

TEXTS = st.lists(st.lists(st.sampled_from(["red", "green", "blue", "grey", "pink"]), max_size=14).map(" ".join), max_size=12)


def shingles(text: str) -> set[tuple[str, ...]]:
    words = WORD.findall(text.casefold())
    return {tuple(words[at : at + 5]) for at in range(len(words) - 4)}


@given(TEXTS)
def test_near_copies_are_exactly_the_pairs_that_share_half_of_the_shorter_ones_shingles(texts: list[str]) -> None:
    sets = [shingles(text) for text in texts]
    expected = [
        (a, b)
        for a in range(len(texts))
        for b in range(a + 1, len(texts))
        if sets[a] and sets[b] and 2 * len(sets[a] & sets[b]) >= min(len(sets[a]), len(sets[b]))
    ]
    assert near_copies(texts).rows() == expected


@given(TEXTS)
def test_no_two_kept_texts_are_near_copies_and_every_dropped_one_is_a_copy_of_a_kept_one(texts: list[str]) -> None:
    kept = without_copies(texts)
    pairs = set(near_copies(texts).rows())
    assert not any(a in kept and b in kept for a, b in pairs)
    for place in set(range(len(texts))) - set(kept):
        assert any((k, place) in pairs or texts[k] == texts[place] for k in kept if k < place)


@given(st.text(), st.text())
def test_a_fraction_depends_on_id_and_salt_alone_and_is_below_one(name: str, salt: str) -> None:
    assert 0 <= fraction(name, salt) < 1
    assert fraction(name, salt) == fraction(name, salt)


def test_a_name_is_rare_where_no_other_text_has_it_and_ordinary_words_are_no_names() -> None:
    rates = rare_names_per_100_words(
        ["The reader calls XmlReader once", "the other reader says nothing new", "XmlReader and json_lines are read"]
    )
    assert rates[1] == 0
    assert rates[0] == 0
    assert rates[2] > 0
