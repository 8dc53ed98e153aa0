"""Sentinels are pinned when a cycle first begins with them, and from then on they are those bytes or nothing; no row says one of them."""

from pathlib import Path

import polars as pl
import pytest

from flows.sentinels import GUARD, guarded, pinned_sentinels, record_sentinels
from governance.collapse.sentinels import SENTINEL_SCHEMA, SENTINELS_FILE
from governance.errors import IntegrityError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA, Benchmarks
from governance.ports.clock import SystemClock
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import Shop


def pairs(*rows: tuple[str, str, str, str]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SENTINEL_SCHEMA, orient="row")


@pytest.fixture
def bare(tmp_path: Path) -> Shop:
    (tmp_path / "policy.toml").write_text('[line]\nmodel = "student"\n')
    (tmp_path / "heirloom.toml").write_text("")
    shop = Shop(workspace=Workspace(root=tmp_path), clock=SystemClock(), actor="steward-a")
    shop.workspace.shards.mkdir()
    shop.workspace.state.mkdir()
    return shop


@pytest.fixture
def planted(bare: Shop) -> Shop:
    pairs(("b", "s", "yes", "no"), ("a", "s", "so", "not so")).write_parquet(bare.workspace.shards / SENTINELS_FILE)
    record_sentinels(bare, bare.ledger.state())
    return bare


def test_a_workspace_without_sentinels_has_none_and_pins_none(bare: Shop):
    record_sentinels(bare, bare.ledger.state())
    assert pinned_sentinels(bare, bare.ledger.state()) is None
    assert bare.ledger.events() == ()


def test_sentinels_are_pinned_once(planted: Shop):
    record_sentinels(planted, planted.ledger.state())
    assert [event.kind for event in planted.ledger.events()] == [kinds.SENTINELS_PINNED]
    found = pinned_sentinels(planted, planted.ledger.state())
    assert found is not None
    assert found["sentinel_id"].to_list() == ["a", "b"]


@pytest.mark.parametrize("gone", [True, False])
def test_sentinels_that_moved_or_are_missing_are_refused(planted: Shop, gone: bool):
    path = planted.workspace.shards / SENTINELS_FILE
    pairs(("a", "s", "so", "not so")).write_parquet(path)
    if gone:
        path.unlink()
    with pytest.raises(IntegrityError, match=r"is missing, pinned as [0-9a-f]{12}" if gone else r"is [0-9a-f]{12}, pinned as [0-9a-f]{12}"):
        pinned_sentinels(planted, planted.ledger.state())


def test_what_is_no_table_of_pairs_is_refused_before_it_is_pinned(bare: Shop):
    pairs(("a", "s", "yes", "yes")).write_parquet(bare.workspace.shards / SENTINELS_FILE)
    with pytest.raises(IntegrityError, match="no pair of two texts"):
        pinned_sentinels(bare, bare.ledger.state())


def test_both_versions_of_a_sentinel_stand_among_the_texts_that_no_row_may_hold(planted: Shop):
    exam = pl.DataFrame([("exam", 4, "who")], schema=BENCHMARKS_SCHEMA, orient="row")
    found = guarded(Benchmarks(texts=exam), pinned_sentinels(planted, planted.ledger.state()))
    assert found.texts.rows() == [("exam", 4, "who"), *((GUARD, n, text) for n, text in enumerate(("so", "yes", "not so", "no"), start=1))]
    assert guarded(Benchmarks(texts=exam), None).texts.equals(exam)
