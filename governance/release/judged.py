"""What the ledger keeps of cycles, of the gate that judges them and of rows, beside the releases that came of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCycle:
    """The frozen cycle that has no candidate yet."""

    number: int
    digest: str
    batch_digest: str
    policy_sha256: str
    kind: str
    judged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What one batch came to under one policy; `version` is None until its candidate is registered."""

    verdict: str
    cycle: int
    cycle_digest: str
    version: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsal:
    """The way back from a version, as it was last walked: to which release, how many files and bytes were rebuilt, how long it took."""

    to: int
    files: int
    size: int
    milliseconds: int
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDrill:
    """A recorded drill of one version of the gate. `own` says that it bred the line's own kind of model, and not a small stand-in."""

    gate_version: str
    trainer: str
    own: bool
    seeds: int
    broken: int
    drill_sha256: str
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """Rows that a model wrote for a batch; `digest` is that of the model, or the name that an endpoint gives it."""

    seq: int
    batch: str
    digest: str
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Rows that somebody asked out: no later mix takes them. `trained` counts them by release, and of `perhaps` nobody can tell."""

    seq: int
    at: str
    by: str
    rows: int
    reason: str
    trained: Mapping[int, int]
    perhaps: Sequence[int]

    def document(self) -> dict[str, Any]:
        """The withdrawal as JSON."""
        said = {"seq": self.seq, "at": self.at, "by": self.by, "rows": self.rows, "reason": self.reason}
        return {**said, "trained": dict(self.trained), "perhaps": list(self.perhaps)}
