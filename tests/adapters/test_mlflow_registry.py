"""The registry over real MLflow: one run and one version a cycle, however often and however brokenly it is asked for."""

import os
import shutil
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from threading import Event
from urllib.request import urlopen

import pytest

from governance.adapters import mlflow_runs
from governance.adapters.mlflow_opening import mend_addresses, open_client, without_password
from governance.adapters.mlflow_registry import MlflowRegistry
from governance.adapters.mlflow_runs import identity
from governance.digest import Manifest
from governance.errors import DependencyError, IntegrityError, UsageError
from governance.ports.registry import Candidate
from governance.release.page import Page


def embedded(workspace: Path) -> MlflowRegistry:
    state = workspace / ".heirloom"
    return MlflowRegistry(tracking_uri=f"sqlite:///{state / 'mlflow.sqlite'}", artifact_root=state / "mlartifacts", model="student")


def a_candidate(folder: Path, *, cycle: str = "c" * 64, weights: bytes = b"weights") -> Candidate:
    checkpoint = folder / f"checkpoint-{cycle[:4]}"
    checkpoint.mkdir(parents=True, exist_ok=True)
    (checkpoint / "model.safetensors").write_bytes(weights)
    (checkpoint / "config.json").write_text("{}")
    (folder / "decision.json").write_text('{"verdict":"pass"}')
    (folder / "made.html").write_text("<title>report</title>")
    return Candidate(
        model="student",
        cycle_digest=cycle,
        checkpoint=checkpoint,
        checkpoint_digest=Manifest.of(checkpoint).digest,
        run_name="cycle 3",
        description="## Candidate: all 5 gates pass",
        tags={"heirloom.verdict": "pass"},
        params={"seed": "7", "recipe.epochs": "2"},
        metrics={"distinct_2": 0.312, "distinct_2.change_percent.baseline": -1.2},
        curves={"train_loss": [(step, 3.2 - step / 1000) for step in range(1, 901)]},
        artifacts={"review/report.html": folder / "made.html", "review/decision.json": folder / "decision.json"},
    )


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose database was made once: making tables takes longer than any of these tests."""
    root = tmp_path_factory.mktemp("template") / "workspace"
    embedded(root).aliases("student")
    return root


@pytest.fixture
def workspace(template: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(template, tmp_path / "a # workspace, 100 %"))


def run_rows(workspace: Path, statement: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(workspace / ".heirloom" / "mlflow.sqlite")
    try:
        return connection.execute(statement).fetchall()
    finally:
        connection.close()


def test_a_registered_candidate_shows_everything_a_reviewer_needs(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    assert registry.register(candidate) == 1
    client = open_client(registry.tracking_uri, registry.artifact_root)
    version = client.get_model_version("student", "1")
    run = client.get_run(version.run_id)
    assert version.description == candidate.description
    assert version.tags["heirloom.verdict"] == run.data.tags["heirloom.verdict"] == "pass"
    assert version.tags["heirloom.cycle_digest"] == candidate.cycle_digest
    assert run.info.status == "FINISHED"
    assert run.info.run_name == "cycle 3"
    assert run.data.params == candidate.params
    assert run.data.metrics["distinct_2"] == 0.312
    assert [p.step for p in client.get_metric_history(version.run_id, "train_loss")] == list(range(1, 901))
    assert Path(registry.report_url("student", 1)).read_text() == "<title>report</title>"
    assert [a.path for a in client.list_artifacts(version.run_id, "review")] == ["review/decision.json", "review/report.html"]
    copy = registry.checkpoint("student", 1)
    assert copy is not None
    assert Manifest.of(copy).digest == candidate.checkpoint_digest


def test_registering_twice_finds_the_first_version(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    first = registry.register(a_candidate(tmp_path))
    assert registry.register(a_candidate(tmp_path)) == first
    assert registry.register(a_candidate(tmp_path, cycle="d" * 64)) == 2
    assert run_rows(workspace, "SELECT count(*) FROM runs") == [(2,)]


@pytest.mark.parametrize("step", ["_log_values", "_log_as", "_check", "replace_folder", "version_of"])
def test_a_registration_that_was_killed_is_completed_and_not_repeated(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(f"governance.adapters.mlflow_{'registry' if step == 'version_of' else 'runs'}.{step}", killed)
        with pytest.raises(KeyboardInterrupt):
            registry.register(candidate)
    assert registry.register(candidate) == 1
    assert run_rows(workspace, "SELECT count(*) FROM runs") == [(1,)]
    assert run_rows(workspace, "SELECT count(*) FROM model_versions") == [(1,)]
    assert run_rows(workspace, "SELECT count(*) FROM metrics") == [(902,)]
    assert Manifest.of(registry.checkpoint("student", 1) or tmp_path).digest == candidate.checkpoint_digest


def test_values_logged_twice_are_kept_once(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    registry.register(candidate)
    client = open_client(registry.tracking_uri, registry.artifact_root)
    run = client.get_run(client.get_model_version("student", "1").run_id)
    mlflow_runs._log_values(client, run, candidate)
    assert run_rows(workspace, "SELECT count(*) FROM metrics") == [(902,)]


def test_a_checkpoint_that_is_not_the_judged_one_is_not_registered(workspace: Path, tmp_path: Path) -> None:
    candidate = a_candidate(tmp_path)
    (candidate.checkpoint / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(IntegrityError, match="the checkpoint is"):
        embedded(workspace).register(candidate)
    assert run_rows(workspace, "SELECT count(*) FROM model_versions") == [(0,)]


def test_a_tag_of_the_line_is_kept_once_the_model_is_registered(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    registry.set_line_tag("student", "heirloom.checkpoint", "1 a")
    assert registry.line_tags("student") == {}
    registry.register(a_candidate(tmp_path))
    registry.set_line_tag("student", "heirloom.checkpoint", "2 b")
    assert registry.line_tags("student") == {"heirloom.checkpoint": "2 b"}


def test_aliases_are_read_as_they_are_now(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    assert registry.aliases("student") == {}
    registry.register(a_candidate(tmp_path))
    registry.register(a_candidate(tmp_path, cycle="d" * 64))
    registry.set_alias("student", "champion", 1)
    registry.set_alias("student", "pre-synthetic", 1)
    registry.set_alias("student", "champion", 2)
    assert registry.aliases("student") == {"champion": 2, "pre-synthetic": 1}
    registry.drop_alias("student", "champion")
    registry.drop_alias("student", "champion")
    assert registry.aliases("student") == {"pre-synthetic": 1}


def test_a_version_is_found_again_after_somebody_deleted_its_run(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    version = registry.register(candidate)
    client = open_client(registry.tracking_uri, registry.artifact_root)
    client.delete_run(client.get_model_version("student", str(version)).run_id)
    assert registry.register(candidate) == version
    assert registry.checkpoint("student", version) is not None


def test_a_page_is_rewritten_and_its_identity_stays(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    version = registry.register(candidate)
    registry.describe("student", version, "## Promoted")
    registry.set_tags("student", version, {"heirloom.state": "champion"})
    found = open_client(registry.tracking_uri, registry.artifact_root).get_model_version("student", str(version))
    assert found.description == "## Promoted"
    assert found.tags["heirloom.state"] == "champion"
    assert registry.register(candidate) == version


def test_the_pages_of_all_versions_are_read_at_once_and_one_that_was_deleted_has_none(workspace: Path, tmp_path: Path) -> None:
    registry, first = embedded(workspace), a_candidate(tmp_path)
    assert registry.pages("student") == {}
    second = replace(a_candidate(tmp_path / "other", cycle="d" * 64, weights=b"other"), description="")
    assert [registry.register(one) for one in (first, second)] == [1, 2]
    client = open_client(registry.tracking_uri, registry.artifact_root)
    client.set_model_version_tag("student", "1", "theirs", "kept")
    pages = registry.pages("student")
    assert pages[1] == Page(description=first.description, tags={**first.tags, **identity(first)})
    assert (pages[2].description, pages[2].tags["heirloom.cycle_digest"]) == ("", "d" * 64)
    registry.drop_tag("student", 1, "heirloom.verdict")
    registry.drop_tag("student", 1, "heirloom.never")
    assert registry.pages("student")[1].tags == identity(first)
    client.delete_model_version("student", "1")
    assert sorted(registry.pages("student")) == [2]


def test_a_later_reading_is_added_to_the_run_and_the_newest_is_the_one_that_is_shown(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    version = registry.register(replace(candidate, metrics={"task.arc": 0.6}))
    (tmp_path / "later.html").write_text("<title>later</title>")
    files = {"review/report.html": tmp_path / "later.html"}
    for step, value in ((12, 0.5), (15, 0.4), (15, 0.4)):
        registry.append("student", version, metrics={"task.arc": value}, step=step, artifacts=files)
    client = open_client(registry.tracking_uri, registry.artifact_root)
    found = client.get_model_version("student", str(version))
    assert (found.description, client.get_run(found.run_id).data.metrics["task.arc"]) == (candidate.description, 0.4)
    assert [(one.step, one.value) for one in client.get_metric_history(found.run_id, "task.arc")] == [(0, 0.6), (12, 0.5), (15, 0.4)]
    assert Path(registry.report_url("student", version)).read_text() == "<title>later</title>"
    assert registry.register(candidate) == version


def test_a_checkpoint_that_is_gone_is_none_and_can_be_put_back(workspace: Path, tmp_path: Path) -> None:
    registry, candidate = embedded(workspace), a_candidate(tmp_path)
    assert registry.checkpoint("student", 1) is None
    registry.register(candidate)
    copy = registry.checkpoint("student", 1)
    assert copy is not None
    shutil.rmtree(copy)
    assert registry.checkpoint("student", 1) is None
    registry.put_checkpoint("student", 1, candidate.checkpoint)
    (copy / "pytorch_model.bin").write_bytes(b"pickle")
    registry.put_checkpoint("student", 1, candidate.checkpoint)
    assert Manifest.of(copy).digest == candidate.checkpoint_digest
    assert registry.checkpoint("student", 2) is None


def test_a_moved_workspace_opens_its_checkpoint_and_its_report(workspace: Path, tmp_path: Path) -> None:
    candidate = a_candidate(tmp_path)
    embedded(workspace).register(candidate)
    moved = tmp_path / "elsewhere" / "under another name"
    moved.parent.mkdir()
    workspace.rename(moved)
    registry = embedded(moved)
    copy = registry.checkpoint("student", 1)
    assert copy is not None
    assert copy.is_relative_to(moved)
    assert Manifest.of(copy).digest == candidate.checkpoint_digest
    assert Path(registry.report_url("student", 1)).is_file()
    client = open_client(registry.tracking_uri, registry.artifact_root)
    run = client.get_model_version("student", "1").run_id
    assert [a.path for a in client.list_artifacts(run, "review")] == ["review/decision.json", "review/report.html"]
    assert registry.register(a_candidate(tmp_path, cycle="e" * 64)) == 2
    assert not workspace.exists()


def test_a_copied_workspace_never_touches_its_original(workspace: Path, tmp_path: Path) -> None:
    embedded(workspace).register(a_candidate(tmp_path))
    copied = Path(shutil.copytree(workspace, tmp_path / "copy"))
    registry = embedded(copied)
    registry.put_checkpoint("student", 1, a_candidate(tmp_path / "other", weights=b"other").checkpoint)
    original = embedded(workspace).checkpoint("student", 1)
    assert original is not None
    assert (original / "model.safetensors").read_bytes() == b"weights"


def test_mending_a_workspace_that_did_not_move_changes_nothing(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    registry.register(a_candidate(tmp_path))
    assert mend_addresses(workspace / ".heirloom" / "mlflow.sqlite", registry.artifact_root) == 0


def test_an_address_outside_the_artifacts_is_not_followed(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    registry.register(a_candidate(tmp_path))
    connection = sqlite3.connect(workspace / ".heirloom" / "mlflow.sqlite")
    with connection:
        connection.execute("UPDATE model_versions SET source = '/etc'")
    connection.close()
    with pytest.raises(IntegrityError, match="outside its artifacts"):
        registry.checkpoint("student", 1)


def test_another_models_candidate_is_refused(workspace: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="of model 'teacher'"):
        embedded(workspace).register(replace(a_candidate(tmp_path), model="teacher"))
    with pytest.raises(UsageError, match="no name of a model"):
        replace(embedded(workspace), model=None).register(replace(a_candidate(tmp_path), model="../up"))


@pytest.mark.parametrize("name", ["../up", "", "a'b", "a/b", "x" * 64])
def test_a_name_that_is_no_name_builds_no_registry(name: str, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="is not a name"):
        MlflowRegistry(tracking_uri="sqlite:///x", artifact_root=tmp_path, model=name)


def test_a_version_that_does_not_exist_is_said_plainly(workspace: Path, tmp_path: Path) -> None:
    registry = embedded(workspace)
    registry.register(a_candidate(tmp_path))
    with pytest.raises(DependencyError, match=r"moving @champion to version 9.*not found"):
        registry.set_alias("student", "champion", 9)


def test_a_database_that_is_no_database_is_a_dependency_error(tmp_path: Path) -> None:
    state = tmp_path / ".heirloom"
    state.mkdir()
    (state / "mlflow.sqlite").write_bytes(b"this is no database, and far too short for one" * 40)
    with pytest.raises(DependencyError, match="reconcile"):
        embedded(tmp_path).aliases("student")


def _open_and_read(workspace: str) -> str:
    return str(embedded(Path(workspace)).aliases("student"))


def test_two_processes_make_one_fresh_database(tmp_path: Path) -> None:
    with get_context("spawn").Pool(2) as pool:
        assert pool.map(_open_and_read, [str(tmp_path), str(tmp_path)]) == ["{}", "{}"]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_a_server_that_is_not_there_is_a_dependency_error_and_no_password_is_shown(tmp_path: Path) -> None:
    uri = f"http://user:secret@127.0.0.1:{free_port()}"
    registry = MlflowRegistry(tracking_uri=uri, artifact_root=tmp_path, model="student")
    with pytest.raises(DependencyError) as caught:
        registry.aliases("student")
    assert "start the MLflow server" in str(caught.value)
    assert "secret" not in str(caught.value)
    assert without_password(uri).startswith("http://127.0.0.1")


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    port = free_port()
    environment = {**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false", "MLFLOW_DISABLE_TELEMETRY": "true"}
    options = ["--workers", "1", "--host", "127.0.0.1", "--port", str(port), "--backend-store-uri", f"sqlite:///{tmp_path}/server.sqlite"]
    command = [sys.executable, "-m", "mlflow", "server", *options, "--artifacts-destination", str(tmp_path / "served")]
    log = (tmp_path / "server.log").open("wb")
    running = subprocess.Popen(command, env=environment, stdout=log, stderr=log, start_new_session=True)
    try:
        wait_for(f"http://127.0.0.1:{port}/health", running)
        yield f"http://127.0.0.1:{port}"
    finally:
        running.terminate()
        running.wait(30)
        log.close()


def wait_for(address: str, running: "subprocess.Popen[bytes]") -> None:
    for _ in range(1200):
        try:
            urlopen(address, timeout=1).close()  # noqa: S310 - our own loopback address
        except OSError:
            if running.poll() is not None:
                pytest.fail("the server stopped")
            select_briefly()
        else:
            return
    pytest.fail("the server did not start")


def select_briefly() -> None:
    """Wait a tenth of a second for a server that has no way of saying that it is ready."""
    Event().wait(0.1)


@pytest.mark.slow
def test_a_real_server_answers_like_the_embedded_registry(server: str, tmp_path: Path) -> None:
    registry = MlflowRegistry(tracking_uri=server, artifact_root=tmp_path / "mlartifacts", model="student")
    candidate = a_candidate(tmp_path)
    assert registry.aliases("student") == {}
    assert registry.register(candidate) == registry.register(candidate) == 1
    registry.set_alias("student", "champion", 1)
    registry.describe("student", 1, "## Promoted")
    registry.set_tags("student", 1, {"heirloom.state": "champion"})
    registry.drop_tag("student", 1, "heirloom.verdict")
    registry.drop_tag("student", 1, "heirloom.verdict")
    assert registry.pages("student")[1].description == "## Promoted"
    assert registry.pages("student")[1].tags["heirloom.state"] == "champion"
    assert "heirloom.verdict" not in registry.pages("student")[1].tags
    assert registry.aliases("student") == {"champion": 1}
    copy = registry.checkpoint("student", 1)
    assert copy is not None
    assert Manifest.of(copy).digest == candidate.checkpoint_digest
    other = a_candidate(tmp_path / "other", weights=b"restored")
    registry.put_checkpoint("student", 1, other.checkpoint)
    restored = registry.checkpoint("student", 1)
    assert restored is not None
    assert Manifest.of(restored).digest == other.checkpoint_digest
    assert registry.checkpoint("student", 7) is None
    assert registry.report_url("student", 1).startswith(f"{server}/#/experiments/")
