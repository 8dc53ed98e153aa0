"""The corpus source over a made corpus, with a row door that admits what has the row schema's names."""

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from governance.adapters.sources.corpus import SOURCE
from governance.errors import BatchError, PolicyError
from governance.ports.rows import rows_frame
from governance.provenance.rules import ProvenanceRules

SETTINGS = {"root": "corpus", "human_documents": 10, "mapping": {"row_id": "id"}}


class OpenDoor:
    """Admits every row with a text, names taken by a mapping of target to column."""

    def __init__(self) -> None:
        self.mappings: list[Mapping[str, Any]] = []

    def admit(
        self, files: Sequence[Path], mapping: Mapping[str, Any], rules: ProvenanceRules, admitted: Path, quarantine: Path
    ) -> dict[str, Any]:
        self.mappings.append(mapping)
        rows = pl.read_parquet(files[0]).rename({column: name for name, column in mapping.items()})
        known = ["row_id", "text", "origin", "generator", "parent_ids", "vintage", "slice"]
        frame = rows_frame(rows.select(known).to_dicts(), files[0].name).with_columns(pl.col("text").fill_null(""))
        frame.filter(pl.col("text") != "").write_parquet(admitted)
        quarantine.write_text("")
        return {}


def made(seed: int, count: int, prefix: str) -> pl.DataFrame:
    stream = np.random.Generator(np.random.Philox(seed))
    words = [f"word{n}" for n in range(500)]
    texts = [" ".join(words[n] for n in stream.integers(0, 500, 30)) for _ in range(count)]
    return pl.DataFrame({"id": [f"{prefix}-{n}" for n in range(count)], "text": texts}).with_columns(
        origin=pl.lit("human"),
        generator=pl.lit(None, pl.String),
        parent_ids=pl.lit([], pl.List(pl.String)),
        vintage=pl.lit("2019-05-01").str.to_date(),
        slice=pl.when(pl.int_range(pl.len()) % 3 == 0).then(pl.lit("news")).otherwise(pl.lit("stories")),
        label=pl.lit("high"),
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "corpus"
    root.mkdir()
    human = made(1, 200, "h").with_columns(
        vintage=pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("2024-01-01").str.to_date()).otherwise("vintage"),
        label=pl.when(pl.int_range(pl.len()) < 20).then(pl.lit("medium")).otherwise("label"),
        text=pl.when(pl.int_range(pl.len()) == 199).then(pl.lit("")).otherwise("text"),
    )
    children = human.head(150).select(pl.concat_list("id"))["id"]
    hybrids = made(2, 150, "m").with_columns(origin=pl.lit("hybrid"), generator=pl.lit("m"), parent_ids=children)
    tail = made(3, 30, "t")
    copy = tail.head(1).with_columns(id=pl.lit("h-copy"))
    pl.concat([human, hybrids, copy]).write_parquet(root / "articles.parquet")
    tail.write_parquet(root / "tail_shard_candidates.parquet")
    with gzip.open(root / "prompts.jsonl.gz", "wt") as stream:
        stream.writelines(
            json.dumps({"prompt_id": f"p{n}", "text": "It was", "slice": "news", "score": float("nan")}) + "\n" for n in range(5)
        )
    return tmp_path


def shard(workspace: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(workspace / "shards" / f"{name}.parquet")


def batch(workspace: Path, name: str) -> pl.DataFrame:
    return pl.read_parquet(workspace / "inbox" / f"{name}.parquet")


def test_every_delivered_row_is_in_exactly_one_set_with_the_columns_it_came_with(workspace: Path) -> None:
    SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    delivered = pl.read_parquet(workspace / "corpus" / "articles.parquet")
    base, rest = batch(workspace, "base"), batch(workspace, "batch-1")
    assert base.columns == rest.columns == delivered.columns
    ids = [*base["id"], *rest["id"], *shard(workspace, "anchors")["row_id"], *shard(workspace, "human")["row_id"]]
    assert sorted(ids) == sorted(delivered["id"])


def test_the_base_batch_is_human_and_every_other_origin_waits_in_the_next(workspace: Path) -> None:
    layout = SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    assert layout.base == "inbox/base.parquet"
    assert batch(workspace, "base")["origin"].unique().to_list() == ["human"]
    assert set(batch(workspace, "batch-1")["origin"]) == {"human", "hybrid"}


def test_a_row_that_the_door_would_refuse_is_left_for_the_validate_stage_to_count(workspace: Path) -> None:
    SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    assert "h-199" in batch(workspace, "batch-1")["id"]


def test_a_parent_of_a_hybrid_is_never_in_the_locked_human_shard(workspace: Path) -> None:
    SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    parents = set(pl.read_parquet(workspace / "corpus" / "articles.parquet")["parent_ids"].explode().drop_nulls())
    assert shard(workspace, "human").height == 10
    assert parents.isdisjoint(shard(workspace, "human")["row_id"])


def test_a_near_copy_of_a_tail_document_is_in_no_shard_and_not_in_the_base(workspace: Path) -> None:
    layout = SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    assert "h-copy" in batch(workspace, "batch-1")["id"]
    assert layout.dropped == {"near-copy-left-in-batch": 1}


def test_anchors_are_of_every_slice_and_none_is_younger_than_the_line_unless_it_is_trusted(workspace: Path) -> None:
    SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    anchors = shard(workspace, "anchors")
    assert set(anchors["slice"]) == {"news", "stories"}
    assert anchors["vintage"].max() < pl.Series(["2022-12-01"]).str.to_date()[0]


def test_trusted_younger_rows_can_be_anchors_and_doubtful_ones_cannot(workspace: Path) -> None:
    settings = {**SETTINGS, "trusted_column": "label", "trusted_value": "high", "anchor_percent": 90, "base_percent": 1}
    SOURCE.prepare(workspace, settings, OpenDoor())
    found = {int(name.removeprefix("h-")) for name in shard(workspace, "anchors")["row_id"]}
    assert found & set(range(20, 40))
    assert not found & set(range(20))


def test_the_mapping_goes_to_the_door_and_a_second_call_asks_it_nothing(workspace: Path) -> None:
    door = OpenDoor()
    first = SOURCE.prepare(workspace, SETTINGS, door)
    assert door.mappings == [{"row_id": "id"}] * 2
    assert SOURCE.prepare(workspace, SETTINGS, door) == first
    assert len(door.mappings) == 2


def test_a_corpus_that_is_not_there_and_a_wrong_date_are_named(workspace: Path) -> None:
    (workspace / "corpus" / "prompts.jsonl.gz").unlink()
    with pytest.raises(BatchError, match=r"prompts\.jsonl\.gz"):
        SOURCE.prepare(workspace, SETTINGS, OpenDoor())
    with pytest.raises(PolicyError, match="soon"):
        SOURCE.prepare(workspace, {**SETTINGS, "human_until": "soon"}, OpenDoor())


def test_a_line_that_is_no_prompt_is_named_by_its_number(workspace: Path) -> None:
    with gzip.open(workspace / "corpus" / "prompts.jsonl.gz", "at") as stream:
        stream.write('{"prompt_id": "p9", "slice": "news"}\n')
    with pytest.raises(BatchError, match="line 6 is no prompt"):
        SOURCE.prepare(workspace, SETTINGS, OpenDoor())
