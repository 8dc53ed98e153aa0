"""The model registry as a view: versions, aliases and pages that reviewers read. The ledger decides; this shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

ALIAS_CANDIDATE = "candidate"
ALIAS_CHAMPION = "champion"
ALIAS_PRE_SYNTHETIC = "pre-synthetic"
ALIAS_REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One finished cycle, as the registry shall show it. Tags carry the prefix `heirloom.` already."""

    model: str
    cycle_digest: str
    checkpoint: Path
    checkpoint_digest: str
    run_name: str
    description: str
    tags: Mapping[str, str]
    params: Mapping[str, str]
    metrics: Mapping[str, float]
    curves: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    """Metric name -> (step, value), for the training curves."""
    artifacts: Mapping[str, Path] = field(default_factory=dict)
    """Path inside the run (`review/report.html`) -> file on disk."""


class Registry(Protocol):
    """Every call raises DependencyError, in bounded time, where the registry cannot be reached."""

    def register(self, candidate: Candidate) -> int:
        """Make the run and the model version, or find the one with this cycle digest; returns the version number."""

    def aliases(self, model: str) -> Mapping[str, int]:
        """Alias -> version, as the registry has it now; empty where the model is not registered."""

    def set_alias(self, model: str, alias: str, version: int) -> None: ...

    def drop_alias(self, model: str, alias: str) -> None:
        """Idempotent."""

    def show(self, model: str, version: int, description: str, tags: Mapping[str, str]) -> None:
        """Rewrite the page of a version: description and `heirloom.*` tags."""

    def checkpoint(self, model: str, version: int) -> Path | None:
        """The registry's own copy of the checkpoint on disk; None where version or copy is gone."""

    def put_checkpoint(self, model: str, version: int, folder: Path) -> None:
        """Replace the registry's copy by verified bytes."""

    def report_url(self, model: str, version: int) -> str:
        """Where a person opens the report of this version: a path or an address."""


@runtime_checkable
class TagWriter(Protocol):
    """A registry whose tags can be set without rewriting the page."""

    def set_tags(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        """Set these tags and leave all others as they are."""


@runtime_checkable
class TagView(TagWriter, Protocol):
    """A registry whose tags can be read too. Optional: without it tags are not reconciled."""

    def tags(self, model: str, version: int) -> Mapping[str, str]:
        """The `heirloom.*` tags of a version, as the registry has them now; empty where the version is gone."""


@runtime_checkable
class LineTags(Protocol):
    """A registry that keeps tags of the model as a whole. Optional: anybody may edit them, so they raise doubts and decide nothing."""

    def line_tags(self, model: str) -> Mapping[str, str]:
        """The `heirloom.*` tags of the registered model; empty where it is not registered."""

    def set_line_tag(self, model: str, key: str, value: str) -> None:
        """Does nothing where the model is not registered."""
