"""The history of one row: everything that anybody ever said of it, whether it counts or not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from governance.provenance.labels.label import NOBODY, Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One label of a row. `doubt` is why it does not count; empty where it does."""

    seq: int
    at: str
    by: str
    sha256: str
    then: str
    now: str
    generator: str | None
    generator_version: str | None
    queued: bool
    note: str | None
    doubt: str


def words_on(row_id: str, said: Sequence[Said], doubts: Mapping[int, str]) -> tuple[Word, ...]:
    """Every label of a row, oldest first; `doubts` are the seqs of labels that do not count, with why."""
    return tuple(
        Word(
            seq=one.seq,
            at=one.at,
            by=one.by,
            sha256=line["sha256"],
            then=line["origin_then"] or NOBODY,
            now=line["origin_now"],
            generator=line["generator"],
            generator_version=line["generator_version"],
            queued=line["queued"],
            note=line["note"],
            doubt=doubts.get(one.seq, ""),
        )
        for one in said
        for line in one.labels.filter(pl.col("row_id") == row_id).iter_rows(named=True)
    )
