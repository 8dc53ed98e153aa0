"""The score of a hybrid: what survives of the draft, and small edits that prove nothing."""

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.provenance.restoration import FEWEST_TAIL_WORDS, PASSAGE_WORDS, WHOLE, HumanReference, Restorations, restorations

LAWS = settings(deadline=None, max_examples=60)
SHAPES = [
    f"{head}{tail}" for head in ("ba", "de", "fi", "go", "lu", "ma", "ne", "pi") for tail in ("bel", "kor", "mun", "sat", "tiv", "zor")
]
COMMON, RARE = SHAPES[:30], SHAPES[30:]
REFERENCE = HumanReference.of([" ".join(COMMON * 40), " ".join(RARE)])

WORDS = st.lists(st.sampled_from(SHAPES), min_size=1, max_size=60)


def score(row: str, draft: str, original: str = "") -> Restorations:
    return restorations([row], [draft], [original], REFERENCE)


def weight(row: str, draft: str, original: str = "") -> int:
    return int(score(row, draft, original).weights[0])


def sentence(rng: random.Random, words: int) -> list[str]:
    return [rng.choice(SHAPES) for _ in range(words)]


DRAFT = sentence(random.Random(1), 200)
FRESH = [f"q{word}" for word in sentence(random.Random(2), 200)]
ORIGINAL = " ".join(FRESH)


def swapped(words: list[str], every: int) -> str:
    return " ".join(FRESH[place] if place % every == 0 else word for place, word in enumerate(words))


SMALL_EDITS: dict[str, Callable[[str], str]] = {
    "nothing": lambda text: text,
    "punctuation": lambda text: re.sub(r"(\w+ \w+) ", r"\1, ", text) + "!!!",
    "case": str.upper,
    "spacing": lambda text: text.replace(" ", "\n\t  "),
    "zero-width characters": lambda text: "".join(f"{c}\u200b" for c in text),
    "soft hyphens and joiners": lambda text: re.sub(r"(\w)(\w)", "\\1\u00ad\\2\u2060", text),
    "accents": lambda text: text.replace("e", "e\u0301").replace("a", "\u00e4"),
    "full width": lambda text: text.replace("b", "\uff42"),
    "look-alike letters": lambda text: text.replace("a", "\u0430").replace("e", "\u0435"),
    "letters for digits": lambda text: text.replace("o", "0").replace("i", "1"),
    "misspellings": lambda text: re.sub(r"(\w\w)(\w)(\w)", r"\1\3\2", text),
    "word order": lambda text: " ".join(random.Random(3).sample(text.split(), len(text.split()))),
    "every sentence moved": lambda text: " ".join(text.split()[100:] + text.split()[:100]),
    "half of it cut": lambda text: " ".join(text.split()[::2]),
    "every fourth word swapped": lambda text: swapped(text.split(), 4),
    "every ending changed": lambda text: re.sub(r"(\w+)", r"\1ing", text),
    "random words thrown in": lambda text: re.sub(r"(\w+ \w+ \w+) ", r"\1 xqzw ", text),
    "six edits of three characters": lambda text: (
        text[:50] + "cat" + text[50:200] + "dog" + text[203:400] + "sun" + text[400:600] + "1st"
        "" + text[600:700] + "..." + text[703:800] + "why" + text[803:]
    ),
}


@pytest.mark.parametrize("edit", SMALL_EDITS.values(), ids=SMALL_EDITS.keys())
def test_small_edits_leave_a_draft_synthetic_in_full(edit: Callable[[str], str]) -> None:
    draft = " ".join(DRAFT)
    assert weight(edit(draft), draft, ORIGINAL) == WHOLE


def test_words_swapped_everywhere_leave_the_rest_of_the_draft_counted() -> None:
    assert weight(swapped(DRAFT, 2), " ".join(DRAFT), ORIGINAL) >= 500


def test_a_restored_half_halves_the_weight() -> None:
    row = " ".join([*DRAFT[:100], *FRESH[:100]])
    found = score(row, " ".join(DRAFT), ORIGINAL)
    assert (int(found.readings["words"][0]), int(found.readings["passages"][0])) == (500, 500)
    assert int(found.weights[0]) == max(500, int(found.readings["tail"][0])) < 700
    assert weight(row, " ".join(DRAFT)) == WHOLE, "words that no human text is known to have prove nothing"


def test_a_new_stretch_is_a_passage_from_eight_words_on() -> None:
    for words in (PASSAGE_WORDS - 1, PASSAGE_WORDS):
        row = [*DRAFT[:100], *FRESH[:words], *DRAFT[100 : 200 - words]]
        kept = int(score(" ".join(row), " ".join(DRAFT), ORIGINAL).passages_kept[0])
        assert kept == (200 if words < PASSAGE_WORDS else 200 - words)


def test_a_row_without_tail_words_proves_nothing_about_the_tail() -> None:
    draft, human = " ".join(COMMON[:10] * 5), " ".join(COMMON[15:30] * 2)
    found = score(human, draft)
    assert int(found.tail[0]) < FEWEST_TAIL_WORDS
    assert int(found.readings["words"][0]) == 0
    assert int(found.weights[0]) == WHOLE


def test_tail_words_given_back_lower_the_tail_reading() -> None:
    draft = " ".join(COMMON[:15] * 4)
    given_back = score(f"{draft} " + " ".join(RARE[:10]), draft)
    assert (int(given_back.tail[0]), int(given_back.tail_kept[0])) == (10, 0)
    kept = score(f"{draft} " + " ".join(RARE[:10]), f"{draft} " + " ".join(RARE[:8]))
    assert int(kept.readings["tail"][0]) == 800


def test_languages_without_spaces_are_read_by_character() -> None:
    draft = "模型写的草稿很长而且没有空格我们仍然要看见每一个字"
    assert weight(draft, draft) == WHOLE
    assert int(score("人自己写的完全不同之文章内容", draft).words_kept[0]) < 14 * WHOLE


def test_an_empty_row_and_an_empty_draft_are_read() -> None:
    assert weight("", "") == WHOLE
    assert weight("", " ".join(DRAFT)) == WHOLE
    assert restorations([], [], [], REFERENCE).weights.size == 0


@given(row=WORDS, draft=WORDS)
@LAWS
def test_a_weight_is_a_share_and_no_reading_is_above_it(row: list[str], draft: list[str]) -> None:
    found = score(" ".join(row), " ".join(draft))
    assert 0 <= int(found.weights[0]) <= WHOLE
    assert all(int(reading[0]) <= int(found.weights[0]) for reading in found.readings.values())


@given(row=WORDS, draft=WORDS, more=WORDS)
@LAWS
def test_the_more_of_the_draft_survives_the_higher_the_weight(row: list[str], draft: list[str], more: list[str]) -> None:
    assert weight(" ".join(row), " ".join([*draft, *more])) >= weight(" ".join(row), " ".join(draft))


@given(row=WORDS, draft=WORDS, original=WORDS)
@LAWS
def test_knowing_the_human_original_never_raises_the_words_that_count(row: list[str], draft: list[str], original: list[str]) -> None:
    alone, beside = (score(" ".join(row), " ".join(draft), text) for text in ("", " ".join(original)))
    assert int(beside.words_kept[0]) <= int(alone.words_kept[0])


@given(
    draft=st.lists(st.sampled_from(SHAPES), min_size=20, max_size=60),
    edits=st.lists(st.tuples(st.integers(0, 59), st.sampled_from(SHAPES))),
)
@LAWS
def test_no_edit_lowers_the_weight_by_more_than_it_restores(draft: list[str], edits: list[tuple[int, str]]) -> None:
    row = list(draft)
    changed = set()
    for place, word in edits:
        row[place % len(row)] = word
        changed.add(place % len(row))
    assert weight(" ".join(row), " ".join(draft)) >= WHOLE - WHOLE * len(changed) // len(row)


@given(texts=st.lists(st.tuples(WORDS, WORDS, WORDS), max_size=5))
@LAWS
def test_a_row_is_read_alike_alone_and_among_others(texts: list[tuple[list[str], list[str], list[str]]]) -> None:
    columns = [[" ".join(parts[n]) for parts in texts] for n in range(3)]
    together = restorations(columns[0], columns[1], columns[2], REFERENCE).weights.tolist()
    assert together == [weight(*(column[place] for column in columns)) for place in range(len(texts))]
