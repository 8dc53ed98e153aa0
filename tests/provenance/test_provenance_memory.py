"""The memory holds every admitted row once, forgets what was seen longest ago, and lets no row come back as something else."""

from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.kin import descendants
from governance.provenance.memory import MEMORY_SCHEMA, NO_PAST, Past, known_of, nothing_known, remembered
from governance.provenance.passed import PASSED_SCHEMA, KnownModel
from governance.provenance.rules import ProvenanceRules
from tests.provenance.batches import DRAFT, HUMAN, Shop


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.mark.parametrize(("then", "now"), [("model", "human"), ("human", "model")])
def test_a_row_that_comes_back_with_another_origin_is_refused(shop: Shop, then: str, now: str) -> None:
    rows = {"human": HUMAN, "model": {**DRAFT, "row_id": "h", "text": HUMAN["text"]}}
    shop.admit(rows[then], {**HUMAN, "row_id": "other", "text": "Else."})
    shop.admit(rows[now], {**HUMAN, "row_id": "third", "text": "More."})
    assert shop.refusals() == {"h": ("relabelled-row", f"{now} now, {then} in cycle 1")}


def test_a_row_that_comes_back_with_another_text_is_refused_and_the_same_row_is_not(shop: Shop) -> None:
    shop.admit(HUMAN, DRAFT)
    audit = shop.admit({**HUMAN, "text": "People wrote that."}, DRAFT)
    assert shop.refusals() == {"h": ("changed-row", "another text than in cycle 1 under this id")}
    assert audit["admitted"] == 1
    assert dict(shop.memory.select("row_id", "cycle").iter_rows()) == {"h": 1, "m": 2}


def test_a_human_row_made_from_a_model_row_of_an_earlier_batch_is_refused_through_any_number_of_human_rows(shop: Shop) -> None:
    shop.admit(HUMAN, DRAFT)
    chain = [{**HUMAN, "row_id": f"e{n}", "text": f"Edit {n}.", "parent_ids": [f"e{n - 1}" if n else "m"]} for n in range(40)]
    shop.admit(*chain, {**HUMAN, "row_id": "fine", "text": "Fine.", "parent_ids": ["h"]})
    refused = shop.refusals()
    assert set(refused) == {row["row_id"] for row in chain}
    assert {rule for rule, _ in refused.values()} == {"human-from-model"}


@pytest.mark.parametrize(
    ("unknown_parent", "admitted", "counted"),
    [("admit", {"lost", "from", "h"}, 2), ("refuse-human", {"from", "h"}, 1), ("refuse", {"h"}, 0)],
)
def test_a_parent_that_nobody_knows_is_what_policy_says(shop: Shop, unknown_parent: str, admitted: set[str], counted: int) -> None:
    orphan = {**HUMAN, "row_id": "lost", "text": "Made from something.", "parent_ids": ["gone", "h"]}
    draft = {**DRAFT, "row_id": "from", "parent_ids": ["gone"]}
    audit = shop.admit(HUMAN, orphan, draft, rules=ProvenanceRules(unknown_parent=unknown_parent))
    assert set(shop.memory["row_id"]) == admitted
    assert audit["unknown_parents"] == counted


def test_a_parent_of_an_earlier_batch_makes_a_row_as_deep_as_it_is(shop: Shop) -> None:
    own = KnownModel(name="student", digest="ab" * 32, depth=1, mean_depth=250)
    shop.admit(HUMAN, {**DRAFT, "generator": "student", "generator_version": "ab" * 6}, models=[own])
    shop.admit({**DRAFT, "row_id": "edit", "text": "An edit.", "origin": "hybrid", "parent_ids": ["m"]}, HUMAN)
    found = {row["row_id"]: (row["depth"], row["passages"], row["cycle"]) for row in shop.memory.iter_rows(named=True)}
    assert found == {"h": (0, 0, 2), "m": (2, 1250, 1), "edit": (2, 1250, 2)}


def test_what_was_seen_longest_ago_is_forgotten_first(shop: Shop) -> None:
    few = ProvenanceRules(memory_rows=2)
    shop.admit(HUMAN, DRAFT, rules=few)
    shop.admit(DRAFT, {**HUMAN, "row_id": "new", "text": "New."}, rules=few)
    assert shop.memory["row_id"].to_list() == ["m", "new"]


def test_a_batch_that_speaks_of_nothing_known_reads_nothing(shop: Shop) -> None:
    register = pl.DataFrame({"row_id": ["x"], "parent_ids": [["y"]]}, schema={"row_id": pl.String, "parent_ids": pl.List(pl.String)})
    assert known_of(NO_PAST, register).equals(nothing_known())
    shop.admit(HUMAN, DRAFT)
    assert known_of(Past(known=shop.folder / "known.parquet"), register).height == 0


ids = st.sampled_from("abcdef")
lines = st.lists(st.tuples(ids, st.integers(0, 3)), max_size=6, unique_by=lambda line: line[0])


def batch_of(rows: list[tuple[str, int]]) -> tuple[pl.DataFrame, pl.DataFrame]:
    admitted = pl.DataFrame(
        [(name, name * 3, "model" if depth else "human", None, None) for name, depth in rows],
        schema={name: MEMORY_SCHEMA[name] for name in ("row_id", "sha256", "origin", "generator", "generator_version")},
        orient="row",
    )
    return admitted, pl.DataFrame([(n, d, d * 1000) for n, d in rows if d], schema=PASSED_SCHEMA, orient="row")


@given(st.lists(lines, max_size=4), st.integers(1, 6))
def test_the_memory_is_bounded_keeps_ids_once_and_adding_a_batch_again_changes_nothing(batches: list[Any], limit: int) -> None:
    memory = nothing_known()
    for number, rows in enumerate(batches, start=1):
        memory = remembered(memory, *batch_of(rows), cycle=number, limit=limit)
        assert memory.equals(remembered(memory, *batch_of(rows), cycle=number, limit=limit))
        assert memory.height <= limit
        assert memory["row_id"].is_unique().all()
        assert memory.schema == MEMORY_SCHEMA


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=80), st.integers(0, 60))
def test_descendants_are_those_of_a_plain_walk(pairs: list[tuple[int, int]], root: int) -> None:
    edges = pl.DataFrame([(str(c), str(p)) for c, p in pairs], schema={"child": pl.String, "parent": pl.String}, orient="row")
    expected: set[int] = set()
    waiting = [root]
    while waiting:
        above = waiting.pop()
        fresh = {child for child, parent in pairs if parent == above} - expected
        expected |= fresh
        waiting += fresh
    assert set(descendants(edges, pl.Series([str(root)]))) == {str(child) for child in expected}


def test_a_chain_longer_than_the_joins_is_walked_to_its_end() -> None:
    edges = pl.DataFrame({"child": [str(n + 1) for n in range(5000)], "parent": [str(n) for n in range(5000)]})
    assert descendants(edges, pl.Series(["0"])).len() == 5000
