"""Margins that fit a model: chosen on some seeds, proved on others, and put into the policy by a person."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from governance.collapse.intervals import Comparison
from governance.collapse.metric import Better, Metric
from governance.collapse.report import shipped_metrics
from governance.drills.fault import Fault
from governance.drills.run import Drilled, Progress, Stock, drill
from governance.drills.trial import Instruments, Trial
from governance.gates.decision import shipped_gates
from governance.gates.margins import GateRules, Margin

LEFT_OUT = 0.02
"""Share of known-good candidates that may lie outside of one margin; of fewer than fifty none does."""
STEP_PERCENT = 0.5
"""Margins are rounded up to this: a margin of 3.217 % says that somebody fitted it to noise."""
MOST_PERCENT = 99.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calibration:
    """What was proposed, what it was chosen on, and what a drill with it found on seeds that had no part in the choice."""

    margins: Mapping[str, Margin]
    chosen_on: tuple[int, ...]
    proved: Drilled

    def fragment(self) -> list[str]:
        """The lines for policy.toml. They do not claim anything: `calibrated` is a person's word, and a drill's to back."""
        lines: list[str] = []
        for name, margin in self.margins.items():
            numbers = [f"{key} = {getattr(margin, key):g}" for key in ("margin_percent", "champion_step_percent", "minimum_units")]
            lines += [f"[gates.margins.{name}]", *numbers, ""]
        return lines[:-1]

    def document(self, stock: Stock, instruments: Instruments) -> dict[str, Any]:
        return {"chosen_on": list(self.chosen_on), "fragment": self.fragment(), "proved": self.proved.document(stock, instruments)}


def calibrate(
    stock: Stock,
    instruments: Instruments,
    faults: Mapping[str, Fault],
    *,
    choose: Sequence[int],
    prove: Sequence[int],
    root: Path,
    pairs: int,
    progress: Progress,
) -> Calibration:
    """Choose margins on known-good candidates of some seeds, then drill all faults on others with them.

    Raises: ValueError where a seed would be used for both.
    """
    if shared := set(choose) & set(prove):
        raise ValueError(f"choose: {sorted(shared)} are also to prove on")
    sound = {name: fault for name, fault in faults.items() if fault.good}
    chosen = drill(stock, instruments, seeds=choose, root=root / "choose", faults=sound, progress=progress)
    margins = propose(chosen.trials, instruments.rules)
    rules = replace(instruments.rules, margins={**instruments.rules.margins, **margins}, calibrated=False)
    proved = drill(
        stock, replace(instruments, rules=rules), seeds=prove, root=root / "prove", faults=faults, pairs=pairs, progress=progress
    )
    return Calibration(margins=margins, chosen_on=tuple(choose), proved=proved)


def propose(trials: Sequence[Trial], rules: GateRules) -> dict[str, Margin]:
    """The smallest margins, in half percents, that would have passed known-good candidates; a gate that none was read for keeps its own."""
    found = {}
    for name, gate in shipped_gates().items():
        start = rules.margins.get(name, gate.margin)
        if name not in rules.enabled or start is None:
            continue
        metric = shipped_metrics()[gate.metric]
        against = [
            [read[gate.metric] for trial in trials if gate.metric in (read := getattr(trial, by))] for by in ("baseline", "champion")
        ]
        margin = _margin(against[0], metric, start.margin_percent)
        step = _margin(against[1], metric, start.champion_step_percent)
        found[name] = replace(start, margin_percent=margin, champion_step_percent=step)
    return found


def _margin(found: Sequence[Comparison], metric: Metric, start: float) -> float:
    """In percent: what all but so many of these intervals stay strictly inside of."""
    if not found:
        return start
    reach = sorted(max(one.high, -one.low) if metric.better is Better.TWO_SIDED else one.high for one in found)
    furthest = 100 * reach[len(reach) - 1 - int(LEFT_OUT * len(reach))]
    return min(MOST_PERCENT, max(STEP_PERCENT, STEP_PERCENT * (math.floor(furthest / STEP_PERCENT) + 1)))
