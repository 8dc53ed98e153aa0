"""What every signal saw: scores of all rows, and in each domain a detector with its errors, or why there is none."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import polars as pl

from governance.provenance.laundering.detector import Calibration, Detector
from governance.provenance.laundering.domains import SHARED, mixed_like
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.share import Sight, seen
from governance.provenance.laundering.signal import Floats, Material, Reading, Signal, Unmeasured
from governance.threads import side_by_side

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Seen:
    """One signal: its scores, and its detectors by domain. `unmeasured` says why there are none."""

    signal: Signal
    reading: Reading | None
    detectors: Mapping[str, Detector]
    unmeasured: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Eyes:
    """All signals over one material. `families` number the families of the claimed rows from 0."""

    material: Material
    seen: Sequence[Seen]
    families: npt.NDArray[np.int64]

    @property
    def compares(self) -> bool:
        """Some signal tells people from models here, in one domain at least."""
        return any(one.detectors for one in self.seen if not one.signal.only_ours)

    def sights(self, chosen: Bools, one: Seen, *, whole: bool) -> tuple[list[Sight], int]:
        """What one signal saw of the chosen claimed rows, by domain, and of how many rows.

        `whole` says that they are all rows of the batch. The references of the shared domain are weighted to the slices of the batch, so
        they speak of it as a whole and of no part of it, but for signals that know our own text wherever it turns up.
        """
        if one.reading is None:
            return [], 0
        looked_at = chosen & ~np.isnan(one.reading.claimed)
        domain = self.material.claimed["domain"].to_numpy()
        parts = [(name, looked_at & (domain == name)) for name in one.detectors if whole or one.signal.only_ours or name != SHARED]
        total = int(sum(mask.sum() for _, mask in parts))
        found = []
        for name, mask in parts:
            if mask.any():
                scores, part = one.reading.claimed[mask], float(mask.sum() / total)
                found.append(seen(one.detectors[name], scores, self.families[mask], part))
        return found, total

    def rival_sights(self, chosen: Bools, *, whole: bool) -> tuple[list[Sight], int]:
        """In each domain the signal that would see a usual batch best, by its errors alone; not those that know only our own text."""
        found, total, domain = [], 0, self.material.claimed["domain"].to_numpy()
        for name in sorted(set(self.material.claimed["domain"].drop_nulls())):
            able = [one for one in self.seen if not one.signal.only_ours and name in one.detectors]
            if not able:
                continue
            best = min(able, key=lambda one, name=name: one.detectors[name].usual_variance)  # type: ignore[misc]
            sights, rows = self.sights(chosen & (domain == name), best, whole=whole)
            found += [(sight, rows) for sight in sights]
            total += rows
        return [replace(sight, part=rows / total) for sight, rows in found], total


def look(material: Material, signals: Sequence[Signal], rules: LaunderingRules) -> Eyes:
    """Every signal read and calibrated, in order of name; they are read side by side."""
    families = np.unique(material.claimed["family"].to_numpy(), return_inverse=True)[1].astype(np.int64)
    return Eyes(material=material, seen=side_by_side(partial(_seen, material, rules), signals), families=families)


def _seen(material: Material, rules: LaunderingRules, signal: Signal) -> Seen:
    reading = signal.measure(material)
    if isinstance(reading, Unmeasured):
        return Seen(signal=signal, reading=None, detectors={}, unmeasured=reading.reason)
    found = {}
    for name in sorted(set(material.claimed["domain"].drop_nulls())):
        calibration = _calibration(material, reading, name)
        if calibration is not None and len(calibration.references) >= rules.min_references:
            found[name] = calibration.detector(signal.name, signal.line)
    why = "" if found else f"fewer than {rules.min_references} pinned human rows in every domain"
    return Seen(signal=signal, reading=reading, detectors=found, unmeasured=why)


def _calibration(material: Material, reading: Reading, domain: str) -> Calibration | None:
    mine = (material.references["domain"].to_numpy() == domain) & ~np.isnan(reading.references)
    theirs = (material.known["domain"].to_numpy() == domain) & ~np.isnan(reading.known)
    rows = material.references.filter(pl.Series(mine))
    weights = mixed_like(rows["slice"], material.claimed.filter(pl.col("domain") == domain)["slice"])
    if not len(weights) or weights.sum() <= 0:
        return None
    return Calibration(
        references=_floats(reading.references, mine),
        weights=weights,
        families=np.unique(rows["family"].to_numpy(), return_inverse=True)[1].astype(np.int64),
        known=_floats(reading.known, theirs),
        generators=material.known.filter(pl.Series(theirs))["generator"].to_list(),
    )


def _floats(scores: Floats, mask: Bools) -> Floats:
    return np.asarray(scores[mask], dtype=np.float64)
