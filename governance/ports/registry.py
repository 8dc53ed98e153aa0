"""The model registry as a view: versions, aliases and pages that reviewers read. The ledger decides; this shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

from governance.release.page import Page

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

    @property
    def page(self) -> Page:
        """What the version's page says from the start."""
        return Page(description=self.description, tags=self.tags)


class Registry(Protocol):
    """Every call raises DependencyError, in bounded time, where the registry cannot be reached."""

    def register(self, candidate: Candidate) -> int:
        """Make the run and the model version, or find the one with this cycle digest; returns the version number."""

    def aliases(self, model: str) -> Mapping[str, int]:
        """Alias -> version, as the registry has it now; empty where the model is not registered."""

    def set_alias(self, model: str, alias: str, version: int) -> None: ...

    def drop_alias(self, model: str, alias: str) -> None:
        """Idempotent."""

    def checkpoint(self, model: str, version: int) -> Path | None:
        """The registry's own copy of the checkpoint on disk; None where version or copy is gone."""

    def put_checkpoint(self, model: str, version: int, folder: Path) -> None:
        """Replace the registry's copy by verified bytes."""

    def report_url(self, model: str, version: int) -> str:
        """Where a person opens the report of this version: a path or an address."""


@runtime_checkable
class PageView(Protocol):
    """A registry whose versions have pages that people read and may edit. Optional: without it only aliases are shown."""

    def pages(self, model: str) -> Mapping[int, Page]:
        """Version -> its page as the registry has it now, tags with the prefix `heirloom.` only; a version that is gone is absent."""

    def set_tags(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        """Set these tags and leave all others as they are."""

    def drop_tag(self, model: str, version: int, key: str) -> None:
        """Take one tag off; does nothing where it is not there."""

    def describe(self, model: str, version: int, description: str) -> None:
        """Rewrite the description of a version."""


@runtime_checkable
class Appended(Protocol):
    """A registry that can add to a version that it has. Optional: without it a later reading is in the workspace alone."""

    def append(self, model: str, version: int, *, metrics: Mapping[str, float], step: int, artifacts: Mapping[str, Path]) -> None:
        """Add metrics at a step and files to the version's run; its page stays. The same again changes nothing."""


@runtime_checkable
class LineTags(Protocol):
    """A registry that keeps tags of the model as a whole. Optional: anybody may edit them, so they raise doubts and decide nothing."""

    def line_tags(self, model: str) -> Mapping[str, str]:
        """The `heirloom.*` tags of the registered model; empty where it is not registered."""

    def set_line_tag(self, model: str, key: str, value: str) -> None:
        """Does nothing where the model is not registered."""
