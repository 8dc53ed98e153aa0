"""An auditor with a bundle and an empty machine: the promoted release of a real line verifies, and a mended score does not."""

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.e2e.shell import Done, run

VERIFY = Path(__file__).parents[2] / "governance" / "adapters" / "evidence" / "verify.py"


def verified(bundle: Path, *brought: str) -> "subprocess.CompletedProcess[str]":
    words = [os.path.realpath(sys.executable), "-I", str(VERIFY), str(bundle), *brought]
    return subprocess.run(words, cwd=bundle.parent, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)


@pytest.mark.e2e
def test_the_evidence_of_a_promoted_release_is_verified_alone(founded: tuple[Path, Done], tmp_path: Path):
    workspace = founded[0]
    written = run(workspace, "evidence", "2", "--out", str(tmp_path / "evidence.zip"))
    assert written.code == 0, written.err
    assert "1 model" in written.out
    state = workspace / ".heirloom"
    brought = ("--key", str(workspace / "platform_signers"), "--witness", str(state / "checkpoints"))
    done = verified(tmp_path / "evidence.zip", *brought)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in (
        "ledger links",
        "promoted by the approved policy itself",
        "% model text recomputed from",
        "all same to 1e-9",
        "0 failed.",
    ):
        assert words in done.stdout, words


@pytest.mark.e2e
def test_a_score_that_was_mended_later_is_found(founded: tuple[Path, Done], tmp_path: Path):
    assert run(founded[0], "evidence", "2", "--out", str(tmp_path / "evidence.zip")).code == 0
    with zipfile.ZipFile(tmp_path / "evidence.zip") as old, zipfile.ZipFile(tmp_path / "forged.zip", "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b",", b",1", 1) if name == "scores.csv" else content)
    done = verified(tmp_path / "forged.zip")
    assert done.returncode == 4
    assert "FAIL scores.csv is" in done.stdout
