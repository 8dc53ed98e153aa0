"""Rows that come nearer to human than they were known are counted by every door, and many of them at once raise the alarm."""

import polars as pl
import pytest

from governance.ports.rows import rows_frame
from governance.provenance.labels.label import RELABELS_SCHEMA
from governance.provenance.laundering.relabels import Relabels, relabels_of, returned_nearer
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.memory import MEMORY_SCHEMA

COUNTED = Relabels(rows_in=1_000, refused=4, known_texts=3, labelled=3)


def rows(*claims: tuple[str, str, str]) -> pl.DataFrame:
    generator = {"human": {}}
    records = [{"row_id": i, "text": t, "origin": o, **generator.get(o, {"generator": "g"})} for i, t, o in claims]
    return rows_frame(records, "x")


def memory(*claims: tuple[str, str, str]) -> pl.DataFrame:
    known = rows(*claims).select("row_id", "sha256", "origin", "generator", "generator_version")
    zeros = [pl.lit(0, dtype=MEMORY_SCHEMA[name]).alias(name) for name in ("depth", "passages", "cycle")]
    return known.with_columns(zeros).select(MEMORY_SCHEMA.names())


def labels(frame: pl.DataFrame, then: str) -> pl.DataFrame:
    said = frame.select("row_id", "sha256", pl.lit(then).alias("origin_then"), pl.col("origin").alias("origin_now"))
    rest = [pl.lit(None, dtype=kind).alias(name) for name, kind in RELABELS_SCHEMA.items() if name not in said.columns]
    return said.with_columns(rest).select(RELABELS_SCHEMA.names())


def counted(admitted: pl.DataFrame, known: pl.DataFrame, said: pl.DataFrame) -> Relabels:
    return relabels_of(admitted.lazy(), known.lazy(), said.lazy(), rows_in=100, refused=0)


NO_LABELS = RELABELS_SCHEMA.to_frame()


@pytest.mark.parametrize(
    ("now", "then", "nearer"),
    [
        *(("human", "model", 1), ("human", "exposed", 1), ("exposed", "hybrid", 1), ("hybrid", "model", 1)),
        *(("model", "human", 0), ("human", "human", 0), ("model", "unknown", 0), ("hybrid", "exposed", 0)),
    ],
)
def test_a_known_id_that_comes_back_nearer_to_human_is_counted_and_the_other_way_is_not(now: str, then: str, nearer: int):
    assert returned_nearer(rows(("a", "t", now)), memory(("a", "t", then))) == nearer
    assert returned_nearer(rows(("b", "t", now)), memory(("a", "t", then))) == 0


def test_a_synthetic_text_that_comes_back_as_human_under_another_id_is_counted():
    known = memory(("a", "model text", "model"), ("b", "human text", "human"))
    admitted = rows(("x", "model text", "human"), ("y", "human text", "human"), ("z", "model text", "model"), ("w", "new", "human"))
    assert counted(admitted, known, NO_LABELS).known_texts == 1


def test_a_label_towards_human_counts_until_the_row_was_admitted_under_it_and_one_the_other_way_never():
    admitted = rows(("a", "one", "human"), ("b", "two", "model"))
    known = memory(("a", "one", "model"))
    assert counted(admitted, known, labels(admitted.head(1), "model")).labelled == 1
    assert counted(admitted, memory(("a", "one", "human")), labels(admitted.head(1), "model")).labelled == 0
    assert counted(admitted, known, labels(admitted.tail(1), "human")).labelled == 0


def test_a_row_is_counted_by_one_door():
    admitted = rows(("new", "one", "human"))
    found = counted(admitted, memory(("a", "one", "model")), labels(admitted, "model"))
    assert (found.labelled, found.known_texts, found.rows) == (1, 0, 1)


def test_the_alarm_says_how_many_by_which_door_and_is_raised_above_the_policy_alone():
    assert COUNTED.alarms(LaunderingRules(relabel_alarm_percent=1)) == ()
    said = Relabels(rows_in=999, refused=4, known_texts=3, labelled=3).alarms(LaunderingRules(relabel_alarm_percent=1))
    assert len(said) == 1
    assert said[0].startswith("10 of 999 rows are nearer to human than they were known: 4 under a known id (refused), 3 known texts")
    assert COUNTED.alarms(LaunderingRules(relabel_alarm_percent=0))
