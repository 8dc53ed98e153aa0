"""Rows of earlier cycles are kept once, come back as people see them today, and never beside themselves."""

from typing import Any

import polars as pl

from governance.digest import digest_text
from governance.ports.rows import rows_frame
from governance.provenance.earlier import EARLIER_SCHEMA, come_back, nothing_earlier, together, trained_rows
from governance.provenance.labels.label import RELABELS_SCHEMA, no_relabels
from governance.provenance.passed import PASSED_SCHEMA


def mix_of(*rows: tuple[str, str, str]) -> pl.DataFrame:
    """(row id, role, origin) each."""
    records = [
        {"row_id": row_id, "text": row_id, "origin": origin, **({} if origin == "human" else {"generator": "writer"})}
        for row_id, _, origin in rows
    ]
    return rows_frame(records, "x").with_columns(role=pl.Series([role for _, role, _ in rows]), shard=pl.lit(0), tokens=pl.lit(5))


def passed_of(**through: tuple[int, int]) -> pl.DataFrame:
    return pl.DataFrame([(name, *found) for name, found in through.items()], schema=PASSED_SCHEMA, orient="row")


def kept(cycle: int, *rows: tuple[str, str, str], **through: tuple[int, int]) -> pl.DataFrame:
    return trained_rows(mix_of(*rows), passed_of(**through), nothing_earlier(), cycle)


def test_a_cycle_keeps_each_row_that_it_was_the_first_to_train_on_and_no_anchor() -> None:
    mix = mix_of(
        ("a", "anchor", "human"), ("h", "human", "human"), ("m", "synthetic", "model"), ("old", "human", "human"), ("h", "human", "human")
    )
    found = trained_rows(mix, passed_of(m=(2, 1500)), kept(1, ("old", "human", "human")), 3)
    assert found.schema == EARLIER_SCHEMA
    assert found.select("row_id", "cycle", "depth", "passages").rows() == [("h", 3, 0, 0), ("m", 3, 2, 1500)]


def test_synthetic_text_of_which_nothing_is_known_has_been_through_one_model() -> None:
    assert kept(1, ("m", "synthetic", "model")).select("depth", "passages").row(0) == (1, 1000)


def test_of_a_row_that_two_cycles_kept_the_later_word_counts() -> None:
    one, two = kept(1, ("a", "human", "human"), ("b", "human", "human")), kept(2, ("b", "synthetic", "model"))
    both = together([two, one])
    assert both.select("row_id", "cycle", "origin").rows() == [("a", 1, "human"), ("b", 2, "model")]
    assert together([]).equals(nothing_earlier())


def test_a_row_that_the_batch_brings_itself_does_not_come_back_beside_it() -> None:
    earlier = kept(1, ("a", "human", "human"), ("b", "human", "human"))
    assert come_back(earlier, mix_of(("b", "human", "human")), no_relabels())["row_id"].to_list() == ["a"]


def relabel(row_id: str, origin: str, **more: Any) -> pl.DataFrame:
    said = {
        "row_id": row_id,
        "sha256": digest_text(row_id),
        "origin_then": "human",
        "origin_now": origin,
        "by": "editor",
        "seq": 9,
        "at": "",
        **more,
    }
    return pl.DataFrame([{name: said.get(name) for name in RELABELS_SCHEMA}], schema=RELABELS_SCHEMA)


def test_a_row_that_a_person_has_since_found_to_be_a_models_comes_back_as_that() -> None:
    earlier = kept(1, ("a", "human", "human"), ("b", "human", "human"))
    found = come_back(earlier, mix_of(), relabel("b", "model", generator="writer"))
    assert found.select("row_id", "origin", "generator", "depth", "passages").rows() == [
        ("a", "human", None, 0, 0),
        ("b", "model", "writer", 1, 1000),
    ]
