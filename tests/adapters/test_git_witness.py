"""Real git as a witness: nothing is lost between processes, no setting or hook of a user gets between, and each line has its own ref."""

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from governance.adapters.witnesses.folder import FolderWitness
from governance.adapters.witnesses.git_ref import REF, GitWitness
from governance.adapters.witnesses.named import witnesses_of
from governance.errors import DependencyError
from governance.ports.workspace import Workspace
from governance.release.checkpoint import Checkpoint, SignedCheckpoint
from governance.release.platform_key import Line

LINE = Line(model="student", environment="staging", origin="0" * 64)


def said(seq: int, head: str = "a") -> SignedCheckpoint:
    checkpoint = Checkpoint(line=LINE, seq=seq, head=head * 64, at="2026-11-20T03:07:00+00:00")
    return SignedCheckpoint(
        checkpoint=checkpoint, key="SHA256:x", signature="-----BEGIN SSH SIGNATURE-----\nx\n-----END SSH SIGNATURE-----\n"
    )


def git(repository: Path, *words: str) -> str:
    return subprocess.run(["git", "-C", str(repository), *words], capture_output=True, text=True, check=True).stdout


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path / "repository")], check=True)
    return tmp_path / "repository"


def test_what_is_kept_comes_back_and_keeping_it_again_changes_nothing(repository: Path) -> None:
    witness = GitWitness(repository=repository, line="staging/student")
    assert witness.testimony().checkpoints == ()
    for one in (said(1), said(1), said(2), said(2, "b"), said(2, "b")):
        witness.keep(one)
    assert set(witness.testimony().checkpoints) == {said(1), said(2), said(2, "b")}
    assert git(repository, "rev-list", "--count", witness.ref).strip() == "3"
    assert git(repository, "branch", "--all") == ""
    assert git(repository, "status", "--porcelain") == ""


def test_lines_of_one_repository_do_not_speak_for_each_other(repository: Path) -> None:
    for line in ("staging/student", "staging/other"):
        GitWitness(repository=repository, line=line).keep(said(len(line)))
    assert [one.seq for one in GitWitness(repository=repository, line="staging/other").testimony().checkpoints] == [13]
    assert git(repository, "for-each-ref", "--format=%(refname)", REF).split() == [f"{REF}/staging/other", f"{REF}/staging/student"]


def test_processes_that_keep_at_once_lose_nothing(repository: Path) -> None:
    witness = GitWitness(repository=repository, line="staging/student")
    with ThreadPoolExecutor(max_workers=3) as pool:
        list(pool.map(lambda seq: witness.keep(said(seq)), (1, 2, 3)))
    assert {one.seq for one in witness.testimony().checkpoints} == {1, 2, 3}


def test_hooks_settings_and_replaced_objects_of_a_user_change_nothing(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = GitWitness(repository=repository, line="staging/student")
    witness.keep(said(1))
    hook = repository / ".git" / "hooks" / "reference-transaction"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "commit.gpgSign", "true")
    monkeypatch.setenv("GIT_DIR", str(repository / "nowhere"))
    witness.keep(said(2))
    monkeypatch.delenv("GIT_DIR")
    hook.unlink()
    tree = git(repository, "rev-parse", f"{witness.ref}^{{tree}}").strip()
    other = git(repository, "-c", "user.name=m", "-c", "user.email=m@m.invalid", "commit-tree", tree, "-m", "x").strip()
    git(repository, "replace", git(repository, "rev-parse", witness.ref).strip(), other)
    found = witness.testimony()
    assert ([one.seq for one in found.checkpoints], found.unreadable, found.silent) == ([2, 1], (), "")


def test_a_commit_that_is_no_checkpoint_is_told(repository: Path) -> None:
    witness = GitWitness(repository=repository, line="staging/student")
    witness.keep(said(1))
    tree, tip = (git(repository, "rev-parse", f"{witness.ref}{end}").strip() for end in ("^{tree}", ""))
    words = ("-c", "user.name=m", "-c", "user.email=m@m.invalid", "commit-tree", tree, "-p", tip, "-m", '{"statement": 1}')
    git(repository, "update-ref", witness.ref, git(repository, *words).strip())
    found = witness.testimony()
    assert ([one.seq for one in found.checkpoints], len(found.unreadable)) == ([1], 1)


def test_what_is_no_repository_and_a_machine_without_git_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = GitWitness(repository=tmp_path, line="staging/student")
    assert "not a git repository" in witness.testimony().silent
    with pytest.raises(DependencyError, match="not a git repository"):
        witness.keep(said(1))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert witness.testimony().silent == "git is not installed"


def test_a_folder_that_is_not_there_is_never_made(tmp_path: Path) -> None:
    witness = FolderWitness(folder=tmp_path / "mount" / "line")
    with pytest.raises(DependencyError, match="is no folder"):
        witness.keep(said(1))
    assert not witness.folder.exists()
    assert witness.testimony().silent


def test_two_ledgers_that_part_ways_are_kept_beside_each_other(tmp_path: Path) -> None:
    witness = FolderWitness(folder=tmp_path / "here", make=True)
    for one in (said(7), said(7, "b"), said(7)):
        witness.keep(one)
    assert set(witness.testimony().checkpoints) == {said(7), said(7, "b")}


@pytest.mark.parametrize(
    ("environment", "settings", "expected"),
    [
        ("staging", ("git",), ["folder", "git"]),
        ("production", ("git",), ["folder", "git"]),
        ("demo", ("git",), ["folder"]),
        ("demo", ("git:../far.git", "away"), ["folder", "git:../far.git", "away"]),
        ("staging", (), ["folder"]),
        ("nonsense", ("git", "away"), ["folder", "away"]),
    ],
)
def test_the_folder_is_always_there_and_git_where_a_line_is_not_begun_anew(
    repository: Path, environment: str, settings: tuple[str, ...], expected: list[str]
) -> None:
    (repository / "policy.toml").write_text(f'[line]\nmodel = "student"\nenvironment = "{environment}"\n')
    workspace = Workspace(root=repository)
    assert [one.name for one in witnesses_of(workspace, settings)] == expected
    (repository / ".git").rename(repository / "no-git")
    assert [one.name for one in witnesses_of(workspace, settings)] == [name for name in expected if name != "git"]
