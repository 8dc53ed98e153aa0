"""Kills, races and altered bytes: the same command finishes the work, and nothing is ever half done."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from governance.adapters.torch_lm.saves import PREFIX, WHOLE
from tests.e2e.shell import BIN, POLICY, QUICK, SETTINGS, dvc, environment, run, start

Copy = Callable[[], Path]


def waits_for(path: Path, seconds: int = 120) -> bool:
    """Looks for a file until it is there, for a bounded time; what it waits for happens in another process."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if path.exists():
            return True
        time.sleep(0.02)
    return False


def waits_for_training(workspace: Path, seconds: int = 120) -> bool:
    """Looks for the resumable state that training keeps while it runs."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if list((workspace / ".heirloom" / "scratch").glob("train-*")):
            return True
        time.sleep(0.005)
    return False


def waits_for_saves(workspace: Path, seconds: int = 600) -> bool:
    """Looks for a whole save of the transformer's trainer, from which another run can go on."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if len(list((workspace / ".heirloom" / "scratch").glob(f"train-*/**/{PREFIX}*/{WHOLE}"))) > 0:
            return True
        time.sleep(0.005)
    return False


def prove_settled(workspace: Path, champion: int) -> None:
    assert run(workspace, "ledger", "verify").code == 0
    status = run(workspace, "status", "--json").document
    assert (status["champion"], status["open_act"], status["open_cycle"]) == (champion, None, None)
    assert run(workspace, "reconcile", "--dry-run", "--json").document["mended"] == []
    assert not list(workspace.glob(".cycle.old"))


@pytest.mark.e2e
def test_a_run_killed_in_training_is_finished_by_the_same_command(copy: Copy):
    workspace = copy()
    assert not list((workspace / ".heirloom" / "scratch").glob("train-*"))
    shutil.rmtree(workspace / "cycle")
    killed = start(workspace, "retrain")
    assert waits_for(workspace / "cycle" / "mix.json")
    assert waits_for_training(workspace)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(timeout=60)
    done = run(workspace, "retrain", "--json")
    assert done.code == 0, done.out + done.err
    cycle = done.document["cycles"][0]
    assert (cycle["number"], cycle["version"]) == (3, 3)
    assert {"validate", "mix"} <= set(cycle["stages_cached"])
    events = run(workspace, "ledger", "show", "--last", "99", "--json").document["events"]
    assert [e["body"]["cycle"] for e in events if e["kind"] == "cycle.frozen"] == [1, 2, 3]
    prove_settled(workspace, champion=3)


TINY = """[training.recipe]
epochs = 1
founding_epochs = 1
vocabulary = 512
width = 16
layers = 1
save_every_steps = 2"""
"""A transformer that is founded in seconds."""


@pytest.mark.e2e
def test_a_transformer_killed_in_training_goes_on_from_its_last_whole_save(tmp_path: Path):
    workspace = tmp_path / "newsroom"
    workspace.mkdir()
    policy = POLICY.replace("{mode}", "auto").replace(QUICK.split("[probe]")[0].strip(), TINY)
    (workspace / "policy.toml").write_text(policy.replace('trainer = "ngram"', 'trainer = "transformers"'))
    (workspace / "heirloom.toml").write_text(SETTINGS)
    assert run(tmp_path, "init", str(workspace)).code == 0
    killed = start(workspace, "retrain")
    assert waits_for_saves(workspace)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(timeout=60)
    assert run(workspace, "status", "--json").document["champion"] is None
    for batch in (workspace / "inbox").glob("cycle-*"):  # a model this small is no subject for a second cycle: its controls say so
        batch.unlink()
    done = run(workspace, "retrain", "--json")
    assert done.code == 0, done.out + done.err
    assert {"validate", "mix"} <= set(done.document["cycles"][0]["stages_cached"])
    assert not list((workspace / ".heirloom" / "scratch").glob("train-*"))
    prove_settled(workspace, champion=1)
    assert "up to date" in dvc(workspace, "status").out


@pytest.mark.e2e
@pytest.mark.parametrize(
    "step", ["register.kept", "register.shown", "register.recorded", "promote.intended", "promote.champion", "promote.read-back"]
)
def test_a_run_killed_between_judgement_and_commit_is_finished_by_the_same_command(copy: Copy, step: str):
    workspace = copy()
    killed = run(workspace, "retrain", HEIRLOOM_KILL_AT=step)
    assert killed.code == -signal.SIGKILL
    served = run(workspace, "status", "--json").document["champion"]
    assert served == 2
    done = run(workspace, "retrain", "inbox/cycle-2.parquet", "--json")
    assert done.code == 0, done.out + done.err
    prove_settled(workspace, champion=3)
    events = run(workspace, "ledger", "show", "--last", "99", "--json").document["events"]
    assert sum(e["kind"] == "candidate.registered" for e in events) == 3
    assert sum(e["kind"] == "promotion.committed" for e in events) == 3


@pytest.mark.e2e
def test_ctrl_c_says_that_the_same_command_goes_on(copy: Copy):
    workspace = copy()
    words = [str(BIN / "heirloom"), "retrain"]
    told = subprocess.Popen(words, cwd=workspace, env=environment(), stderr=subprocess.PIPE, text=True, start_new_session=True)
    (workspace / "cycle" / "mix.json").unlink()
    assert waits_for(workspace / "cycle" / "mix.json")
    os.killpg(told.pid, signal.SIGINT)
    _, said = told.communicate(timeout=120)
    assert told.returncode == 130
    assert "the same command goes on" in said
    assert run(workspace, "retrain").code == 0
    prove_settled(workspace, champion=3)


@pytest.mark.e2e
def test_a_rollback_killed_after_serving_moved_is_finished_by_recover(copy: Copy):
    workspace = copy()
    killed = run(workspace, "rollback", "--yes", HEIRLOOM_KILL_AT="rollback.pointer")
    assert killed.code == -signal.SIGKILL
    assert run(workspace, "recover").code == 0
    prove_settled(workspace, champion=1)


@pytest.fixture
def running(copy: Copy) -> Iterator[Path]:
    """A workspace in which another process retrains at this moment."""
    workspace = copy()
    (workspace / ".heirloom" / "lock.json").unlink()
    first = start(workspace, "retrain")
    assert waits_for(workspace / ".heirloom" / "lock.json")
    yield workspace
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(timeout=60)


@pytest.mark.e2e
def test_a_second_run_is_told_who_holds_the_workspace(running: Path):
    second = run(running, "retrain")
    assert second.code == 5
    assert "held by process" in second.err
    assert "retrain student" in second.err


@pytest.mark.e2e
def test_an_altered_anchor_is_refused_by_name_and_dvc_brings_it_back(copy: Copy):
    workspace = copy()
    anchors = workspace / "shards" / "anchors.parquet"
    true = anchors.read_bytes()
    anchors.chmod(0o644)
    anchors.write_bytes(true[:-1] + bytes([true[-1] ^ 1]))
    refused = run(workspace, "retrain")
    assert refused.code == 4
    assert "shards/anchors.parquet" in refused.err
    assert "dvc checkout --force shards/anchors.parquet.dvc" in refused.err
    assert dvc(workspace, "checkout", "--force", "shards/anchors.parquet.dvc").code == 0
    assert anchors.read_bytes() == true


def altered(path: Path) -> None:
    path.chmod(0o644)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


def weights_of(workspace: Path, version: int) -> Path:
    events = run(workspace, "ledger", "show", "--last", "99", "--json").document["events"]
    digest = next(e["body"]["checkpoint"] for e in events if e["kind"] == "candidate.registered" and e["body"]["version"] == version)
    return next((workspace / "models" / digest[:16]).glob("*.safetensors"))


@pytest.mark.e2e
def test_an_altered_checkpoint_stops_training_by_name_and_a_rollback_restores_it_from_dvc(copy: Copy):
    workspace = copy()
    altered(weights_of(workspace, 2))
    refused = run(workspace, "retrain")
    assert refused.code == 4
    assert "safetensors" in refused.err
    altered(weights_of(workspace, 1))
    done = run(workspace, "rollback", "--yes", "--json")
    assert done.code == 0, done.err
    assert done.document["restored_from"]
    assert run(workspace, "reconcile", "--dry-run", "--json").document["copies"] == []


@pytest.mark.e2e
def test_a_checkpoint_altered_in_every_place_is_refused_by_name_and_nothing_moves(copy: Copy):
    workspace = copy()
    weights = weights_of(workspace, 1)
    size = weights.stat().st_size
    stores = [workspace / ".dvc" / name for name in ("cache", "remote")] + [workspace / ".heirloom" / "mlartifacts"]
    same = [p for store in stores for p in store.rglob("*") if p.is_file() and p.read_bytes() == weights.read_bytes()]
    assert len(same) >= 2
    for path in (*same, weights):
        altered(path)
    refused = run(workspace, "rollback", "--yes")
    assert refused.code == 4
    assert weights.name in refused.err
    assert weights.stat().st_size == size
    assert run(workspace, "status", "--json").document["champion"] == 2


@pytest.mark.e2e
def test_an_edited_gate_repeats_judge_alone_and_an_edited_comment_nothing(copy: Copy, tmp_path: Path):
    workspace = copy()
    source = tmp_path / "source"
    for package in ("governance", "flows", "cli", "schemas"):
        shutil.copytree(Path(__file__).parents[2] / package, source / package, ignore=shutil.ignore_patterns("__pycache__"))
    gate = source / "governance" / "gates" / "rules" / "tail_perplexity.py"
    gate.write_text("# a better word\n" + gate.read_text())
    assert stale_after_edit(workspace, source) == set()
    gate.write_text(gate.read_text() + "\nSPARE = 1\n")
    assert stale_after_edit(workspace, source) == {"judge"}
    metric = source / "governance" / "collapse" / "metrics" / "distinct_2.py"
    metric.write_text(metric.read_text() + "\nSPARE = 1\n")
    assert stale_after_edit(workspace, source) == {"measure", "judge"}


def stale_after_edit(workspace: Path, source: Path) -> set[str]:
    """Stages that DVC would repeat after the code in `source` told it what it is."""
    told = run(workspace, "dvc-yaml", PYTHONPATH=str(source))
    assert told.code == 0, told.err
    assert BIN.exists()
    said = dvc(workspace, "status", "--json").out
    import json

    return set(json.loads(said))
