"""The batch before: what a new one is held against, so that an export that broke overnight is seen before it is trained on."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import log
from typing import Any

from governance.provenance.row import Origin

Counts = Mapping[str, int]

MISSED = 20
"""Rows that a slice had last time; one with fewer may be absent by chance."""
MEDIAN = "median-length"
"""The expectation that tells the median length of a batch's texts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LastBatch:
    """Admitted rows of a batch by slice and origin, and the median length of its texts in characters (0 where that is not known)."""

    cycle: int
    by_slice: Mapping[str, Counts] = field(default_factory=dict)
    median: int = 0

    @classmethod
    def of_audit(cls, cycle: int, audit: Mapping[str, Any]) -> "LastBatch":
        """The batch that an audit.json is about."""
        told = (one["observed"] for one in audit["expectations"] if one["name"] == MEDIAN)
        return cls(cycle=cycle, by_slice={name: dict(counts) for name, counts in audit["by_slice"].items()}, median=next(told, None) or 0)

    def document(self) -> dict[str, Any]:
        return {"cycle": self.cycle, "by_slice": {name: dict(counts) for name, counts in self.by_slice.items()}, "median": self.median}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "LastBatch | None":
        return cls(**document) if document else None


def drift_since(last: LastBatch | None, by_slice: Mapping[str, Counts], median: int) -> dict[str, int]:
    """How far a batch is from the one before, in whole numbers rounded down; all 0 where there was none, or either is empty.

    `human_points`: percentage points by which the share of human rows moved. `slices_gone`: slices of 20 rows or more that have none now.
    `slice_drift`: the population stability index of the slices, in hundredths of a nat, half a row added to each (Siddiqi 2006, Credit
    Risk Scorecards: from 25 on a shift is called significant). `median_percent`: by how much the median length moved, of the larger one.
    """
    then, now = (_rows(last.by_slice) if last else {}), _rows(by_slice)
    if last is None or not sum(then.values()) or not sum(now.values()):
        return {"human_points": 0, "slices_gone": 0, "slice_drift": 0, "median_percent": 0}
    larger = max(median, last.median)
    return {
        "human_points": _moved(_human(last.by_slice), sum(then.values()), _human(by_slice), sum(now.values())),
        "slices_gone": sum(rows >= MISSED and not now.get(name) for name, rows in then.items()),
        "slice_drift": int(100 * _stability(then, now)),
        "median_percent": abs(median - last.median) * 100 // larger if last.median and median else 0,
    }


def _rows(by_slice: Mapping[str, Counts]) -> dict[str, int]:
    return {name: sum(counts.values()) for name, counts in by_slice.items()}


def _human(by_slice: Mapping[str, Counts]) -> int:
    return sum(counts.get(Origin.HUMAN.value, 0) for counts in by_slice.values())


def _moved(part: int, whole: int, other_part: int, other_whole: int) -> int:
    """Percentage points between two shares, in whole numbers."""
    return abs(part * other_whole - other_part * whole) * 100 // (whole * other_whole)


def _stability(then: Counts, now: Counts) -> float:
    names = {*then, *now}
    before, after = sum(then.values()) + len(names) / 2, sum(now.values()) + len(names) / 2
    shares = [((then.get(name, 0) + 0.5) / before, (now.get(name, 0) + 0.5) / after) for name in sorted(names)]
    return sum((new - old) * log(new / old) for old, new in shares)
