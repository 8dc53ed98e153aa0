"""Recall, trace, story and withdrawal in a workspace that was really founded and retrained, with DVC and MLflow behind it."""

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.shell import run

THEIRS = {"origin": "model", "generator": "student", "generator_version": "2"}


def admit_own_text(workspace: Path) -> None:
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text().replace("[mixing]\n", '[mixing]\nself_generated = "admit"\n'))


def next_batch(workspace: Path) -> Path:
    """The batch that waits, with rows of release 2 beside it that no rule but a recall would leave out."""
    [batch] = [path for path in sorted((workspace / "inbox").iterdir()) if path.is_dir() or path.suffix == ".parquet"][-1:]
    human = pl.read_parquet(workspace / "cycle" / "admitted.parquet").filter(pl.col("origin") == "human")
    lines = [
        {"row_id": f"own-{n}", "text": f"Release two says {n} that {text[:200]}", "slice": part, "task": task, **THEIRS}
        for n, (text, part, task) in enumerate(human.select("text", "slice", "task").head(20).iter_rows())
    ]
    if batch.is_file():
        folder = batch.with_suffix("")
        folder.mkdir()
        batch = batch.rename(folder / batch.name).parent
    (batch / "own.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    return batch


@pytest.mark.e2e
def test_a_recall_a_trace_a_story_and_a_withdrawal_in_a_real_line(copy: Callable[[], Path]) -> None:
    workspace = copy()
    traced = run(workspace, "trace", "champion", "--tree")
    assert traced.code == 0, traced.err
    assert traced.out.splitlines()[0] == "student/2  depth 1, champion"
    assert "└─ student/1  depth 0, released, pre-synthetic" in traced.out or "├─ student/1" in traced.out
    assert "rows by docs-teacher/" in traced.out
    assert "(teacher, pinned since 20" in traced.out
    gone = pl.read_parquet(workspace / "cycle" / "mix.parquet").filter(pl.col("role") == "human")["row_id"][0]
    story = run(workspace, "provenance", "show", gone, "--json")
    assert story.code == 0, story.err
    assert "2" in story.document["learnt"]["trained"]
    withdrawn = run(workspace, "withdraw", gone, "--reason", "author withdrew consent", "--json")
    assert withdrawn.code == 0, withdrawn.err
    assert withdrawn.document["kept_files"] >= 1
    back = run(workspace, "rollback", "--yes", "--json", HEIRLOOM_ACTOR="oncall-a")
    assert (back.code, back.document["quarantined"]) == (0, 2), back.err
    assert run(workspace, "unfreeze", "--reason", "looked at it").code == 0
    admit_own_text(workspace)
    batch = next_batch(workspace)
    planned = run(workspace, "plan", str(batch), "--json")
    assert planned.code == 0, planned.out + planned.err
    mix = planned.document["mix"]
    assert [(one["version"], one["rows"]) for one in mix["recalled"]] == [(2, 20)]
    assert "20 tainted by student/2 (quarantined)" in run(workspace, "plan", str(batch)).out
    mixed = pl.read_parquet(workspace / "cycle" / "mix.parquet")["row_id"]
    assert gone not in mixed.to_list()
    assert not [name for name in mixed.to_list() if name.startswith("own-")]
    dropped = run(workspace, "provenance", "show", "own-3")
    assert "dropped: recalled: by student/2 (quarantined, ledger" in dropped.out
    down = run(workspace, "trace", "2", "--descendants", "--json")
    assert down.document["descendants"]["releases"] == []
    done = run(workspace, "retrain", "--json")
    assert done.code in (0, 3, 9), done.out + done.err
    assert done.document["cycles"][0]["version"] == 3
    after = run(workspace, "trace", "3", "--json").document["ancestors"][0]
    assert (after["start"], after["start_recorded"]) == (1, True)
