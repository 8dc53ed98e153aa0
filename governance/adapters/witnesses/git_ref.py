"""A git ref as a witness: a commit a checkpoint, each the child of the one before, in a ref that no branch leads to.

It travels with the repository when it is pushed (`git push REMOTE 'refs/heirloom/*'`); a server that refuses to move a ref back keeps it
for good.
"""

import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.digest import canonical_bytes
from governance.errors import DependencyError, IntegrityError
from governance.release.checkpoint import SignedCheckpoint, Testimony

REF = "refs/heirloom/checkpoints"
CONFIG = ("-c", "core.hooksPath=/dev/null", "-c", "i18n.commitEncoding=UTF-8", "-c", "log.showSignature=false")
"""What a user's own settings shall not change: no hook runs, and a log is what was committed."""
PATIENCE_SECONDS = 10
TRIES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class GitWitness:
    """See `governance.ports.witness.Witness`. A repository can witness several lines: each has a ref by its environment and model."""

    repository: Path
    line: str
    label: str = "git"

    @property
    def name(self) -> str:
        return self.label

    @property
    def ref(self) -> str:
        return f"{REF}/{self.line}"

    def keep(self, one: SignedCheckpoint) -> None:
        for _ in range(TRIES):
            tip = self._tip()
            if tip and self._last(tip) == (one.seq, one.head, one.key):
                return
            tree = self._git("mktree", content=b"").strip()
            parent = ("-p", tip) if tip else ()
            commit = self._git("commit-tree", tree, *parent, content=canonical_bytes(one.document()), at=one.checkpoint.at).strip()
            if self._run("update-ref", "--no-deref", self.ref, commit, tip or "0" * len(commit)).returncode == 0:
                return
        raise DependencyError(f"{self.ref} was moved by others {TRIES} times", where=str(self.repository))

    def testimony(self) -> Testimony:
        try:
            if not self._tip():
                return Testimony(witness=self.name)
            said = self._git("log", "-z", "--format=%H %B", self.ref)
        except DependencyError as error:
            return Testimony(witness=self.name, silent=error.found)
        kept, unreadable = [], []
        for commit, _, body in (part.strip().partition(" ") for part in said.split("\0") if part.strip()):
            try:
                kept.append(SignedCheckpoint.from_document(json.loads(body)))
            except (ValueError, TypeError, IntegrityError):
                unreadable.append(f"commit {commit[:12]}")
        return Testimony(witness=self.name, checkpoints=tuple(kept), unreadable=tuple(unreadable))

    def _tip(self) -> str:
        """The commit at the end of the ref; empty where there is none yet. Raises: DependencyError where this is no repository."""
        found = self._run("rev-parse", "--verify", "--quiet", self.ref)
        if found.returncode == 0:
            return found.stdout.decode().strip()
        self._git("rev-parse", "--git-dir")
        return ""

    def _last(self, tip: str) -> tuple[int, str, str] | None:
        try:
            one = SignedCheckpoint.from_document(json.loads(self._git("log", "-1", "--format=%B", tip)))
        except (ValueError, TypeError, IntegrityError):
            return None
        return one.seq, one.head, one.key

    def _git(self, *words: str, content: bytes | None = None, at: str = "") -> str:
        done = self._run(*words, content=content, at=at)
        if done.returncode:
            said = done.stderr.decode("utf-8", "replace").strip().splitlines()
            raise DependencyError(f"git {words[0]}: {said[-1] if said else 'no reason given'}", where=str(self.repository))
        return done.stdout.decode("utf-8", "replace")

    def _run(self, *words: str, content: bytes | None = None, at: str = "") -> "subprocess.CompletedProcess[bytes]":
        try:
            return subprocess.run(
                ["git", *CONFIG, "-C", str(self.repository), *words],
                input=content if content is not None else b"",
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                env=_environment(at),
                check=False,
            )
        except FileNotFoundError as error:
            raise DependencyError("git is not installed", where=str(self.repository)) from error
        except subprocess.TimeoutExpired as error:
            raise DependencyError(f"git {words[0]} gave no answer in {PATIENCE_SECONDS} seconds", where=str(self.repository)) from error


def repository_above(folder: Path) -> Path | None:
    """The root of the working tree that a folder lies in; None where it lies in none."""
    return next((place for place in (folder, *folder.parents) if (place / ".git").exists()), None)


def _environment(at: str) -> Mapping[str, str]:
    """The user's environment without what points git elsewhere; commits are the platform's, and dated by the checkpoint."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    said = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
    for role in ("AUTHOR", "COMMITTER"):
        said |= {f"GIT_{role}_NAME": "heirloom", f"GIT_{role}_EMAIL": "heirloom@heirloom.invalid"}
        said |= {f"GIT_{role}_DATE": at} if at else {}
    return {**kept, **said}
