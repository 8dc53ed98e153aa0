"""A row of text and where it came from: the columns that every frame of rows carries, and the one value behind them."""

from collections.abc import Mapping
from enum import StrEnum

import polars as pl


class Origin(StrEnum):
    """Who wrote a row. Only HUMAN counts as human, and only it can be an anchor, a tail or a human shard's text.

    HYBRID: a machine draft that a person edited. EXPOSED: a person's own text, who saw or was trained by model output on its subject.
    WEAK: labelled by a rule or a model and not by anybody who knows. All of them count as synthetic in full, unless policy lets a proven
    hybrid or exposed text count for less.
    """

    HUMAN = "human"
    MODEL = "model"
    HYBRID = "hybrid"
    EXPOSED = "exposed"
    WEAK = "weak"
    UNKNOWN = "unknown"


SYNTHETIC_ORIGINS = tuple(origin.value for origin in Origin if origin is not Origin.HUMAN)
"""Origins that count against the synthetic cap: everything that is not proven human."""

OWN_WORDS = (Origin.HUMAN.value, Origin.EXPOSED.value)
"""Origins whose words are a person's own, whatever the person read: a generator that such a row names did not write it."""

_COLUMNS: Mapping[str, pl.DataType] = {
    "row_id": pl.String(),  # unique in a batch
    "text": pl.String(),  # never shown outside <pre>, never in messages
    "sha256": pl.String(),  # of the UTF-8 bytes of the text, hex
    "origin": pl.String(),  # an Origin
    "generator": pl.String(),  # null exactly where origin is human; of an exposed row, the model that its writer saw
    "generator_version": pl.String(),  # null = unknown version, a counted class of its own
    "parent_ids": pl.List(pl.String()),  # rows that this row was made from; empty list when none
    "vintage": pl.Date(),  # when the text was written; null = unknown, never taken for old
    "source_tier": pl.String(),  # publisher, archive, crawl, ...; null = unknown
    "slice": pl.String(),  # stratum: topic, beat, module; "none" when not given
    "task": pl.String(),  # what the row teaches (article, headline, ...); "none" when not given
    "source_file": pl.String(),  # file of the batch it came from, as a name
    "line": pl.Int64(),  # row number in that file, from 1
}

ROW_SCHEMA = pl.Schema(_COLUMNS)
"""The columns of every shard, and of `admitted.parquet` beside its own. Stages may add columns, never drop one of these."""

SUCCESS = "success"
"""How well a published text did, where a batch says so (clicks, a score, a win rate): never a weight here, a reason to look twice."""
ADMITTED_SCHEMA = pl.Schema({**_COLUMNS, SUCCESS: pl.String()})
