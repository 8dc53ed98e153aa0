"""Rules on what a row says: copies, overlap with pinned texts, and near-duplicates."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import polars as pl

from governance.digest import digest_text
from governance.mixing.columns import hashes_of, repeats
from governance.mixing.floor import Floor
from governance.mixing.near import near_duplicates
from governance.mixing.overlap import Overlaps, overlaps_of_each
from governance.mixing.rules import MixRules
from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Places
from governance.provenance.kernels import Kernels
from governance.provenance.words import AnyWords, read_words

ANCHORS = "anchors"


def without_copies(sieve: Sieve) -> Sieve:
    """Of rows with one text the human one stays before a hybrid before a model's, then the lowest row id."""
    at = repeats(hashes_of(sieve.table, "sha256")[sieve.places])  # whole digests are compared of a few rows only
    alike = sieve.chosen(at, "row_id", "sha256").with_columns(pl.Series("at", at))
    told = alike.with_columns(pl.col("row_id").first().over("sha256").alias("first")).filter(pl.col("row_id") != pl.col("first"))
    return sieve.without(told["at"].to_numpy().astype(np.int64), "exact-duplicate", "same text as " + told["first"])


def without_overlaps(sieve: Sieve, words: AnyWords, pinned: Mapping[str, pl.DataFrame], rules: MixRules) -> Sieve:
    """Rows that overlap pinned texts leave. `words` are those of all rows, in the order of their places.

    `pinned`: name -> frame with `text` and `row_id` or `prompt_id`; the name makes the rule (`overlaps-tail`), and a row is charged to
    the first frame that it overlaps.
    """
    start = sieve.places
    texts = [read_words(frame["text"].to_list()) for frame in pinned.values()]
    found = overlaps_of_each(words.take(start), texts, rules.overlap_words, rules.overlap_percent)
    for (name, frame), one in zip(pinned.items(), found, strict=True):
        still = _staying(one, start, sieve.places)
        sieve = _without_overlaps(sieve, words.take(sieve.places), frame, still, name=name, overlap_words=rules.overlap_words)
    return sieve


def _staying(found: Overlaps, start: Places, places: Places) -> Overlaps:
    """Of overlaps that were found among the rows at `start`, those of rows that are still there, counted among these."""
    now = np.full(int(start.max(initial=-1)) + 1, -1, dtype=np.int64)
    now[places] = np.arange(places.size)
    at = now[start[found.texts]]
    here = at >= 0
    return Overlaps(texts=at[here], pinned=found.pinned[here], shared=found.shared[here], of=found.of[here])


def _without_overlaps(sieve: Sieve, words: AnyWords, frame: pl.DataFrame, found: Overlaps, *, name: str, overlap_words: int) -> Sieve:
    ids = frame["row_id" if "row_id" in frame.columns else "prompt_id"]
    wordless = np.flatnonzero(words.lengths == 0)
    digests = pl.Series([digest_text(text) for text in frame["text"].to_list()] if wordless.size else [], dtype=pl.String)
    same = wordless[sieve.chosen(wordless, "sha256")["sha256"].is_in(digests.implode()).to_numpy()]
    shares = zip(found.shared.tolist(), found.of.tolist(), ids[found.pinned].to_list(), strict=True)
    details = [f"{shared} of {of} runs of {overlap_words} words as in {name} {row_id}" for shared, of, row_id in shares]
    details += [f"same text as a row of {name}"] * same.size
    return sieve.without(np.concatenate((found.texts, same)), f"overlaps-{name}", details)


def without_near_duplicates(
    sieve: Sieve, words: AnyWords, rules: MixRules, floor: Floor, *, kernels: Kernels, scratch: Path | None
) -> Sieve:
    """Near-duplicates of rows that stay leave, but for human rows that the survival floor keeps."""
    found = near_duplicates(words.take(sieve.places), rules.near_duplicate_jaccard_percent, rules.shingle_words, kernels, scratch)
    kept = sieve.chosen(found.kept, "row_id")["row_id"].to_list()
    shares = zip(found.shared.tolist(), found.union.tolist(), kept, strict=True)
    details = [f"{shared} of {union} runs of {rules.shingle_words} words as in {row_id}" for shared, union, row_id in shares]
    return floor.without(sieve, found.dropped, "near-duplicate", details)
