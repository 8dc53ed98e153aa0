"""What a gate is: one file with one constant `GATE`, a frozen value whose function turns a case into results with reasons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from governance.gates.margins import GateRules, Margin


class Verdict(StrEnum):
    """The three answers. Only PASS is a yes."""

    PASS = "pass"  # noqa: S105
    BLOCK = "block"
    INCONCLUSIVE = "inconclusive"


FOUNDING = "founding"
NO_REFERENCE = "-"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateCase:
    """What a gate may look at. There is no room in it for accuracy, a judge's taste or the size of a model: they excuse nothing."""

    metrics: Mapping[str, Mapping[str, Any]]
    """Entries of measures.json by name."""
    mix: Mapping[str, Any]
    lineage: Mapping[str, Any]
    rules: GateRules
    references: tuple[str, ...]
    """Models to compare with: none in a founding cycle."""
    stand_ins: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """Reference -> the reference whose reading is used where its own was not taken, because both are one checkpoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer against one reference, with a sentence that a reviewer can act on."""

    gate: str
    metric: str
    against: str
    verdict: Verdict
    reason: str
    change: float | None = None
    low: float | None = None
    high: float | None = None
    limit: float | None = None
    n: int | None = None
    documents_needed: int | None = None

    def __post_init__(self) -> None:
        if not self.reason:
            raise ValueError(f"{self.gate}: a verdict needs a reason")

    def document(self) -> dict[str, Any]:
        names = ("gate", "metric", "against", "reason", "change", "low", "high", "limit", "n", "documents_needed")
        return {**{name: getattr(self, name) for name in names}, "verdict": self.verdict.value}


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """A plug-in: `GATE` in governance/gates/rules/NAME.py."""

    name: str
    title: str
    metric: str
    """Name of the metric that is read, or "-"."""
    judge: Callable[[GateCase], tuple[GateResult, ...]]
    margin: Margin | None = None
    """The starting margin, where the gate has one; the policy may set another under [gates.margins.NAME]."""
    unit: str = "documents"
    """What its interval counts: source documents, or prompts."""
    two_sided: bool = False
    """True where a change either way counts against the margin."""

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name: {self.name!r} is not an identifier")
