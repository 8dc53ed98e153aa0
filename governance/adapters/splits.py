"""How documents are parted into disjoint sets: by the hash of an id, by rare names, and without near copies of one another."""

import hashlib
import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
import polars as pl

from governance.collapse.names import NAME, is_name

SHINGLE_WORDS = 5
COPY_PERCENT = 50
"""Two texts are near copies when they share half of the word 5-grams of the shorter one: stricter than a Jaccard of 0.5."""
COMMON_SHINGLE = 200
"""A shingle of more documents than this is a phrase of the house and makes no pair."""
PRIME = np.uint64(0x9E3779B97F4A7C15)

WORD = re.compile(r"\w+")


def fraction(name: str, salt: str) -> float:
    """A number in [0, 1) that depends on an id and a salt alone: where a document falls when sets are parted."""
    return int.from_bytes(hashlib.sha256(f"{salt}\0{name}".encode()).digest()[:8], "big") / 2**64


def near_copies(texts: Sequence[str]) -> pl.DataFrame:
    """Pairs of places (`a` < `b`) whose texts are near copies, every pair counted exactly; texts of fewer than five words make none."""
    shingles = _shingles(texts)
    sizes = shingles.group_by("place").len("size")
    shared = shingles.filter(pl.len().over("shingle").is_between(2, COMMON_SHINGLE))
    pairs = (
        shared.join(shared, on="shingle", suffix="_b")
        .filter(pl.col("place") < pl.col("place_b"))
        .group_by(pl.col("place").alias("a"), pl.col("place_b").alias("b"))
        .len("shared")
        .join(sizes.rename({"place": "a", "size": "size_a"}), on="a")
        .join(sizes.rename({"place": "b", "size": "size_b"}), on="b")
    )
    shorter = pl.min_horizontal("size_a", "size_b").cast(pl.Int64)
    return pairs.filter(pl.col("shared").cast(pl.Int64) * 100 >= shorter * COPY_PERCENT).select("a", "b").sort("a", "b")


def without_copies(texts: Sequence[str]) -> list[int]:
    """Places of texts that are kept: each in order unless it is a near copy of one that is kept already, never by a chain of likenesses."""
    copies: dict[int, list[int]] = {}
    for a, b in near_copies(texts).iter_rows():
        copies.setdefault(b, []).append(a)
    exact: set[str] = set()
    kept: set[int] = set()
    for place, text in enumerate(texts):
        if text not in exact and kept.isdisjoint(copies.get(place, ())):
            kept.add(place)
            exact.add(text)
    return sorted(kept)


def rare_names_per_100_words(texts: Sequence[str]) -> list[float]:
    """For each text, how many distinct names occur in no other text of these, per 100 words.

    A name is a word with a capital beyond its first letter, a digit, a dot or an underscore inside, or a capitalised word never seen in
    lower case: in documentation these are the identifiers, products and persons.
    """
    words = [set(NAME.findall(text)) for text in texts]
    seen = Counter(word.casefold() for found in words for word in {w.casefold() for w in found})
    lower = {word for found in words for word in found if word.islower() and word.isalpha()}
    rates = []
    for text, found in zip(texts, words, strict=True):
        rare = {w for w in found if seen[w.casefold()] == 1 and is_name(w, lower)}
        rates.append(100 * len(rare) / max(len(WORD.findall(text)), 1))
    return rates


def _shingles(texts: Sequence[str]) -> pl.DataFrame:
    """Distinct (place, hash of five words) of every text, words numbered in order of their first appearance."""
    numbers: dict[str, int] = {}
    places, hashes = [], []
    for place, text in enumerate(texts):
        words = np.array([numbers.setdefault(w, len(numbers) + 1) for w in WORD.findall(text.casefold())], dtype=np.uint64)
        if len(words) < SHINGLE_WORDS:
            continue
        rolled = np.zeros(len(words) - SHINGLE_WORDS + 1, dtype=np.uint64)
        for step in range(SHINGLE_WORDS):
            rolled = rolled * PRIME + words[step : len(words) - SHINGLE_WORDS + 1 + step]
        found = np.unique(rolled)
        hashes.append(found)
        places.append(np.full(len(found), place, dtype=np.uint32))
    none = {"place": np.empty(0, np.uint32), "shingle": np.empty(0, np.uint64)}
    return pl.DataFrame({"place": np.concatenate(places), "shingle": np.concatenate(hashes)} if places else none)
