"""The commits of a policy in an ordinary git checkout. Git is asked and never told: nothing is fetched, written or configured."""

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from governance.ports.policy_history import Commit, Commits, NoCommits

PATIENCE_SECONDS = 20
_FIELDS = ("%H", "%aN", "%an", "%cN", "%cn", "%aE", "%ae", "%cE", "%ce")
"""Names and addresses as .mailmap gives them and as they were written: an edited .mailmap may add a name, and takes none away."""
_NOREPLY = "users.noreply."


@dataclass(frozen=True, slots=True, kw_only=True)
class GitPolicy:
    """The history of one file in the checkout around it (see `governance.ports.policy_history.PolicyHistory`)."""

    path: Path

    def commits(self) -> Commits | NoCommits:
        try:
            shallow = self._asked("rev-parse", "--is-shallow-repository").strip() == b"true"
            listed = self._asked("log", "--no-show-signature", f"--format={'%x00'.join(_FIELDS)}", "--", self.path.name)
        except FileNotFoundError:
            return NoCommits(reason="git is not installed")
        except subprocess.TimeoutExpired:
            return NoCommits(reason=f"git gave no answer in {PATIENCE_SECONDS} seconds")
        except subprocess.CalledProcessError as error:
            return NoCommits(reason=_reason(error.stderr, self.path.name))
        lines = listed.decode("utf-8", "replace").splitlines()
        if not lines:
            return NoCommits(reason=f"{self.path.name} was never committed")
        return Commits(found=self._read(lines), whole=not shallow)

    def _read(self, lines: list[str]) -> Iterator[Commit]:
        for line in lines:
            name, *said = line.split("\0")
            try:
                text = self._asked("cat-file", "blob", f"{name}:./{self.path.name}").decode("utf-8", "replace")
            except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
                text = ""  # a commit that took the file away left no policy
            yield Commit(name=name, author=said[0], names=_known_as(said), text=text)

    def _asked(self, *words: str) -> bytes:
        found = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
        quiet = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1"}
        return subprocess.run(
            ["git", "-C", str(self.path.parent), *words], capture_output=True, check=True, timeout=PATIENCE_SECONDS, env={**found, **quiet}
        ).stdout


def _known_as(said: list[str]) -> tuple[str, ...]:
    """Names, addresses, and the part of each address before its @: an approver may go by any of them."""
    found = list(said)
    for address in said[4:]:
        local, _, domain = address.partition("@")
        found.append(local.rpartition("+")[2] if domain.startswith(_NOREPLY) else local)
    return tuple(dict.fromkeys(name for name in found if name.strip()))


def _reason(said: bytes, name: str) -> str:
    text = said.decode("utf-8", "replace").strip()
    if "not a git repository" in text:
        return f"{name} is in no git checkout"
    return f"git says: {text.splitlines()[0]}" if text else "git gave no reason"
