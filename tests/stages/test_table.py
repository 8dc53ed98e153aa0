"""The stage table: what it declares can be had, each file has one author, and an edit reaches the stages that run it."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from governance.actions.freeze import CycleRequest, batch_manifest, cycle_of
from governance.policy import Line, Policy
from governance.ports.desk import SHARDS
from governance.stages.table import STAGES, pipeline, stage_named

ROOT = Path(__file__).parents[2]
ALL = {"validate", "mix", "train", "probe", "measure", "judge"}
CODE = "import json; from governance.stages.table import code_documents; print(json.dumps(code_documents()))"


def test_every_part_that_a_stage_needs_is_in_every_frozen_cycle(tmp_path: Path):
    (tmp_path / "batch.csv").write_text("rows")
    request = CycleRequest(
        number=1,
        kind="founding",
        batch=tmp_path / "batch.csv",
        mapping={},
        policy=Policy(line=Line(model="student")),
        shards=dict.fromkeys(SHARDS, "a" * 64),
        start={},
        champion=None,
        baseline=None,
        teachers={},
        ledger_head=None,
    )
    document = cycle_of(request, batch_manifest(request.batch))
    missing = []
    for stage in STAGES:
        for key in stage.needs:
            found = document
            for part in key.split("."):
                missing += [f"{stage.name}: {key}"] if part not in found else []
                found = found.get(part, {})
    assert missing == []


def test_a_file_has_one_author_and_no_stage_reads_what_it_writes():
    written = [name for stage in STAGES for name in stage.writes]
    assert len(written) == len(set(written))
    assert [stage.name for stage in STAGES if set(stage.reads) & set(stage.writes)] == []


def test_a_stage_that_is_not_there_is_a_bug_and_the_stages_are_listed():
    with pytest.raises(KeyError, match="bake is no stage; stages are validate, mix, train, probe, measure, judge"):
        stage_named("bake")


def test_dvc_hears_of_the_code_the_inputs_and_the_needed_parts_and_never_of_the_whole_cycle():
    for name, entry in pipeline()["stages"].items():
        stage = stage_named(name)
        assert entry["cmd"] == f"heirloom stage run {name}"
        assert entry["deps"][0] == f".heirloom/code/{name}.json"
        assert entry["params"] == [{"cycle/cycle.json": list(stage.needs)}]
        assert not {"cycle/cycle.json", "cycle"} & {*entry["deps"], *entry["outs"]}
        assert (len(entry["deps"]), len(entry["outs"])) == (1 + len(stage.reads), len(stage.writes))


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of our own packages, to edit."""
    root = tmp_path_factory.mktemp("house")
    for package in ("governance", "schemas"):
        shutil.copytree(ROOT / package, root / package, ignore=shutil.ignore_patterns("__pycache__"))
    return root


@pytest.fixture(scope="module")
def unedited(house: Path) -> Mapping[str, str]:
    return digests(house)


def digests(house: Path) -> Mapping[str, str]:
    told = {**os.environ, "PYTHONPATH": str(house), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", CODE], cwd=house, env=told, capture_output=True, text=True, check=True)
    return {name: document["sha256"] for name, document in json.loads(done.stdout).items()}


@pytest.mark.parametrize(
    ("file", "again"),
    [
        ("governance/gates/rules/tail_perplexity.py", {"judge"}),
        ("governance/collapse/metrics/distinct_2.py", {"measure"}),
        ("schemas/rows.py", {"validate"}),
        ("governance/training/batches.py", {"validate", "mix", "train", "probe"}),
        ("governance/digest.py", ALL),
        ("governance/actions/promote.py", set()),
        ("governance/adapters/report/verdict.py", set()),
    ],
)
def test_an_edit_repeats_the_stages_that_run_it_and_words_about_it_repeat_nothing(
    house: Path, unedited: Mapping[str, str], file: str, again: set[str]
):
    path = house / file
    before = path.read_text()
    try:
        path.write_text('"""Other words."""\n# and a comment\n' + before[before.index('"""', 3) + 3 :])
        assert digests(house) == unedited
        path.write_text(before + "\nEDITED = True\n")
        assert {name for name, digest in digests(house).items() if digest != unedited[name]} == again
    finally:
        path.write_text(before)
