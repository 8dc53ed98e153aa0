import re

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.provenance.hashing import seeded_keys
from governance.provenance.shingles import openings, shingles, whole_or_shingles
from governance.provenance.words import CHUNK_CHARACTERS, Words, read_words

NO_DEADLINE = settings(deadline=None)

FIRST, SECOND, KEY = 12315730078936100394, 9273258375358462463, 14566406994137690491
WORDS = st.text(alphabet="ab_1 .,é\n-", max_size=40)


def of(words: Words, place: int) -> list[int]:
    return list(words.ids[words.bounds[place] : words.bounds[place + 1]].tolist())


@given(st.lists(WORDS, max_size=8))
@NO_DEADLINE
def test_equal_words_have_equal_hashes_and_others_do_not(texts: list[str]) -> None:
    words = read_words(texts)
    spelt = [re.findall(r"\w+", text.lower()) for text in texts]
    assert words.lengths.tolist() == [len(found) for found in spelt]
    pairs = {(word, hashed) for place, found in enumerate(spelt) for word, hashed in zip(found, of(words, place), strict=True)}
    assert len(pairs) == len({word for word, _ in pairs}) == len({hashed for _, hashed in pairs})


@given(st.lists(WORDS, max_size=8))
@NO_DEADLINE
def test_a_text_is_read_alike_wherever_it_stands(texts: list[str]) -> None:
    together = read_words(texts)
    assert [of(together, place) for place in range(len(texts))] == [of(read_words([text]), 0) for text in texts]


def test_texts_beyond_one_chunk_are_read_alike() -> None:
    long = "word " * (CHUNK_CHARACTERS // 4)
    words = read_words(["first text", long, "first text"])
    assert of(words, 0) == of(words, 2)
    assert words.lengths.tolist() == [2, CHUNK_CHARACTERS // 4, 2]
    assert len(set(of(words, 1))) == 1


def test_case_width_composition_and_punctuation_make_no_new_word() -> None:
    words = read_words(["Café, ÜBER x2!", "cafe\u0301 - über \uff58\uff12"])
    assert of(words, 0) == of(words, 1)


def test_scripts_without_spaces_have_a_word_per_letter() -> None:
    assert read_words(["今日は良い天気", "สวัสดี", "안녕 세상", "नमस्ते दुनिया"]).lengths.tolist() == [7, 6, 2, 2]


def test_hashes_are_the_same_in_every_release() -> None:
    assert read_words(["the tail"]).ids.tolist() == [FIRST, SECOND]
    assert seeded_keys(["row-1"], 7).tolist() == [KEY]


@given(st.lists(st.text(max_size=8), unique=True, max_size=20), st.integers(0, 2**63))
@NO_DEADLINE
def test_keys_depend_on_each_name_alone(names: list[str], seed: int) -> None:
    keys = seeded_keys(names, seed).tolist()
    assert keys == [seeded_keys([name], seed)[0] for name in names]
    assert seeded_keys(pl.Series(names, dtype=pl.String), seed).tolist() == keys
    assert len(set(keys)) == len(names)
    assert not names or seeded_keys(names, seed + 1).tolist() != keys


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=9).map(" ".join), max_size=8), st.integers(1, 6))
@NO_DEADLINE
def test_runs_stay_inside_their_text(texts: list[str], size: int) -> None:
    words = read_words(texts)
    lengths = words.lengths
    assert shingles(words, size).lengths.tolist() == np.maximum(lengths - size + 1, 0).tolist()
    assert whole_or_shingles(words, size).lengths.tolist() == [max(n - size + 1, 1) if n else 0 for n in lengths.tolist()]
    for place, text in enumerate(texts):
        found, alone = whole_or_shingles(words, size), whole_or_shingles(read_words([text]), size)
        assert found.hashes[found.bounds[place] : found.bounds[place + 1]].tolist() == alone.hashes.tolist()


def test_openings_are_equal_where_the_first_words_are() -> None:
    found = openings(read_words(["Here is a list", "here is, a house", "here is the list", "Here is", "", "..."]), 3).tolist()
    assert found[0] == found[1]
    assert len(set(found[:4])) == 3
    assert found[4:] == [0, 0]


def test_chosen_texts_keep_their_words() -> None:
    words = read_words(["a b", "", "c", "d e f"])
    taken = words.take(np.array([3, 1, 3]))
    assert [of(taken, place) for place in range(3)] == [of(words, 3), [], of(words, 3)]
    assert [first for first, _ in words.chunks(1)] == [0, 1, 3]
    assert sum(chunk.texts for _, chunk in words.chunks(3)) == words.texts


def test_many_different_words_have_different_hashes() -> None:
    assert np.unique(read_words([" ".join(str(n) for n in range(300_000))]).ids).size == 300_000


def test_tags_of_html_and_hard_spaces_are_no_words_and_other_brackets_are_text() -> None:
    cells = "<table border='1'><tr><td class=\"wide cell\"></td><td>&nbsp;</td></tr></table>"
    assert read_words([cells, f"one {cells} two", "List<String> <speaker> a < b && c > d", "<td never closed"]).lengths.tolist() == [
        0,
        2,
        7,
        3,
    ]
