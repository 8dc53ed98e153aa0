"""A person's label holds for one row with one text, answers what the source says, and leaves everything else refused as before."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.ports.rows import rows_frame
from governance.provenance.labels.label import LABELLED_BY, MOVE, RELABELS_SCHEMA, in_force, no_relabels, relabelled
from governance.provenance.rules import ProvenanceRules
from tests.provenance.batches import DRAFT, HUMAN, Shop, label, said

AGAIN = {**HUMAN, "row_id": "other", "text": "Else."}
MACHINE = {"generator": "g", "generator_version": "2"}


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def origins(shop: Shop) -> dict[str, Any]:
    admitted = pl.read_parquet(shop.folder / "admitted.parquet")
    return {row["row_id"]: (row["origin"], row["generator"], row["generator_version"]) for row in admitted.iter_rows(named=True)}


def test_a_label_is_what_the_row_is_and_the_audit_says_what_moved_and_who_said_so(shop: Shop) -> None:
    audit = shop.admit(HUMAN, AGAIN, said=[said(9, label(HUMAN, "model", **MACHINE))])
    assert origins(shop) == {"h": ("model", "g", "2"), "other": ("human", None, None)}
    assert (audit["relabelled"], audit["labellers"]) == ({"human->model": 1}, {"steward-a": 1})
    assert audit["by_origin"] == {"human": 1, "model": 1}


def test_a_label_is_for_its_text_alone(shop: Shop) -> None:
    audit = shop.admit({**HUMAN, "text": "People wrote that."}, AGAIN, said=[said(9, label(HUMAN, "model", **MACHINE))])
    assert origins(shop)["h"] == ("human", None, None)
    assert audit["relabelled"] == {}


def test_a_row_that_was_refused_enters_as_the_person_said(shop: Shop) -> None:
    hybrid = {**DRAFT, "origin": "hybrid", "row_id": "y"}
    nobodys = {"row_id": "n", "text": "Whose is this?"}
    rules = ProvenanceRules(unknown_generator_version="refuse")
    shop.admit(hybrid, nobodys, HUMAN, rules=rules)
    assert {row: rule for row, (rule, _) in shop.refusals().items()} == {"y": "unknown-generator-version", "n": "missing-origin"}
    mended = [label(hybrid, "hybrid", **MACHINE), label({**nobodys, "origin": None}, "human", then=None)]
    audit = shop.admit(hybrid, nobodys, HUMAN, rules=rules, said=[said(9, *mended)])
    assert shop.refusals() == {}
    assert audit["relabelled"] == {"hybrid->hybrid": 1, "nobody->human": 1}


@pytest.mark.parametrize("source", ["says what it said", "was corrected"])
def test_a_relabelled_row_of_an_earlier_batch_is_not_refused_and_is_remembered_as_it_was_labelled(shop: Shop, source: str) -> None:
    shop.admit(HUMAN, AGAIN)
    now = HUMAN if source == "says what it said" else {**HUMAN, "origin": "model", **MACHINE}
    shop.admit(now, AGAIN, said=[said(9, label(HUMAN, "model", **MACHINE))])
    assert shop.refusals() == {}
    assert origins(shop)["h"] == ("model", "g", "2")
    assert dict(shop.memory.select("row_id", "origin").iter_rows()) == {"h": "model", "other": "human"}


def test_a_claim_that_no_label_answers_is_refused_like_every_other(shop: Shop) -> None:
    shop.admit(HUMAN, AGAIN)
    shop.admit(
        {**HUMAN, "origin": "hybrid", **MACHINE}, {**AGAIN, "origin": "model", **MACHINE}, said=[said(9, label(HUMAN, "model", **MACHINE))]
    )
    assert shop.refusals() == {
        "h": ("relabelled-row", "hybrid now, model by the label of ledger 9"),
        "other": ("relabelled-row", "model now, human in cycle 1"),
    }


def test_a_label_stands_against_a_source_that_says_human_after_all_though_the_row_was_never_admitted(shop: Shop) -> None:
    refused = {**DRAFT, "origin": "weak"}
    shop.admit(refused, AGAIN)
    word = said(9, label({**refused, "generator": "unknown"}, "model", **MACHINE))
    shop.admit({**HUMAN, "row_id": "m", "text": DRAFT["text"]}, AGAIN, said=[word])
    assert shop.refusals() == {"m": ("relabelled-row", "human now, model by the label of ledger 9")}
    shop.admit({**HUMAN, "row_id": "m", "text": "Another text of that id."}, AGAIN, said=[word])
    assert shop.refusals() == {}


def test_human_rows_made_from_a_row_that_a_person_found_to_be_a_models_are_refused(shop: Shop) -> None:
    shop.admit(HUMAN, AGAIN)
    child = {**HUMAN, "row_id": "child", "text": "A second edit.", "parent_ids": ["h"]}
    shop.admit(child, AGAIN)
    assert shop.refusals() == {}
    late = {**child, "row_id": "late", "text": "A third edit."}
    hybrid = {**late, "row_id": "edit", "text": "A fourth edit.", "origin": "hybrid", **MACHINE}
    shop.admit(late, hybrid, AGAIN, said=[said(9, label(HUMAN, "model", **MACHINE))])
    assert shop.refusals() == {"late": ("human-from-model", "human, but made from a row that is not")}
    assert dict(shop.memory.select("row_id", "depth").iter_rows())["edit"] >= 1


def test_the_last_word_answers_what_every_earlier_one_answered(shop: Shop) -> None:
    first = said(9, label(HUMAN, "model", **MACHINE))
    second = said(
        12, label({**HUMAN, "origin": "model", **MACHINE}, "hybrid", after=9, generator="desk", generator_version="1"), by="steward-b"
    )
    found = in_force([second, first])
    assert found.select("origin_then", "origin_now", "by", "seq").rows() == [
        ("human", "hybrid", "steward-b", 12),
        ("model", "hybrid", "steward-b", 12),
    ]
    for claim in (HUMAN, {**HUMAN, "origin": "model", **MACHINE}):
        shop.admit(claim, AGAIN, said=[first, second])
        assert origins(shop)["h"] == ("hybrid", "desk", "1")


def test_a_row_that_a_person_confirmed_moves_nothing(shop: Shop) -> None:
    audit = shop.admit(HUMAN, AGAIN, said=[said(9, label(HUMAN, "human"))])
    assert (audit["relabelled"], audit["labellers"]) == ({}, {})


def test_nobody_said_anything_is_a_frame_of_the_schema() -> None:
    assert in_force([]).equals(no_relabels())
    assert in_force([said(1, label(HUMAN, "model", **MACHINE))]).schema == RELABELS_SCHEMA


names = st.sampled_from("abc")
claims = st.lists(st.tuples(names, names, st.sampled_from(["human", "model", None])), max_size=8)
words = st.lists(st.tuples(names, names, st.sampled_from(["human", "model", None]), st.sampled_from(["human", "model"])), max_size=5)


@given(claims, st.lists(words, max_size=3))
def test_every_row_stays_in_its_place_and_only_answered_ones_change(rows: list[Any], rounds: list[Any]) -> None:
    frame = rows_frame([{"row_id": name, "text": text, "origin": origin} for name, text, origin in rows], "a").with_columns(
        pl.lit(None, dtype=pl.String).alias(column) for column in (MOVE, LABELLED_BY)
    )
    given_ = [
        said(seq, *(label({"row_id": name, "text": text, "origin": then}, now) for name, text, then, now in round_))
        for seq, round_ in enumerate(rounds, start=1)
    ]
    found = relabelled(frame, in_force(given_))
    assert found.drop("origin", MOVE, LABELLED_BY).equals(frame.drop("origin", MOVE, LABELLED_BY))
    last = {(name, text): now for round_ in rounds for name, text, _, now in round_}
    answered = {(name, text, then) for round_ in rounds for name, text, then, _ in round_}
    expected = [last[name, text] if (name, text, origin) in answered else origin for name, text, origin in rows]
    assert found["origin"].to_list() == expected
    assert found[MOVE].is_not_null().to_list() == [now != origin for now, (_, _, origin) in zip(expected, rows, strict=True)]
