"""All generations of the line: where each stands against the baseline, which was ever the best, and how much of the margin is left."""

from collections.abc import Mapping
from dataclasses import dataclass

from governance.collapse.metric import Better
from governance.gates.alarms import comparison_or_none
from governance.gates.bounds import room_left
from governance.gates.decision import shipped_gates
from governance.gates.margins import Margin
from governance.release.levels import LEVELLED
from governance.release.state import Release, State
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A perplexity of one generation against the baseline: relative change with its interval, and the percent of margin not yet used.

    `left` is the margin less the upper bound: what could still be lost before no interval fits inside. Negative where it is overdrawn.
    """

    change: float
    low: float
    high: float
    margin_percent: float

    @property
    def left(self) -> float:
        return 100 * room_left(self.margin_percent / 100, self.low, self.high, Better.LOWER.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Generation:
    """One release that served, in the order in which it first did."""

    version: int
    cycle: int
    kind: str
    champion: bool
    baseline: bool
    original_baseline: bool
    best_ever: bool
    quarantined: bool
    tail_bits: float | None
    """Bits per byte on the tail shard that is pinned now."""
    standings: Mapping[str, Standing]
    """Metric -> where it stands; empty where it was never compared with the baseline of now on the shard of now."""


def generations(shop: Shop, state: State) -> tuple[Generation, ...]:
    """Every release that ever served, oldest first."""
    margins = {name: shop.policy.gates.margins.get(name, gate.margin) for name, gate in shipped_gates().items()}
    known = {name: margin for name, margin in margins.items() if margin is not None}
    return tuple(_generation(state, release, known) for release in state.in_order)


def _generation(state: State, release: Release, margins: Mapping[str, Margin]) -> Generation:
    return Generation(
        version=release.version,
        cycle=release.cycle,
        kind=release.kind,
        champion=release.version == state.champion,
        baseline=release.version == state.baseline,
        original_baseline=release.version == state.original_baseline,
        best_ever=release.version == state.best_ever,
        quarantined=release.quarantined,
        tail_bits=state.tail_bits(release.version),
        standings=_standings(state, release, margins),
    )


def _standings(state: State, release: Release, margins: Mapping[str, Margin]) -> dict[str, Standing]:
    if release.version == state.baseline:
        return {name: Standing(change=0.0, low=0.0, high=0.0, margin_percent=margins[name].margin_percent) for name in LEVELLED}
    levels = release.levels
    if levels is None or state.baseline is None or levels.baseline != state.releases[state.baseline].checkpoint:
        return {}
    found = {name: comparison_or_none(level.against_baseline) for name, level in levels.readings.items() if _here(state, name, level.shard)}
    return {
        name: Standing(change=one.change, low=one.low, high=one.high, margin_percent=margins[name].margin_percent)
        for name, one in found.items()
        if one is not None
    }


def _here(state: State, metric: str, shard: str) -> bool:
    return shard == state.read_of(metric)


def cycles_left(found: tuple[Generation, ...], metric: str) -> float | None:
    """Retrainings until the margin is used up, at the pace since the baseline; None where nothing is being lost or nothing is known."""
    since = found[next((i for i, one in enumerate(found) if one.baseline), 0) :]
    standing = next((one.standings.get(metric) for one in reversed(since) if one.champion), None)
    steps = sum(not one.quarantined for one in since) - 1
    if standing is None or steps < 1 or standing.change <= 0:
        return None
    return max(standing.left, 0.0) / (100 * standing.change / steps)
