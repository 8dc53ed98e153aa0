"""How far a reading may be from the truth: paired bootstrap by source document, paired jackknife by prompt, Student t bounds."""

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from governance.collapse.evidence import Floats, Whole
from governance.collapse.noise import Noise, effective_degrees

CONFIDENCE = 0.95
"""Each bound is a one-sided 95 % bound, so that the interval is a two-sided 90 % interval."""
LARGEST_LOG_CHANGE = 30.0
"""A change beyond a factor of e^30 is shown as that factor: a ruined model, whatever the digits, and still a JSON number."""
CELLS_AT_ONCE = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Relative change of the candidate against a reference, 0.05 = 5 % more, with its two-sided 90 % interval.

    `se` is the standard error of the log ratio with retrain noise in it, `noise` the part that more documents cannot shrink, `n` the
    number of independent units (source documents or prompts).
    """

    change: float
    low: float
    high: float
    se: float
    noise: float
    n: int

    def __post_init__(self) -> None:
        numbers = (self.change, self.low, self.high, self.se, self.noise)
        if not all(math.isfinite(number) for number in numbers):
            raise ValueError(f"{numbers} are not all finite")
        if not self.low <= self.change <= self.high:
            raise ValueError(f"change {self.change} is outside its interval {self.low}..{self.high}")

    def document(self) -> dict[str, float | int]:
        return {"change": self.change, "low": self.low, "high": self.high, "se": self.se, "noise": self.noise, "n": self.n}

    @classmethod
    def from_document(cls, document: Mapping[str, float]) -> "Comparison":
        """The inverse of `document`. Raises: KeyError, TypeError or ValueError where it is none."""
        numbers = {name: float(document[name]) for name in ("change", "low", "high", "se")}
        return cls(**numbers, noise=float(document.get("noise", 0.0)), n=int(document["n"]))


def compare_logs(log_change: float, sampling_se: float, noise: Noise | float, *, units: int, degrees: int) -> Comparison:
    """The comparison of a log ratio estimated from `units` independent units, by Student t.

    `degrees` are those of the sampling error; where the noise was pooled over controls, its own few degrees count too. A plain number is an
    assumed noise.
    """
    noise = noise if isinstance(noise, Noise) else Noise(sd=noise)
    se = math.hypot(sampling_se, noise.sd)
    half = t_quantile(CONFIDENCE, effective_degrees(sampling_se, degrees, noise)) * se
    change, low, high = (math.expm1(_clip(log)) for log in (log_change, log_change - half, log_change + half))
    return Comparison(change=change, low=low, high=high, se=se, noise=noise.sd, n=units)


def bootstrap_se(numerator: Floats, denominator: Floats, draws: int, rng: np.random.Generator) -> float:
    """Standard error of sum(numerator) / sum(denominator) when the units are resampled with replacement, both columns together."""
    units = len(numerator)
    ratios = []
    step = max(1, CELLS_AT_ONCE // units)
    for start in range(0, draws, step):
        drawn = rng.integers(0, units, size=(min(step, draws - start), units), dtype=np.int32)
        ratios.append(numerator[drawn].sum(axis=1) / denominator[drawn].sum(axis=1))
    return float(np.concatenate(ratios).std(ddof=1))


def jackknife_se(value: float, without: Floats, without_two: Floats | None = None) -> float:
    """Standard error of a statistic from its values with each of G groups left out, and, where given, with each two of them.

    Counts of distinct things are far from linear, and the plain jackknife overstates their variance by a fifth and more. The values without
    two groups take that bias off again (Efron & Stein 1981, section 4); the correction is never allowed more than half of the variance.
    """
    groups = len(without)
    variance = (groups - 1) / groups * float(np.square(without - without.mean()).sum())
    if without_two is None:
        return math.sqrt(variance)
    upper = np.triu_indices(groups, 1)
    single = without[:, None] + without[None, :]
    second = (groups * value - (groups - 1) * single + (groups - 2) * without_two)[upper]
    excess = float(np.square(second - second.mean()).sum()) / (groups * (groups - 1))
    return math.sqrt(max(variance - excess, variance / 2))


def sum_by(labels: Whole, values: Floats, groups: int) -> Floats:
    return np.bincount(labels, weights=values, minlength=groups).astype(np.float64)


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A Philox stream of its own for each purpose, so that a metric that is added moves no other metric's interval."""
    key = hashlib.sha256(f"{seed}/{purpose}".encode()).digest()[:16]
    return np.random.Generator(np.random.Philox(key=int.from_bytes(key, "big")))


def t_quantile(probability: float, degrees: int) -> float:
    """Quantile of Student's t by the Cornish-Fisher expansion to order 4 (Abramowitz & Stegun 26.7.5): within 0.2 % from 5 degrees up.

    Below 5 degrees the expansion is too short: ValueError, and the caller reports too few units.
    """
    if degrees < 5:
        raise ValueError(f"{degrees} degrees of freedom are fewer than 5")
    z: float = NormalDist().inv_cdf(probability)
    z2 = z * z
    terms = (
        z * (z2 + 1) / 4,
        z * ((5 * z2 + 16) * z2 + 3) / 96,
        z * (((3 * z2 + 19) * z2 + 17) * z2 - 15) / 384,
        z * ((((79 * z2 + 776) * z2 + 1482) * z2 - 1920) * z2 - 945) / 92160,
    )
    return float(z + sum(term / degrees**power for power, term in enumerate(terms, start=1)))


def _clip(log: float) -> float:
    return min(max(log, -LARGEST_LOG_CHANGE), LARGEST_LOG_CHANGE)
