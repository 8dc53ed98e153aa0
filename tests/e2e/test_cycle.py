"""A whole governed cycle with real Prefect, MLflow and DVC, as a person meets it."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from tests.e2e.shell import Done, dvc, run

Copy = Callable[[], Path]


def test_the_first_retrain_founds_generation_0_and_then_promotes_a_governed_cycle(founded: tuple[Path, Done]):
    _, done = founded
    first, second = done.document["cycles"]
    assert (first["kind"], first["verdict"], first["version"]) == ("founding", "pass", 1)
    assert first["mix"]["tokens"]["synthetic"] == 0
    assert (second["kind"], second["verdict"], second["promotion"]["version"]) == ("retraining", "pass", 2)
    tokens = second["mix"]["tokens"]
    assert 0 < tokens["synthetic"] * 100 <= 35 * (tokens["synthetic"] + tokens["human"])
    assert tokens["anchor"] * 100 >= 15 * sum(tokens.values())


def test_what_was_really_trained_on_keeps_the_quotas_in_every_batch(founded: tuple[Path, Done]):
    log = pl.read_parquet(founded[0] / "cycle" / "batches.parquet")
    total = log["anchor_tokens"] + log["human_tokens"] + log["synthetic_tokens"]
    assert (log["anchor_tokens"] * 100 >= 15 * total).all()
    assert (log["synthetic_tokens"] * 100 <= 35 * (log["human_tokens"] + log["synthetic_tokens"])).all()
    assert log["synthetic_tokens"].sum() > 0


def test_dvc_status_is_clean_and_repro_repeats_nothing(founded: tuple[Path, Done]):
    workspace, _ = founded
    assert "up to date" in dvc(workspace, "status").out
    again = dvc(workspace, "repro")
    assert again.code == 0, again.err
    assert "Running stage" not in again.out + again.err
    assert "up to date" in dvc(workspace, "status").out


def test_the_registry_shows_what_the_ledger_decided(founded: tuple[Path, Done]):
    from mlflow import MlflowClient

    workspace, _ = founded
    client = MlflowClient(tracking_uri=f"sqlite:///{workspace}/.heirloom/mlflow.sqlite")
    assert client.get_registered_model("student").aliases == {"champion": 2, "pre-synthetic": 1}
    version = client.get_model_version("student", "2")
    assert version.tags["heirloom.verdict"] == "pass"
    assert "tail perplexity" in version.description
    artifacts = {a.path for a in client.list_artifacts(version.run_id, "review")}
    assert {"review/report.html", "review/decision.json", "review/mix.json"} <= artifacts
    assert {f"review/{name}.json{ending}" for name in ("test-result", "provenance") for ending in ("", ".sig")} <= artifacts


def test_prefect_keeps_the_runs_and_shows_mix_verdict_and_report(founded: tuple[Path, Done]):
    with sqlite3.connect(founded[0] / ".heirloom" / "prefect" / "prefect.db") as database:
        runs = dict(database.execute("select name, state_name from flow_run").fetchall())
        keys = {key for (key,) in database.execute("select key from artifact where key is not null")}
    assert runs["retrain-student"] == "Passed"
    assert {"heirloom-student-mix", "heirloom-student-verdict", "heirloom-student-report"} <= keys


def test_the_same_batch_is_not_judged_twice(founded: tuple[Path, Done]):
    again = run(founded[0], "retrain", "inbox/cycle-1", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    assert "judged in cycle 2" in again.document["reason"]


def test_history_and_ledger_prove_what_happened(founded: tuple[Path, Done]):
    workspace, _ = founded
    moves = run(workspace, "history", "--json").document["moves"]
    assert [(m["champion"], m["was"], m["how"], m["who"]) for m in moves] == [
        (2, 1, "promotion", "policy"),
        (1, None, "promotion", "policy"),
    ]
    verified = run(workspace, "ledger", "verify", "--json")
    assert verified.code == 0
    assert verified.document["events"] >= 10


def test_a_moved_workspace_rolls_back_and_back_again_changes_nothing(copy: Copy):
    workspace = copy()
    planned = run(workspace, "rollback", "--to", "pre-synthetic", "--dry-run", "--json")
    assert (planned.code, planned.document["version"], planned.document["dry_run"]) == (0, 1, True)
    assert run(workspace, "status", "--json").document["champion"] == 2
    done = run(workspace, "rollback", "--to", "pre-synthetic", "--yes", "--json")
    assert (done.code, done.document["version"], done.document["previous"], done.document["degraded"]) == (0, 1, 2, False)
    assert done.document["verified_files"] >= 2
    pointer = json.loads((workspace / ".heirloom" / "serving" / "current.json").read_text())
    assert (workspace / pointer["path"]).is_dir()
    assert pointer["version"] == 1
    again = run(workspace, "rollback", "--to", "pre-synthetic", "--yes", "--json")
    assert (again.code, again.document["changed"]) == (0, False)
    refused = run(workspace, "retrain")
    assert refused.code == 3
    assert "frozen" in refused.err
    assert "Traceback" not in refused.err
    assert run(workspace, "unfreeze", "--reason", "looked at it").code == 0


@pytest.mark.e2e
def test_a_rollback_needs_no_registry_and_reconcile_mends_it_later(copy: Copy):
    workspace = copy()
    settings = workspace / "heirloom.toml"
    text = settings.read_text()
    settings.write_text(text + '\n[registry]\ntracking_uri = "http://127.0.0.1:9"\n')
    done = run(workspace, "rollback", "--yes", "--json")
    assert (done.code, done.document["version"], done.document["degraded"]) == (0, 1, True)
    settings.write_text(text)
    mended = run(workspace, "reconcile", "--json")
    assert mended.code == 0, mended.err
    assert mended.document["changed"]
    assert run(workspace, "status", "--json").document["registry_behind"] is False


@pytest.mark.e2e
def test_an_edited_margin_repeats_the_judgement_and_nothing_else(copy: Copy):
    workspace = copy()
    policy = workspace / "policy.toml"
    policy.write_text(policy.read_text() + "\n[gates]\nslice_margin_percent = 12\n")
    human = workspace / "inbox" / "cycle-1"
    cached = run(workspace, "plan", str(human), "--json")
    assert cached.code == 0, cached.err
    assert dvc(workspace, "status", "validate", "mix").out.strip().endswith("up to date.")


@pytest.mark.parametrize("command", [("approve", "2"), ("promote", "9"), ("rollback", "--to", "7", "--yes"), ("review", "9")])
def test_what_policy_or_history_forbid_is_refused_with_3(founded: tuple[Path, Done], command: tuple[str, ...]):
    done = run(founded[0], *command, "--json")
    assert done.code == 3
    assert done.document["schema"] == "heirloom/error/1"


def test_nobody_to_confirm_a_rollback_is_a_usage_error(founded: tuple[Path, Done]):
    done = run(founded[0], "rollback")
    assert done.code == 2
    assert "--yes" in done.err


def test_an_environment_variable_cannot_change_the_policy(founded: tuple[Path, Done]):
    done = run(founded[0], "status", HEIRLOOM_POLICY__MIXING__SYNTHETIC_CAP_PERCENT="50")
    assert done.code == 2
    assert "HEIRLOOM_POLICY__MIXING__SYNTHETIC_CAP_PERCENT" in done.err


@pytest.mark.e2e
def test_the_batches_that_were_trained_on_verify_and_a_relabelled_row_or_a_touched_batch_does_not(copy: Copy):
    workspace = copy()
    proven = run(workspace, "verify", "training", "--json")
    assert proven.code == 0, proven.out + proven.err
    assert proven.document["version"] == 2
    assert proven.document["ledger_head"] == proven.document["batch_log"]["head"]
    batches, mix = workspace / "cycle" / "batches.parquet", workspace / "cycle" / "mix.parquet"
    log = pl.read_parquet(batches)
    batches.unlink()
    log.filter(pl.col("step") != 1).write_parquet(batches)
    dropped = run(workspace, "verify", "training", "--json")
    assert dropped.code == 4
    assert "step 1" in [name for finding in dropped.document["altered"] for name in finding["names"]]
    batches.unlink()
    log.write_parquet(batches)
    rows = pl.read_parquet(mix)
    first = rows.filter(pl.col("role") == "synthetic")["row_id"][0]
    mix.unlink()
    rows.with_columns(origin=pl.when(pl.col("row_id") == first).then(pl.lit("human")).otherwise("origin")).write_parquet(mix)
    relabelled = run(workspace, "verify", "training")
    assert relabelled.code == 4
    assert first in relabelled.out


@pytest.mark.e2e
def test_a_policy_that_accumulates_brings_back_what_releases_were_trained_on(copy: Copy):
    workspace = copy()
    policy = workspace / "policy.toml"
    plain = json.loads((workspace / "cycle" / "mix.json").read_text())
    assert (plain["regime"], plain["earlier"]) == ("anchored", {})
    policy.write_text(policy.read_text().replace("[mixing]\n", '[mixing]\nregime = "accumulate"\n', 1))
    planned = run(workspace, "plan", "inbox/cycle-1", "--json")
    assert planned.code == 0, planned.out + planned.err
    mix = planned.document["mix"]
    assert 2 * mix["fresh"]["human"] > plain["tokens"]["human"]
    assert list(mix["earlier"]) == ["1"]
    assert mix["tokens"]["human"] == mix["fresh"]["human"] + mix["earlier"]["1"]["human"] > 2 * plain["tokens"]["human"]
    assert mix["counted_tokens"] * 100 <= 35 * (mix["tokens"]["human"] + mix["counted_tokens"])
