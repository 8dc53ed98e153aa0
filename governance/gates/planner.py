"""How many documents would settle it: normal power on the sd of paired changes, on the log scale."""

import math
from collections.abc import Callable, Sequence
from statistics import NormalDist

CONFIDENCE = 0.95
MOST_DOCUMENTS = 1_000_000


def pass_chance(sd: float, edges: Sequence[float], truth: float, *, n: int, noise: float = 0.0) -> float:
    """Chance that the whole interval lies inside the edges (an upper one, or an upper and a lower one) if the log change is `truth`."""
    return _chance(sd, edges, truth, n, noise, inside=True)


def units_to_settle(sd: float, edges: Sequence[float], truth: float, *, noise: float = 0.0, power: float = 0.8) -> int | None:
    """Units at which a truth is judged rightly, a pass inside the edges and a block beyond them, with this power; None where none does.

    With one edge this is n = sd^2 / ((distance / (z_0.95 + z_power))^2 - noise^2), where sd is that of one unit's change and noise the part
    that units do not shrink: with sd 0.1 and a margin of 5 % at 95/95 it is 46, with sd 0.8 it is 2,910 (SCIENCE section 1: 28-58 and about
    2,900). With two, a truth between them has to clear both. None too where the number is beyond a million.
    """
    inside = truth < edges[0] and (len(edges) == 1 or truth > edges[1])
    return _least(lambda n: _chance(sd, edges, truth, n, noise, inside=inside), power)


def _chance(sd: float, edges: Sequence[float], truth: float, n: int, noise: float, *, inside: bool) -> float:
    normal = NormalDist()
    se, z = math.hypot(sd / math.sqrt(n), noise), normal.inv_cdf(CONFIDENCE)
    sign = -1.0 if inside else 1.0
    upper = _below((edges[0] - truth) / se + sign * z) if se > 0 else float(edges[0] > truth)
    if len(edges) == 1:
        return upper if inside else 1.0 - upper
    lower = _below((edges[1] - truth) / se - sign * z) if se > 0 else float(edges[1] > truth)
    return max(0.0, upper - lower) if inside else 1.0 - upper + lower


def _below(z: float) -> float:
    return NormalDist().cdf(z)


def _least(chance: Callable[[int], float], power: float) -> int | None:
    if chance(MOST_DOCUMENTS) < power:
        return None
    low, high = 0, MOST_DOCUMENTS
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if chance(middle) >= power else (middle, high)
    return high
