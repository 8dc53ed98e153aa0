"""Rows of earlier cycles are kept once, come back as people see them today, and never beside themselves."""

from typing import Any

import polars as pl

from governance.digest import digest_text
from governance.ports.rows import rows_frame
from governance.provenance.earlier import EARLIER_SCHEMA, as_labelled, comes_back, first_trained, nothing_earlier, trained_rows
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
    return trained_rows(mix_of(*rows), passed_of(**through), cycle)


def test_a_cycle_keeps_each_row_that_it_was_the_first_to_train_on_and_no_anchor() -> None:
    mix = mix_of(
        ("a", "anchor", "human"), ("h", "human", "human"), ("m", "synthetic", "model"), ("old", "human", "human"), ("h", "human", "human")
    )
    mask = first_trained(mix.select("row_id", "role"), kept(1, ("old", "human", "human")))
    found = trained_rows(mix.filter(mask), passed_of(m=(2, 1500)), 3)
    assert found.schema == EARLIER_SCHEMA
    assert found.select("row_id", "cycle", "depth", "passages").rows() == [("h", 3, 0, 0), ("m", 3, 2, 1500)]


def test_synthetic_text_of_which_nothing_is_known_has_been_through_one_model() -> None:
    assert kept(1, ("m", "synthetic", "model")).select("depth", "passages").row(0) == (1, 1000)


def test_a_row_that_is_an_anchor_too_is_kept_once() -> None:
    mix = mix_of(("h", "anchor", "human"), ("h", "human", "human"), ("h", "human", "human"))
    assert first_trained(mix, nothing_earlier()).to_list() == [False, True, False]


def test_a_row_that_the_batch_brings_itself_does_not_come_back_beside_it() -> None:
    earlier = kept(1, ("a", "human", "human"), ("b", "human", "human"))
    assert comes_back(earlier, mix_of(("b", "human", "human"))).to_list() == [True, False]
    assert as_labelled(earlier, no_relabels()).equals(earlier)


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
    found = as_labelled(earlier, relabel("b", "model", generator="writer"))
    assert found.select("row_id", "origin", "generator", "depth", "passages").rows() == [
        ("a", "human", None, 0, 0),
        ("b", "model", "writer", 1, 1000),
    ]
