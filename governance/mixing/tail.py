"""The tail of a batch, in words that can be counted: the words that hardly anybody uses, and which rows use them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.provenance.hashing import Places
from governance.provenance.words import AnyWords, Words

_WORDS_AT_A_TIME = 1 << 18
_COUNTS_AT_A_TIME = 1 << 21
"""Counts of words that wait to be added up: bounds the memory to these and the vocabulary."""
MOST_DOCUMENTS = 2
"""A word is rare where at most so many human texts use it, anchors included."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TailWords:
    """Row `rows[i]` (its place among all rows) uses rare word `words[i]`; every pair is named once."""

    rows: Places
    words: NDArray[np.uint64]

    def count(self, rows: int) -> Places:
        """How many different rare words each of so many rows uses."""
        return np.bincount(self.rows, minlength=rows).astype(np.int64)


def tail_words(words: AnyWords, human: NDArray[np.bool_], anchors: Words) -> TailWords:
    """The rare words of the human rows and the anchors, wherever rows of any origin use them.

    A word is what `Words` counts: names, terms and figures, but misspellings, fragments of addresses and foreign words too.
    """
    rare = _documents(words.take(np.flatnonzero(human)), anchors).filter(pl.col("texts") <= MOST_DOCUMENTS)
    rows, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for first, chunk in words.chunks(_WORDS_AT_A_TIME):
        used = _frame(chunk).join(rare, on="word", how="semi").unique().sort("row", "word")
        rows.append(used["row"].to_numpy().astype(np.int64) + first)
        found.append(used["word"].to_numpy())
    return TailWords(rows=np.concatenate(rows), words=np.concatenate(found))


def _documents(*parts: AnyWords) -> pl.DataFrame:
    """Every word with the number of texts that use it, in memory for the vocabulary and not for the texts."""
    waiting, height = [pl.DataFrame(schema={"word": pl.UInt64, "texts": pl.UInt32})], 0
    for words in parts:
        for _, chunk in words.chunks(_WORDS_AT_A_TIME):
            waiting.append(_frame(chunk).unique().group_by("word").agg(pl.len().cast(pl.UInt32).alias("texts")))
            height += waiting[-1].height
            if height > _COUNTS_AT_A_TIME + waiting[0].height:
                waiting, height = [_added_up(waiting)], 0
    return _added_up(waiting)


def _added_up(counts: list[pl.DataFrame]) -> pl.DataFrame:
    return pl.concat(counts).group_by("word").agg(pl.col("texts").sum())


def _frame(words: Words) -> pl.DataFrame:
    owners = np.repeat(np.arange(words.texts, dtype=np.uint32), words.lengths)
    return pl.DataFrame({"word": words.ids, "row": owners})
