"""Where a model stood on the pinned shards when it was judged: what the ledger keeps, so that later cycles can look back."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LEVELLED: Mapping[str, str] = {"tail_perplexity": "tail", "human_perplexity": "human"}
"""Metric whose level is kept -> the pinned shard that it is read on."""
RANKED = "tail_perplexity"
"""The metric by which one release is better than another: the tail is what dies first."""
COMPARED = ("change", "low", "high", "se", "noise", "n")


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One reading: bits per UTF-8 byte on the shard of this digest, and its comparison with the baseline of then, where there was one."""

    shard: str
    bits_per_byte: float
    against_baseline: Mapping[str, float] | None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bits_per_byte) and self.bits_per_byte > 0):
            raise ValueError(f"bits_per_byte: {self.bits_per_byte} is not finite and positive")
        if self.against_baseline is not None and set(self.against_baseline) != set(COMPARED):
            raise ValueError(f"against_baseline: {sorted(self.against_baseline)} are not {sorted(COMPARED)}")

    def document(self) -> dict[str, Any]:
        against = dict(self.against_baseline) if self.against_baseline else None
        return {"shard": self.shard, "bits_per_byte": self.bits_per_byte, "against_baseline": against}


@dataclass(frozen=True, slots=True, kw_only=True)
class Levels:
    """The levels of one release by metric; `baseline` is the checkpoint that they are compared with."""

    baseline: str | None
    readings: Mapping[str, Level]

    def document(self) -> dict[str, Any]:
        return {"baseline": self.baseline, "readings": {name: level.document() for name, level in sorted(self.readings.items())}}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "Levels | None":
        """The inverse of `document`; None where nothing was kept. Raises: KeyError, TypeError or ValueError where it is none."""
        if document is None:
            return None
        return cls(baseline=document["baseline"], readings={name: Level(**level) for name, level in document["readings"].items()})


def levels_of(measures: Mapping[str, Any], cycle: Mapping[str, Any]) -> Levels:
    """What measures.json says of the candidate on the shards that cycle.json pins; a reading that was not taken is not there.

    Where documents were held back for a second look, the shard is named with that.
    """
    from governance.gates.extension import ExtensionRules
    from governance.section import read_section

    rules = read_section(ExtensionRules, cycle["policy"]["gates"]["extension"], "cycle.json policy.gates.extension")
    entries = {str(entry["name"]): entry for entry in measures.get("metrics", ())}
    found = {name: _level(entries.get(name, {}), rules.label(cycle["shards"][shard])) for name, shard in LEVELLED.items()}
    baseline = cycle["baseline"]["digest"] if cycle["baseline"] else None
    return Levels(baseline=baseline, readings={name: level for name, level in found.items() if level is not None})


def _level(entry: Mapping[str, Any], shard: str) -> Level | None:
    bits = entry.get("values", {}).get("candidate")
    if not isinstance(bits, int | float) or isinstance(bits, bool) or not math.isfinite(bits) or bits <= 0:
        return None
    against = entry.get("against", {}).get("baseline") or {}
    whole = against.get("change") is not None and all(name in against for name in COMPARED)
    return Level(shard=shard, bits_per_byte=float(bits), against_baseline={name: against[name] for name in COMPARED} if whole else None)
