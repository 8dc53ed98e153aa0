"""Fact-drift sentinels: pairs of a truth and its known falsehood, pinned, which differ in one thing and are never trained on."""

from collections.abc import Sequence

import polars as pl

from governance.collapse.cloze import Question
from governance.errors import shown

SENTINELS_FILE = "sentinels.parquet"
"""The frozen table in a cycle's folder, and its name among the pinned shards, where it may be absent."""
SENTINEL_SCHEMA = pl.Schema({"sentinel_id": pl.String, "slice": pl.String, "true_text": pl.String, "false_text": pl.String})


def no_sentinels() -> pl.DataFrame:
    """The table of a workspace that planted none."""
    return SENTINEL_SCHEMA.to_frame()


def checked_sentinels(frame: pl.DataFrame) -> pl.DataFrame:
    """The table with exactly its columns, by id.

    Raises: ValueError naming a column that is missing, or at most five sentinels that are no pair: one without a text, with two equal
    texts, or of an id that occurs twice.
    """
    if wrong := [name for name, kind in SENTINEL_SCHEMA.items() if frame.schema.get(name) != kind]:
        raise ValueError(f"column {wrong[0]!r} is missing or no text")
    texts = (pl.col("true_text").fill_null("").str.strip_chars(), pl.col("false_text").fill_null("").str.strip_chars())
    empty = (texts[0] == "") | (texts[1] == "") | (texts[0] == texts[1])
    odd = frame.filter(empty | pl.col("sentinel_id").is_null() | pl.col("sentinel_id").is_duplicated())
    if odd.height:
        raise ValueError(f"{odd.height} sentinels are no pair of two texts under a name of their own: {shown(_ids(odd))}")
    return frame.select(SENTINEL_SCHEMA.names()).sort("sentinel_id")


def sentinel_questions(sentinels: pl.DataFrame) -> list[Question]:
    """A question a sentinel; each stands for itself."""
    rows = sentinels.with_columns(pl.col("slice").fill_null("none")).select(SENTINEL_SCHEMA.names()).iter_rows()
    return [Question(question_id=name, source_id=name, slice=part, choices=(true, false)) for name, part, true, false in rows]


def _ids(frame: pl.DataFrame) -> Sequence[str]:
    return sorted({str(name) for name in frame["sentinel_id"]})
