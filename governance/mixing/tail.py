"""The tail of a batch, in words that can be counted: the words that hardly anybody uses, and which rows use them."""

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.provenance.hashing import Places
from governance.provenance.words import Words

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


def tail_words(words: Words, human: NDArray[np.bool_], anchors: Words) -> TailWords:
    """The rare words of the human rows and the anchors, wherever rows of any origin use them.

    A word is what `Words` counts: names, terms and figures, but misspellings, fragments of addresses and foreign words too.
    """
    people = np.flatnonzero(human)
    said = pl.concat([_pairs(words.take(people)), _pairs(anchors).with_columns(pl.col("row") + people.size)])
    rare = said.group_by("word").len().filter(pl.col("len") <= MOST_DOCUMENTS)
    used = _frame(words).join(rare, on="word", how="semi").unique().sort("row", "word")
    return TailWords(rows=used["row"].to_numpy().astype(np.int64), words=used["word"].to_numpy())


def _pairs(words: Words) -> pl.DataFrame:
    return _frame(words).unique()


def _frame(words: Words) -> pl.DataFrame:
    owners = np.repeat(np.arange(words.texts, dtype=np.uint32), words.lengths)
    return pl.DataFrame({"word": words.ids, "row": owners})
