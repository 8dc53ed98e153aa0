import email
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.inbox import waiting
from governance.adapters.shards import lay_out
from governance.adapters.sources.python_docs import RARE_MODULE_DOCUMENTS, SOURCE, PythonDocsSettings, part
from governance.adapters.splits import near_copies, rare_names_per_100_words
from governance.adapters.stdlib_texts import Document, documents
from governance.collapse.sentinels import SENTINELS_FILE, checked_sentinels
from governance.digest import digest_file
from governance.errors import ConflictError, IntegrityError, PolicyError
from governance.ports.source import Prepared
from governance.provenance.row import ROW_SCHEMA

DOOR = object()
SMALL = {"stdlib": str(Path(email.__file__).parent), "tail_documents": 20, "human_documents": 20, "prompts": 20}
"""The language reference and one package: enough where sizes do not matter."""


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Prepared]:
    workspace = tmp_path_factory.mktemp("workspace")
    return workspace, SOURCE.prepare(workspace, {"name": "python-docs"}, DOOR)


@pytest.fixture(scope="module")
def everything() -> list[Document]:
    return documents()


def frames(workspace: Path) -> dict[str, pl.DataFrame]:
    """Every set of documents; sentinels are sentences of the ones whose openings are prompts."""
    paths = (*workspace.glob("shards/*.parquet"), *workspace.glob("inbox/*.parquet"))
    return {path.stem: pl.read_parquet(path) for path in paths if path.name != SENTINELS_FILE}


def test_sentinels_are_sentences_that_no_other_set_says(prepared: tuple[Path, Prepared]) -> None:
    planted = checked_sentinels(pl.read_parquet(prepared[0] / "shards" / SENTINELS_FILE))
    found = frames(prepared[0])
    asked = set(found.pop("prompts")["prompt_id"].str.strip_prefix("prompt-"))
    assert planted.height >= 30
    assert set(planted["sentinel_id"].str.strip_prefix("sentinel-")) <= asked
    said = " ".join(word for frame in found.values() for text in frame["text"] for word in text.split())
    assert [text for text in planted["true_text"] if text in said] == []


def test_all_sets_are_disjoint_by_id_and_no_two_documents_of_any_sets_are_near_copies(prepared: tuple[Path, Prepared]) -> None:
    found = frames(prepared[0])
    asked = found.pop("prompts")["prompt_id"].str.strip_prefix("prompt-")
    ids = pl.concat([*(frame["row_id"] for frame in found.values()), asked.rename("row_id")])
    assert ids.is_unique().all()
    texts = pl.concat([frame["text"] for frame in found.values()]).to_list()
    assert near_copies(texts).is_empty()


def test_every_set_has_the_size_that_the_demo_needs(prepared: tuple[Path, Prepared], everything: list[Document]) -> None:
    sizes = prepared[1].documents
    assert (sizes["tail"], sizes["human"]) == (450, 300)
    assert sizes["prompts"] == frames(prepared[0])["prompts"]["text"].n_unique() == 150
    assert sizes["base"] > 2000
    assert all(sizes[f"cycle-{n}"] > 200 for n in range(1, 5))
    assert sum(sizes.values()) + prepared[1].dropped["near-copy"] == len(everything)


def test_every_set_has_every_slice_and_all_rows_are_human(prepared: tuple[Path, Prepared]) -> None:
    for name, frame in frames(prepared[0]).items():
        assert frame["slice"].n_unique() >= 12, name
        assert name == "prompts" or frame["origin"].unique().to_list() == ["human"]


def test_the_tail_has_far_more_rare_names_than_the_human_shard_and_no_slice_fills_it(everything: list[Document]) -> None:
    rates = dict(zip([d.row_id for d in everything], rare_names_per_100_words([d.text for d in everything]), strict=True))
    sets, _ = part(everything, PythonDocsSettings())
    mean = {name: sum(rates[d.row_id] for d in sets[name]) / len(sets[name]) for name in ("tail", "human")}
    assert mean["tail"] > 3 * mean["human"]
    assert max(pl.Series([d.slice for d in sets["tail"]]).value_counts()["count"]) <= 90


def test_half_of_the_prompts_ask_about_rare_modules(everything: list[Document]) -> None:
    sets, _ = part(everything, PythonDocsSettings())
    sizes = pl.Series([d.module for d in everything]).value_counts(name="n")
    rare = set(sizes.filter(pl.col("n") <= 3 * RARE_MODULE_DOCUMENTS)[sizes.columns[0]])
    assert sum(d.module in rare for d in sets["prompts"]) >= 75


def test_preparing_again_changes_nothing_and_gives_the_same_layout(prepared: tuple[Path, Prepared]) -> None:
    workspace, first = prepared
    before = {path: (path.stat().st_mtime_ns, digest_file(path)) for path in workspace.rglob("*") if path.is_file()}
    assert SOURCE.prepare(workspace, {}, DOOR) == first
    assert {path: (path.stat().st_mtime_ns, digest_file(path)) for path in workspace.rglob("*") if path.is_file()} == before


def test_another_workspace_gets_the_same_bytes(tmp_path: Path) -> None:
    assert SOURCE.prepare(tmp_path / "one", SMALL, DOOR) == SOURCE.prepare(tmp_path / "other", SMALL, DOOR)


def test_batches_wait_in_the_inbox_in_the_order_in_which_they_are_meant(prepared: tuple[Path, Prepared]) -> None:
    workspace, layout = prepared
    assert [f"inbox/{path.name}" for path in waiting(workspace / "inbox", ())] == list(layout.batches)


def test_an_altered_shard_is_refused_by_name(tmp_path: Path) -> None:
    SOURCE.prepare(tmp_path, SMALL, DOOR)
    path = tmp_path / "shards" / "anchors.parquet"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(IntegrityError, match="shard anchors"):
        SOURCE.prepare(tmp_path, SMALL, DOOR)


def test_shards_that_nobody_laid_out_are_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "tail.parquet").write_bytes(b"mine")
    with pytest.raises(ConflictError, match="shards are here already"):
        SOURCE.prepare(tmp_path, SMALL, DOOR)
    assert (tmp_path / "shards" / "tail.parquet").read_bytes() == b"mine"


@pytest.mark.parametrize("settings", [{"tail_document": 3}, {"cycles": 0}, {"base_percent": 90}])
def test_impossible_settings_are_refused_before_anything_is_written(tmp_path: Path, settings: dict[str, int]) -> None:
    with pytest.raises(PolicyError):
        SOURCE.prepare(tmp_path, settings, DOOR)
    assert not list(tmp_path.iterdir())


def test_shards_that_share_a_text_are_refused_by_id(tmp_path: Path, prepared: tuple[Path, Prepared]) -> None:
    shards = {name: pl.read_parquet(prepared[0] / "shards" / f"{name}.parquet") for name in ("anchors", "tail", "human", "prompts")}
    leaked = shards["tail"].head(1).select(ROW_SCHEMA.names()).with_columns(pl.lit("other").alias("row_id"))
    shards["anchors"] = pl.concat([shards["anchors"], leaked])
    with pytest.raises(IntegrityError, match="texts in more than one shard"):
        lay_out(tmp_path, "test", shards, {}, base=None, dropped={})
    assert not list(tmp_path.iterdir())
