"""A corpus of generated documents with planted families, and its truth: every pair at or above the threshold, by exact Jaccard."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

JACCARD_PERCENT, SHINGLE_WORDS = 70, 5
WORDS, VOCABULARY, ZIPF = 150, 50_000, 1.2
"""About 1,200 bytes a document: 100,000 of them are 120 MB."""
MOST_MEMBERS, MOST_EDITS = 8, 8
"""A family is a founder and up to 7 copies with 1 to 8 words replaced each: similarities from 0.60 to 0.94, on both sides of 0.70."""
_AT_A_TIME = 10_000
_CONSONANTS, _VOWELS = "bdfghklmnprstvwz", "aeiou"
Pairs = list[tuple[int, int]]
Ids = NDArray[np.int64]


def plant(folder: Path, documents: int, seed: int = 1) -> tuple[Path, Pairs]:
    """(a Parquet file of `id` and `text` in random order, the true pairs by id); a fifth of the documents are in families."""
    random = np.random.Generator(np.random.Philox(seed))
    vocabulary = np.array([_word(number) for number in range(VOCABULARY)])
    order = random.permutation(documents)
    pairs: Pairs = []
    texts: list[str] = [""] * documents
    place = 0
    while place < documents:
        ids = np.minimum(random.zipf(ZIPF, (min(_AT_A_TIME, documents - place), WORDS)), VOCABULARY) - 1
        for start, members in _families(random, len(ids)):
            _edit(random, ids[start : start + members])
            names = order[place + start : place + start + members].tolist()
            pairs += [(names[a], names[b]) for a, b in _close(ids[start : start + members])]
        for offset, row in enumerate(ids):
            texts[order[place + offset]] = " ".join(vocabulary[row])
        place += len(ids)
    path = folder / f"planted-{documents}.parquet"
    pl.DataFrame({"id": np.arange(documents), "text": texts}).write_parquet(path, row_group_size=_AT_A_TIME)
    return path, [(min(pair), max(pair)) for pair in pairs]


def families(pairs: Pairs) -> list[set[int]]:
    """The documents that pairs connect, group by group."""
    group_of: dict[int, set[int]] = {}
    for one, other in pairs:
        together = group_of.get(one, {one}) | group_of.get(other, {other})
        group_of.update(dict.fromkeys(together, together))
    return list({id(group): group for group in group_of.values()}.values())


def _word(number: int) -> str:
    """Letters alone: a peer that reads every number as one would see no difference between words with numbers in them."""
    word = ""
    for _ in range(4):
        number, place = divmod(number, len(_CONSONANTS) * len(_VOWELS))
        word += _CONSONANTS[place // len(_VOWELS)] + _VOWELS[place % len(_VOWELS)]
    return word


def _families(random: np.random.Generator, documents: int) -> Iterator[tuple[int, int]]:
    """(first document, members) of families that fill a fifth of the documents."""
    start = 0
    while start < documents // 5:
        members = min(int(random.integers(2, MOST_MEMBERS + 1)), documents - start)
        yield start, members
        start += members


def _edit(random: np.random.Generator, family: Ids) -> None:
    """Every later member becomes the founder with some words replaced."""
    for member in family[1:]:
        member[:] = family[0]
        changed = random.choice(WORDS, int(random.integers(1, MOST_EDITS + 1)), replace=False)
        member[changed] = random.integers(0, VOCABULARY, changed.size)


def _close(family: Ids) -> Pairs:
    runs = [{tuple(run) for run in np.lib.stride_tricks.sliding_window_view(row, SHINGLE_WORDS).tolist()} for row in family]
    return [
        (a, b)
        for a in range(len(runs))
        for b in range(a + 1, len(runs))
        if len(runs[a] & runs[b]) * 100 >= JACCARD_PERCENT * len(runs[a] | runs[b])
    ]
