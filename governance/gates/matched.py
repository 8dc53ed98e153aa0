"""The candidate beside human-only controls of its own cycle (SCIENCE rule 7): where they moved with it, the data shifted.

A control had the candidate's start, budget, anchors and human rows, and no synthetic text. So what it moved by is what this cycle's human
text does to any model. It tells causes apart and never changes a verdict: a shift that no reader asked for is a loss as well.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from governance.gates.alarms import against_baseline
from governance.gates.bounds import percent
from governance.gates.gate import Gate
from governance.gates.margins import GateRules

MATCHED_FILE = "matched.json"
"""The controls of the cycle at hand, beside its other documents: none at first, and never part of what is judged."""
SHIFT, COLLAPSE = "shift", "collapse"


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """One gated metric: candidate and controls against the baseline, as changes; the controls' is that of their mean log ratio."""

    metric: str
    candidate: float
    control: float
    controls: int
    limit: float
    two_sided: bool

    @property
    def cause(self) -> str | None:
        """None inside the margin. A shift is what human text alone moved beyond it too, the same way, with no margin's worth left over."""
        if not self._beyond(self.candidate):
            return None
        alike = (self.candidate > 0) == (self.control > 0) and self._beyond(self.control)
        left = (1 + self.candidate) / (1 + self.control) - 1
        return SHIFT if alike and abs(left) <= self.limit else COLLAPSE

    @property
    def title(self) -> str:
        return self.metric.replace("_", " ")

    def sentence(self) -> str:
        """For people; nothing of it ends with a full stop."""
        many = "control" if self.controls == 1 else f"{self.controls} controls"
        moved = f"candidate {percent(self.candidate)} %, {many} {percent(self.control)} % against the baseline"
        said = f"{self.title}: {moved}, limit {100 * self.limit:g} %"
        words = {SHIFT: "; shift: human text alone moves it as far", COLLAPSE: "; collapse: human text alone does not move it as far"}
        return said + words.get(self.cause or "", "")

    def document(self) -> dict[str, Any]:
        return {**asdict(self), "cause": self.cause}

    def _beyond(self, change: float) -> bool:
        return (abs(change) if self.two_sided else change) > self.limit


def matched_with(
    changes: Mapping[str, float], readings: Sequence[Mapping[str, float]], gates: Mapping[str, Gate], rules: GateRules
) -> tuple[Matched, ...]:
    """Every gated metric of which candidate and controls were read: the candidate's change, and each control's log ratio."""
    found = []
    for name, gate in gates.items():
        logs = [reading[gate.metric] for reading in readings if gate.metric in reading]
        margin = rules.margins.get(name, gate.margin)
        if margin is None or not logs or gate.metric not in changes:
            continue
        found.append(
            Matched(
                metric=gate.metric,
                candidate=changes[gate.metric],
                control=math.expm1(sum(logs) / len(logs)),
                controls=len(logs),
                limit=margin.margin_percent / 100,
                two_sided=gate.two_sided,
            )
        )
    return tuple(found)


def beside_controls(
    metrics: Mapping[str, Mapping[str, Any]], controls: Sequence[Mapping[str, Any]], gates: Mapping[str, Gate], rules: GateRules
) -> tuple[Matched, ...]:
    """The same from measures.json and `matched.json`, of the gates that are enabled."""
    enabled = {name: gate for name, gate in gates.items() if name in rules.enabled}
    levels = {gate.metric: against_baseline(metrics, gate.metric) for gate in enabled.values() if gate.margin is not None}
    changes = {name: found.change for name, found in levels.items() if found is not None}
    return matched_with(changes, [control["readings"] for control in controls], enabled, rules)


def matched_of(decision: Mapping[str, Any]) -> tuple[Matched, ...]:
    """What a decision says of controls; nothing in those of older versions."""
    return tuple(Matched(**{name: value for name, value in found.items() if name != "cause"}) for found in decision.get("matched") or ())


def cause_of(found: Sequence[Matched]) -> str | None:
    """`shift` where the controls had every loss too, `collapse` where they lack one, None where nothing is lost or nobody looked."""
    causes = {one.cause for one in found} - {None}
    if not causes:
        return None
    return COLLAPSE if COLLAPSE in causes else SHIFT


def cause_words(found: Sequence[Matched]) -> str:
    """What the controls say of the losses, for the diagnosis; empty where there is nothing to say."""
    lost = {cause: ", ".join(one.title for one in found if one.cause == cause) for cause in (SHIFT, COLLAPSE)}
    said = {
        SHIFT: f"Shift: controls that saw human text alone moved as far in {lost[SHIFT]}; the verdict stands.",
        COLLAPSE: f"Collapse, and no shift of the data: controls that saw human text alone did not move as far in {lost[COLLAPSE]}.",
    }
    return " ".join(said[cause] for cause in (COLLAPSE, SHIFT) if lost[cause])


def matched_document(controls: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """`matched.json`: seed, checkpoint and readings of each control."""
    return {"schema": "heirloom/matched/1", "controls": [dict(control) for control in controls]}
