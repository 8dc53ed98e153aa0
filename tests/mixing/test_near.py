from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import jaccard, runs, text_of

from governance.mixing import near
from governance.mixing.near import MISSED_AT_THRESHOLD, MOST_LEADERS, banding, near_duplicates, shared_runs
from governance.provenance.words import read_words

NO_DEADLINE = settings(deadline=None)

LAWS = settings(max_examples=40, deadline=None)


def edited(text: str, random: np.random.Generator, edits: int) -> str:
    words = text.split()
    for place in random.integers(0, len(words), edits):
        words[place] = f"edit{random.integers(1 << 40)}"
    return " ".join(words)


def families(seed: int, count: int, members: int, words: int = 80) -> list[str]:
    """Texts in families: each member is its founder with 0 to 5 words replaced; the founders share nothing."""
    random = np.random.Generator(np.random.Philox(seed))
    founders = [text_of(number, words) for number in range(count)]
    return [edited(founder, random, int(random.integers(0, 6))) for founder in founders for _ in range(members)]


@given(st.integers(0, 2**32), st.integers(1, 4), st.integers(1, 6), st.integers(50, 100))
@LAWS
def test_a_dropped_text_is_a_verified_near_duplicate_of_an_earlier_kept_one(seed: int, count: int, members: int, percent: int) -> None:
    texts = families(seed, count, members)
    found = near_duplicates(read_words(texts), percent, 5)
    gone = set(found.dropped.tolist())
    for dropped, kept, shared, union in zip(found.dropped, found.kept, found.shared, found.union, strict=True):
        assert kept < dropped
        assert int(kept) not in gone
        assert jaccard(texts[kept], texts[dropped]) == shared / union >= percent / 100


def test_keys_of_bands_in_a_file_find_what_keys_in_memory_find(tmp_path: Path) -> None:
    words = read_words(["too short", *families(3, 100, 5, words=400)])  # more than one chunk of words, so every band is written in pieces
    held, filed = near_duplicates(words, 70, 5), near_duplicates(words, 70, 5, scratch=tmp_path)
    assert held.dropped.size == 400
    for name in ("dropped", "kept", "shared", "union"):
        assert getattr(held, name).tolist() == getattr(filed, name).tolist()
    assert not list(tmp_path.iterdir())


def test_keys_that_are_looked_at_some_at_a_time_find_what_all_together_find(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    words = read_words(["too short", *families(4, 60, 5)])
    held = near_duplicates(words, 70, 5)
    for most, block in ((100, 64), (7, 1000), (1, 1)):
        monkeypatch.setattr(near, "KEYS_AT_A_TIME", most)
        monkeypatch.setattr(near, "BLOCK_KEYS", block)
        for filed in (near_duplicates(words, 70, 5), near_duplicates(words, 70, 5, scratch=tmp_path)):
            for name in ("dropped", "kept", "shared", "union"):
                assert getattr(held, name).tolist() == getattr(filed, name).tolist()


@given(st.integers(0, 2**32), st.integers(50, 95))
@LAWS
def test_a_cluster_is_a_kept_text_and_what_it_dropped_and_no_wider_than_twice_the_distance(seed: int, percent: int) -> None:
    texts = families(seed, 2, 6)
    found = near_duplicates(read_words(texts), percent, 5)
    for kept in set(found.kept.tolist()):
        cluster = [texts[kept], *(texts[place] for place in found.dropped[found.kept == kept])]
        assert all(jaccard(cluster[0], text) >= percent / 100 for text in cluster)
        distances = [1 - jaccard(one, other) for one in cluster for other in cluster]
        assert max(distances) <= 2 * (1 - percent / 100) + 1e-9


@pytest.mark.parametrize("percent", [50, 70, 90])
def test_nearly_every_text_with_a_kept_near_duplicate_is_dropped(percent: int) -> None:
    texts = families(11, 60, 6)
    found = near_duplicates(read_words(texts), percent, 5)
    kept = [place for place in range(len(texts)) if place not in set(found.dropped.tolist())]
    left = [(a, b) for a in kept for b in kept if a < b and a // 6 == b // 6 and jaccard(texts[a], texts[b]) * 100 >= percent]
    assert len(left) <= 0.01 * len(found.dropped)


def test_no_planted_family_is_lost_and_no_two_are_joined() -> None:
    random = np.random.Generator(np.random.Philox(12))
    texts = [edited(text_of(family, 80), random, 1) for family in range(200) for _ in range(3)]
    order = random.permutation(len(texts))
    found = near_duplicates(read_words([texts[place] for place in order]), 70, 5)
    left = sorted(order[np.setdiff1d(np.arange(len(texts)), found.dropped)] // 3)
    assert left == list(range(200))
    assert (order[found.dropped] // 3 == order[found.kept] // 3).all()


def test_likeness_is_not_passed_on_along_a_chain() -> None:
    words = text_of(0, 100).split()
    middle = [f"x{n}" for n in range(8)] + words[8:]
    last = middle[:92] + [f"y{n}" for n in range(8)]
    texts = [" ".join(text) for text in (words, middle, last)]
    assert jaccard(texts[0], texts[1]) > 0.8
    assert jaccard(texts[1], texts[2]) > 0.8
    assert jaccard(texts[0], texts[2]) < 0.8
    found = near_duplicates(read_words(texts), 80, 5)
    assert (found.dropped.tolist(), found.kept.tolist()) == ([1], [0])


def test_a_text_shorter_than_a_run_is_left_to_the_rule_on_copies() -> None:
    assert not near_duplicates(read_words(["four words are here"] * 3), 70, 5).dropped.size


def test_no_text_at_all_is_no_near_duplicate() -> None:
    assert not near_duplicates(read_words([]), 70, 5).dropped.size
    assert not near_duplicates(read_words(["", "!", ""]), 70, 5).dropped.size


def test_a_family_of_one_template_is_dropped_down_to_its_first_text() -> None:
    random = np.random.Generator(np.random.Philox(5))
    texts = [edited(text_of(1, 200), random, 2) for _ in range(MOST_LEADERS * 4)]
    found = near_duplicates(read_words(texts), 70, 5)
    assert found.dropped.tolist() == list(range(1, len(texts)))
    assert set(found.kept.tolist()) == {0}


def test_a_flood_just_below_the_threshold_ends_and_stays() -> None:
    random = np.random.Generator(np.random.Philox(6))
    texts = [edited(text_of(1, 60), random, 4) for _ in range(300)]
    found = near_duplicates(read_words(texts), 99, 5)
    assert not found.dropped.size


@given(st.lists(st.lists(st.sampled_from(["a", "b", "c"]), max_size=30).map(" ".join), min_size=2, max_size=6), st.integers(1, 6))
@LAWS
def test_shared_runs_are_counted_exactly(texts: list[str], size: int) -> None:
    pairs = np.array([(a, b) for a in range(len(texts)) for b in range(len(texts))], dtype=np.int64)
    shared, union = shared_runs(read_words(texts), pairs, size)
    for (a, b), both, either in zip(pairs.tolist(), shared.tolist(), union.tolist(), strict=True):
        one, other = runs(texts[a], size), runs(texts[b], size)
        assert (both, either) == (len(one & other), len(one | other))


@given(st.integers(50, 99))
@NO_DEADLINE
def test_bands_propose_nearly_every_pair_at_the_threshold(percent: int) -> None:
    bands, rows = banding(percent)
    assert (1 - (percent / 100) ** rows) ** bands <= MISSED_AT_THRESHOLD
    assert bands * rows <= 125
