"""Every command of the README is executed, and the story that it tells is the one that happens."""

import json
import re
import socket
import subprocess
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.shell import BIN, Done, environment, run

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


@dataclass(frozen=True)
class Line:
    words: tuple[str, ...]
    code: int


def commands(block: str) -> list[Line]:
    found = []
    for line in block.splitlines():
        told = line.removeprefix("$ ")
        code = re.search(r"\(exit (\d+)\)", told)
        found.append(Line(tuple(told.split("#")[0].split()), int(code.group(1)) if code else 0))
    return found


BLOCKS = [commands(block) for block in re.findall(r"```console\n(.*?)```", README, re.DOTALL)]
TOUR = BLOCKS[1]


def recipe(target: str) -> list[str]:
    """The lines that make runs for a target."""
    text = (ROOT / "Makefile").read_text()
    body = re.search(rf"^{target}:.*\n((?:\t.*\n)*)", text, re.MULTILINE)
    assert body, f"the Makefile has no target {target}"
    return [line.strip().replace("$(BIN)/", "") for line in body.group(1).splitlines()]


def do(workspace: Path, words: tuple[str, ...]) -> Done:
    if words[0] == "heirloom":
        return run(workspace, *words[1:])
    done = subprocess.run([str(BIN / words[0]), *words[1:]], cwd=workspace, env=environment(), capture_output=True, text=True, check=False)
    return Done(done.returncode, done.stdout, done.stderr)


def test_the_two_commands_of_the_readme_are_targets_and_ci_calls_the_test_command():
    assert [line.words for line in BLOCKS[0]] == [("make", "run"), ("make", "test")]
    assert recipe("test") == ["python -m pytest -n 2 --dist loadfile"]
    assert "make test" in (ROOT / ".ci" / "run").read_text()


@pytest.fixture(scope="module")
def after_make_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with the shipped policy, after the commands of `make run`."""
    folder = tmp_path_factory.mktemp("readme") / "newsroom"
    assert run(folder.parent, "init", str(folder)).code == 0
    for line in recipe("run"):
        done = do(folder, tuple(line.split()))
        assert done.code == 0, f"{line}\n{done.out}{done.err}"
    return folder


@pytest.mark.e2e
def test_the_tour_runs_as_it_is_told(after_make_run: Path):
    said = {}
    for line in TOUR:
        done = do(after_make_run, line.words)
        assert done.code == line.code, f"{' '.join(line.words)}\n{done.out}{done.err}"
        said[line.words[:3] if len(line.words) > 2 else line.words] = done.out
    assert "release 2 serves" in said["heirloom", "status"]
    blocked = said["heirloom", "retrain", "inbox/flood"]
    assert re.search(r"REFUSED .*moved [+-][\d.]+ % \[[+-][\d.]+, [+-][\d.]+\] against the .*, limit", blocked)
    assert "Worst slice:" in blocked
    back = said["heirloom", "rollback", "--to"]
    assert "Champion 2 -> 1" in back
    assert re.search(r"Done in [\d.]+ s", back)  # how many is benchmarks/cycle.py's to say, on a machine that does nothing else
    assert "every one follows the one before it" in said["heirloom", "ledger", "verify"]
    assert "up to date" in said["dvc", "status"]


@pytest.mark.e2e
def test_the_registry_page_of_the_readme_shows_the_review_of_the_champion_and_its_report(after_make_run: Path):
    command = re.search(r"`(mlflow ui --backend-store-uri [^`]+)`", README)
    assert command
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    words = command.group(1).split()
    server = subprocess.Popen(
        [str(BIN / words[0]), *words[1:], "--port", str(port), "--workers", "1"],
        cwd=after_make_run,
        env=environment(MLFLOW_SERVER_ENABLE_JOB_EXECUTION="false"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        address = f"http://127.0.0.1:{port}"
        assert opens(f"{address}/health", 60)
        ask = f"{address}/ajax-api/2.0/mlflow"
        model = json.loads(page(f"{ask}/registered-models/get?name=student"))["registered_model"]
        champion = next(one["version"] for one in model["aliases"] if one["alias"] == "champion")
        version = json.loads(page(f"{ask}/model-versions/get?name=student&version={champion}"))["model_version"]
        assert version["description"].startswith("**Champion, promoted at ledger ")
        assert "This page is a copy" in version["description"]
        assert "heirloom.status" in {tag["key"] for tag in version["tags"]}
        report = page(f"{address}/get-artifact?path=review/report.html&run_uuid={version['run_id']}")
        assert "<title>student, cycle" in report
        assert "default-src 'none'" in report
    finally:
        server.terminate()
        server.wait(timeout=30)


def page(address: str) -> str:
    with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - our own loopback
        return bytes(answer.read()).decode()


def opens(address: str, seconds: int) -> bool:
    """Asks a page of another process until it answers, for a bounded time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            with urllib.request.urlopen(address, timeout=2) as answer:  # noqa: S310 - our own loopback
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    return False
