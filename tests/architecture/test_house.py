"""The house is as DESIGN draws it: sizes, names, words, and one table of stages."""

import ast
import re
from pathlib import Path

import pytest

from governance.adapters.pipeline_file import rendered
from governance.stages.closure import closure
from governance.stages.table import STAGES, code_of

ROOT = Path(__file__).parents[2]
OURS = sorted(path for package in ("governance", "flows", "cli", "schemas") for path in (ROOT / package).rglob("*.py"))
BANNED = {"manager", "helper", "helpers", "utils", "util", "handler", "data", "info", "process", "misc", "common"}
FUNCTION_LINES, FILE_LINES = 60, 300
WHOLE = {"governance/adapters/evidence/verify.py": 1600}
"""What an auditor runs alone is one file by promise."""


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def test_dvc_yaml_is_what_the_stage_table_says():
    assert (ROOT / "dvc.yaml").read_text() == rendered()


@pytest.mark.parametrize("name", ["policy.toml", "heirloom.toml"])
def test_a_new_workspace_starts_from_the_policy_of_the_embedded_default(name: str):
    assert (ROOT / "cli" / "templates" / name).read_text() == (ROOT / name).read_text()


def test_stages_are_in_the_order_of_the_product_sentence():
    assert [stage.name for stage in STAGES] == ["validate", "mix", "train", "probe", "measure", "judge"]


def test_a_stage_reads_only_what_an_earlier_stage_wrote_or_a_pinned_shard():
    there = {
        "batch/",
        "known.parquet",
        "emissions.parquet",
        "relabels.parquet",
        "earlier.parquet",
        "benchmarks.parquet",
        "sentinels.parquet",
        "withdrawn.parquet",
        "matched.json",
    }  # frozen with the cycle; the last is filled before it is judged
    for stage in STAGES:
        assert {name for name in stage.reads if not name.startswith("shards/")} <= there
        there |= set(stage.writes)


def test_a_gate_is_in_the_code_of_judge_alone_and_a_metric_in_that_of_measure():
    code = {stage.name: set(code_of(stage)) for stage in STAGES}
    assert [name for name in code if "governance.gates.rules.tail_perplexity" in code[name]] == ["judge"]
    assert [name for name in code if "governance.collapse.metrics.distinct_2" in code[name]] == ["measure"]
    assert [name for name in code if "governance.adapters.trainers.transformer" in code[name]] == ["validate", "mix", "train", "probe"]
    assert [name for name in code if "schemas.rows" in code[name]] == ["validate"]


def test_the_closure_follows_imports_inside_functions():
    found = closure(["governance.adapters.batch.door"])
    assert {"governance.adapters.great_expectations", "schemas.rows", "governance.provenance.row", "governance.errors"} <= set(found)


@pytest.mark.parametrize("path", OURS, ids=named)
def test_a_file_is_small_says_what_it_holds_and_has_a_name_of_its_own(path: Path):
    text = path.read_text()
    tree = ast.parse(text)
    assert ast.get_docstring(tree), "no docstring"
    assert text.count("\n") <= WHOLE.get(named(path), FILE_LINES)
    assert path.stem not in BANNED
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert [f.name for f in functions if (f.end_lineno or 0) - f.lineno + 1 > FUNCTION_LINES] == []


def test_nothing_in_the_repository_names_this_machine_or_a_download_address():
    wrong = []
    for path in [*OURS, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md", ROOT / "constraints.txt", ROOT / "pyproject.toml"]:
        text = path.read_text()
        wrong += [f"{named(path)}: {word}" for word in ("/root/", "/home/", "file:///opt", "--index-url", "--find-links") if word in text]
    assert wrong == []


def test_every_internal_link_of_the_documents_leads_somewhere():
    broken = []
    for page in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text())
        broken += [f"{named(page)} -> {target}" for target in targets if "://" not in target and not (page.parent / target).exists()]
    assert broken == []


def test_no_two_test_files_have_one_name_because_pytest_imports_them_by_it():
    names = [path.name for path in (ROOT / "tests").rglob("test_*.py")]
    assert sorted({name for name in names if names.count(name) > 1}) == []
