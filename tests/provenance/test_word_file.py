"""Words in a file are the words in memory, whatever order they were written in and whichever are asked for."""

from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from governance.provenance import word_file
from governance.provenance.word_file import WORD, WordFile, WordWriter
from governance.provenance.words import Words, read_words

LAWS = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
texts = st.lists(st.text(alphabet="ab é", max_size=12), max_size=30)


def filed(words: Words, order: list[int], path: Path, parts: int = 3) -> WordFile:
    """The words in a file that has text i at place `order[i]`, and asked for as they were given."""
    writer = WordWriter(path, np.array(order, dtype=np.int64))
    runs = [words.take(np.array([n])).ids.astype(WORD).tobytes() for n in range(words.texts)]
    for first in range(0, len(runs), parts):
        writer.add(runs[first : first + parts])
    return writer.close().take(np.array(order, dtype=np.int64))


def same(one: Words, other: Words) -> bool:
    return one.ids.tolist() == other.ids.tolist() and one.bounds.tolist() == other.bounds.tolist()


@given(texts=texts, data=st.data())
@LAWS
def test_whatever_is_taken_is_what_memory_gives(texts: list[str], data: st.DataObject, tmp_path: Path) -> None:
    words = read_words(texts)
    found = filed(words, data.draw(st.permutations(range(len(texts)))), tmp_path / "words")
    assert (found.texts, found.lengths.tolist()) == (words.texts, words.lengths.tolist())
    assert same(found.packed(), words)
    places = np.array(data.draw(st.lists(st.sampled_from(range(len(texts))), max_size=8) if texts else st.just([])), dtype=np.int64)
    assert same(found.take(places).packed(), words.take(places))
    size = data.draw(st.integers(1, 9))
    for (first, part), (at, expected) in zip(found.take(places).chunks(size), words.take(places).chunks(size), strict=True):
        assert (first, same(part, expected)) == (at, True)


def test_texts_that_lie_far_apart_are_read_one_by_one_and_many_files_are_dealt_into(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(word_file, "DEALT_TEXTS", 16)
    words = read_words([f"a{n} b{n} c{n}" for n in range(200)])
    order = np.random.Generator(np.random.Philox(1)).permutation(200).tolist()
    found = filed(words, order, tmp_path / "words", parts=7)
    assert same(found.packed(), words)
    far = np.array([3, 190, 3, 77])
    assert same(found.take(far).packed(), words.take(far))
    assert list(tmp_path.iterdir()) == [tmp_path / "words"]


def test_the_file_holds_the_texts_in_the_order_that_was_asked_for(tmp_path: Path) -> None:
    words = read_words(["one", "two and two", "three", ""])
    found = filed(words, [3, 0, 1, 2], tmp_path / "words")
    whole = WordFile(path=found.path, bounds=found.bounds)
    assert same(whole.packed(), words.take(np.array([1, 2, 3, 0])))
    assert whole.bounds.tolist() == [0, 3, 4, 4, 5]
    assert [(first, part.texts) for first, part in whole.chunks(3)] == [(0, 1), (1, 3)]
    chunks = [part for _, part in whole.chunks(1)]
    assert np.concatenate([part.ids for part in chunks]).tolist() == whole.packed().ids.tolist()


def test_what_is_taken_shares_the_bounds_of_the_file(tmp_path: Path) -> None:
    found = filed(read_words([f"a{n} b{n}" for n in range(50)]), list(range(50)), tmp_path / "words")
    places = np.arange(7, 20)
    assert found.take(places).take(np.array([2])).bounds is found.bounds
    assert WordFile(path=found.path, bounds=found.bounds).take(places).at is places
