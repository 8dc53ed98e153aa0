"""A real n-gram teacher writes rows, and the real row door takes them and every prepared batch without a mapping."""

from pathlib import Path

import polars as pl
import pytest

from governance.adapters.batch.door import FileBatchDoor
from governance.adapters.generators.local import GENERATOR, make_teacher
from governance.adapters.sources.python_docs import SOURCE
from governance.adapters.synthetic_rows import requests_for, rows_of
from governance.adapters.trainers.ngram import TRAINER
from governance.ports.generator import VERSION_DIGITS, Author
from governance.ports.language_model import Decoding
from governance.ports.rows import rows_frame
from governance.provenance.rules import ProvenanceRules
from governance.training.recipe import Recipe

QUIET = FileBatchDoor(expect=lambda *_: ())
COUNTS = {"tail_documents": 20, "human_documents": 20, "prompts": 20}


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Path:
    workspace = tmp_path_factory.mktemp("workspace")
    (workspace / "no-stdlib").mkdir()
    SOURCE.prepare(workspace, {"stdlib": str(workspace / "no-stdlib"), **COUNTS}, QUIET)
    return workspace


def admit(workspace: Path, path: Path) -> tuple[pl.DataFrame, dict[str, int]]:
    admitted = workspace / "admitted.parquet"
    audit = QUIET.admit([path], {}, ProvenanceRules(), admitted, workspace / "quarantine.jsonl")
    return pl.read_parquet(admitted), audit["by_rule"]


@pytest.mark.parametrize("name", ["base", "cycle-1", "cycle-4"])
def test_every_row_of_a_prepared_batch_is_admitted_as_human(workspace: Path, name: str) -> None:
    path = workspace / "inbox" / f"{name}.parquet"
    admitted, refused = admit(workspace, path)
    assert refused == {}
    assert admitted["origin"].to_list() == ["human"] * pl.read_parquet(path).height


def test_rows_that_a_real_teacher_wrote_are_admitted_under_its_name_and_digest(workspace: Path) -> None:
    base, _ = admit(workspace, workspace / "inbox" / "base.parquet")
    recipe = Recipe(width=160, layers=4, heads=4)
    digest = make_teacher(TRAINER, base, recipe, seed=7, folder=workspace / "teacher", progress=lambda *_: None)
    author = Author(name="docs-teacher", version=digest[:VERSION_DIGITS], model=TRAINER.open(workspace / "teacher"))
    asked = requests_for(base, prefix="syn", count=60, hybrids=20, seed=1)
    (drafts,) = GENERATOR.write(author, asked, Decoding(max_new_tokens=48, seed=5))
    rows = rows_of(author, asked, [drafts[request.row_id] for request in asked], seed=5)
    rows.drop("sha256", "source_file", "line").write_parquet(workspace / "synthetic.parquet")
    admitted, refused = admit(workspace, workspace / "synthetic.parquet")
    assert refused == {}
    assert admitted.group_by("origin").len().sort("origin").rows() == [("hybrid", 20), ("model", 40)]
    assert admitted["generator_version"].unique().to_list() == [digest[:VERSION_DIGITS]]


def test_a_base_batch_survives_the_door_with_the_text_that_was_laid_out(workspace: Path) -> None:
    path = workspace / "inbox" / "base.parquet"
    admitted, _ = admit(workspace, path)
    expected = rows_frame(pl.read_parquet(path).to_dicts(), "base.parquet")
    assert admitted.sort("row_id")["sha256"].equals(expected.sort("row_id")["sha256"])
