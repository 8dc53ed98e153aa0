"""Who put the policy in force where it is: the commits that touched policy.toml, or why nobody can say."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """One commit that touched the policy: its author for people, every name and address of author and committer, and the text it left."""

    name: str
    author: str
    names: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commits:
    """Newest first, read as far as somebody looks. Where they are not `whole`, the oldest is not where the policy began."""

    found: Iterator[Commit]
    whole: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NoCommits:
    """Why nobody can say, as a phrase: `policy.toml is in no git checkout`."""

    reason: str


class PolicyHistory(Protocol):
    """Where the policy is kept under review."""

    def commits(self) -> Commits | NoCommits: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NoHistory:
    """A policy that is kept nowhere."""

    def commits(self) -> Commits | NoCommits:
        return NoCommits(reason="policy.toml is in no git checkout")
