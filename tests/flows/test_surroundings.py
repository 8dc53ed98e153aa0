"""What a workspace lends to the audit of a corpus: its student's tokens, its pinned people, and its word on what was altered."""

from pathlib import Path

import polars as pl
import pytest

from flows.surroundings import NO_WORKSPACE, surroundings
from governance.adapters.trainers.ngram import TRAINER
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS
from governance.ports.rows import rows_frame
from governance.provenance.corpus.document import STUDENT, WORDS
from governance.release import kinds
from governance.training.recipe import Recipe
from governance.wiring import Shop, open_shop
from tests.release.ledger_events import promoted, registered

TEXTS = ["the tea is warm and the cake is sweet", "people wrote these words"]


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    (tmp_path / "policy.toml").write_text(
        '[line]\nmodel = "tiny"\nseed = 11\n[training]\ntrainer = "ngram"\n[corpus]\nsampled_rows = 500\n'
    )
    shop = open_shop(tmp_path, actor="ann")
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "tiny", "environment": "demo"})
    return shop


def pinned(shop: Shop) -> None:
    digests = {}
    for name, place in SHARDS.items():
        path = shop.workspace.root / place
        path.parent.mkdir(exist_ok=True)
        rows = [{"row_id": f"{name}-{n}", "text": text, "origin": "human", "slice": "news"} for n, text in enumerate(TEXTS)]
        frame = rows_frame(rows, f"{name}.parquet")
        (frame.with_columns(pl.lit("book").alias("source_id")) if name == "human" else frame).write_parquet(path)
        digests[name] = digest_file(path)
    shop.ledger.record(kinds.SHARDS_PINNED, digests)


def test_outside_of_a_workspace_words_are_counted_and_there_is_nothing_to_compare_with():
    found = surroundings(None)
    assert (found.unit, found.count(TEXTS), found.not_emitted) == (WORDS, [9, 4], NO_WORKSPACE)
    assert found.references.is_empty()


def test_a_workspace_without_a_champion_counts_words_under_its_own_policy(shop: Shop):
    found = surroundings(shop)
    assert (found.unit, found.seed, found.look.corpus.sampled_rows) == (WORDS, 11, 500)


def test_tokens_are_those_of_the_student_that_serves(shop: Shop):
    kind, body = registered(1)
    shop.ledger.record(kind, {**dict.fromkeys(kinds.BODIES[kind]), **body, "passages": 0, "unknown_tokens": 0})
    shop.ledger.record(*promoted(1))
    assert surroundings(shop).unit == WORDS
    TRAINER.found(TEXTS, Recipe(), 7, shop.workspace.model(body["checkpoint"]))
    found = surroundings(shop)
    assert found.unit == STUDENT
    assert list(found.count(TEXTS)) == list(TRAINER.open(shop.workspace.model(body["checkpoint"])).count_tokens(TEXTS))


def test_pinned_people_are_anchors_and_the_human_shard_with_the_document_that_they_were_cut_from(shop: Shop):
    pinned(shop)
    assert sorted(surroundings(shop).references.select("row_id", "source_id").iter_rows()) == [
        ("anchors-0", None),
        ("anchors-1", None),
        ("human-0", "book"),
        ("human-1", "book"),
    ]


def test_a_pinned_shard_that_was_altered_stops_the_audit(shop: Shop):
    pinned(shop)
    (shop.workspace.root / SHARDS["human"]).write_bytes(b"other")
    with pytest.raises(IntegrityError, match="pinned as"):
        surroundings(shop)
