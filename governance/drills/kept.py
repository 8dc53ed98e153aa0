"""What finished seeds left, so that a drill that was interrupted, or is asked for more seeds, does not breed them again."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.collapse.intervals import Comparison
from governance.digest import digest_document, read_document, write_document
from governance.drills.table import Promise
from governance.drills.trial import Instruments, Trial
from governance.gates.gate import Verdict
from governance.provenance.corpus.shares import Counted
from governance.section import section_document
from governance.stages.closure import closure, code_digest

SCHEMA = "heirloom/drilled-seed/1"
CODE = (
    "governance.collapse",
    "governance.gates",
    "governance.drills",
    "governance.adapters.trainers",
    "governance.stages.probe",
    "governance.stages.measure",
    "governance.stages.judge",
)
"""All that a seed's outcome is a function of, beside what was asked."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SeedFound:
    """What one seed of a drill found."""

    trials: tuple[Trial, ...]
    margins: tuple[Promise, ...] = ()

    def document(self) -> dict[str, Any]:
        return {"trials": [_trial_document(trial) for trial in self.trials], "margins": [_promise_document(one) for one in self.margins]}

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "SeedFound":
        """The inverse of `document`."""
        return cls(
            trials=tuple(_trial_of(found) for found in document["trials"]),
            margins=tuple(Promise(**{**found, "counted": Counted(**found["counted"])}) for found in document["margins"]),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A folder with a file a finished seed. `key` says of what they are the outcome; another one's files are not looked at."""

    folder: Path
    key: str

    def read(self, seed: int, pairs: int) -> SeedFound | None:
        """What this seed found with so many pairs at the margin; None where it was not bred to its end."""
        path = self._path(seed, pairs)
        return SeedFound.from_document(read_document(path)) if path.is_file() else None

    def write(self, seed: int, pairs: int, found: SeedFound) -> None:
        """Keep it, whole or not at all."""
        write_document(self._path(seed, pairs), {"schema": SCHEMA, "key": self.key, "seed": seed, "pairs": pairs, **found.document()})

    def _path(self, seed: int, pairs: int) -> Path:
        return self.folder / self.key[:16] / f"{seed}-{pairs}.json"


def key_of(bred: Mapping[str, Any], instruments: Instruments, faults: Iterable[str]) -> str:
    """One digest over everything that the outcome of a seed follows from: the code, what is `bred` of what, policy and courses."""
    return digest_document(
        {
            "code": code_digest(closure(CODE)),
            **bred,
            "probe": section_document(instruments.plan),
            "gates": section_document(instruments.rules),
            "faults": list(faults),
        }
    )


def _trial_document(trial: Trial) -> dict[str, Any]:
    plain = {name: getattr(trial, name) for name in ("fault", "seed", "cycle", "alarms", "planned")}
    lists = {name: list(getattr(trial, name)) for name in ("blocking", "passing")}
    read = {name: {metric: found.document() for metric, found in getattr(trial, name).items()} for name in ("baseline", "champion")}
    return {**plain, **lists, **read, "verdict": trial.verdict.value}


def _trial_of(document: Mapping[str, Any]) -> Trial:
    lists = {name: tuple(document[name]) for name in ("blocking", "passing")}
    read = {
        name: {metric: Comparison.from_document(found) for metric, found in document[name].items()} for name in ("baseline", "champion")
    }
    return Trial(**{**document, **lists, **read, "verdict": Verdict(document["verdict"])})


def _promise_document(promise: Promise) -> dict[str, Any]:
    counted = {"hits": promise.counted.hits, "rows": promise.counted.rows}
    return {
        "fault": promise.fault,
        "what": promise.what,
        "counted": counted,
        "bound": promise.bound,
        "at_least": promise.at_least,
    }
