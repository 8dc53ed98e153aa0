"""The cap controller: what the policy of the next cycle should be, given how the tails fared (R76). It proposes; people change policies.

- Tails that declined beyond noise: cut the cap at once, and bring fresh human text.
- Tails that stood still for some cycles while the cap held text back: a small loosening, which needs approval.
- Anything else: nothing.

It never loosens while a tail metric declines, moves in bounded steps, and proposes nothing twice: a cut that the policy already has
must be tried by a cycle before the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from governance.advice.course import FinishedCycle, declining_in_a_row
from governance.advice.rules import AdviceRules
from governance.mixing.rules import MixRules
from governance.mixing.strictness import LOOSENS, direction

RETRAINING, PASS = "retraining", "pass"
CAP, ANCHORS = "synthetic_cap_percent", "anchor_percent"
ANCHOR_STEP, MOST_ANCHORS = 5, 30
"""Where no cap is left to cut, anchors are raised in these steps and to this share: beyond it a batch is mostly repetition."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting of [mixing] that would change."""

    setting: str
    now: int
    proposed: int

    @property
    def direction(self) -> str:
        return direction(self.setting, self.now, self.proposed)

    def sentence(self) -> str:
        """`tightens mixing.synthetic_cap_percent 35 -> 25`."""
        return f"{self.direction} mixing.{self.setting} {self.now} -> {self.proposed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """Fresh human text that makes up for synthetic text which is cut, so that the next cycle is as large as the last one."""

    tokens: int
    rows: int
    slice: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """What to change before the next cycle, and why; no changes and no refresh where there is nothing to say."""

    changes: tuple[Change, ...] = ()
    refresh: Refresh | None = None
    reasons: tuple[str, ...] = field(default=())

    @property
    def silent(self) -> bool:
        """True where nothing is proposed."""
        return not self.changes and self.refresh is None

    @property
    def needs_approval(self) -> bool:
        """True where a limit would be loosened."""
        return any(change.direction == LOOSENS for change in self.changes)

    def toml(self) -> str:
        """The changes as lines for policy.toml; empty where there are none."""
        if not self.changes:
            return ""
        lines = [f"{change.setting} = {change.proposed}  # now {change.now}: {change.direction}" for change in self.changes]
        return "\n".join(["[mixing]", *lines])


def propose(history: Sequence[FinishedCycle], mixing: MixRules, rules: AdviceRules) -> Proposal:
    """The proposal after these cycles, oldest first, under this policy; a function of its arguments alone."""
    cycles = [cycle for cycle in history if cycle.kind == RETRAINING and cycle.measured]
    if not cycles:
        return Proposal(reasons=("no retraining was measured yet: there is no trend to act on",))
    if declined := declining_in_a_row(cycles):
        return _tighter(declined, mixing, rules)
    return _looser(cycles[-rules.stable_cycles :], mixing, rules)


def _tighter(declined: Sequence[FinishedCycle], mixing: MixRules, rules: AdviceRules) -> Proposal:
    last = declined[-1]
    reasons = [f"cycle {last.number}: {decline.sentence()}, beyond noise" for decline in last.declines]
    if len(declined) > 1:
        reasons.append(f"{len(declined)} cycles in a row declined")
    if last.synthetic_tokens == 0:
        why = f"cycle {last.number} held no synthetic text by its labels, no cap would have helped: human text shifted, or labels are wrong"
        return Proposal(reasons=(*reasons, why))
    target = max(min(last.cap_percent, last.share_percent) - rules.cut_points * min(len(declined), 2), rules.lowest_cap_percent)
    changes = _cut(last, target, mixing)
    if not changes:
        reasons.append(f"the policy is already stricter than cycle {last.number} was: let a cycle try it before the next cut")
        return Proposal(reasons=tuple(reasons))
    return Proposal(changes=changes, refresh=_refresh(last, target), reasons=tuple(reasons))


def _cut(last: FinishedCycle, target: int, mixing: MixRules) -> tuple[Change, ...]:
    """The cap down to the target, and more anchors where the last cycle was there already; each once, however often it is asked."""
    wanted = {CAP: (mixing.synthetic_cap_percent, min(target, mixing.synthetic_cap_percent))}
    if last.cap_percent <= target:
        more = min(last.anchor_percent + ANCHOR_STEP, MOST_ANCHORS)
        wanted[ANCHORS] = (mixing.anchor_percent, max(more, mixing.anchor_percent))
    return tuple(Change(setting=name, now=now, proposed=then) for name, (now, then) in wanted.items() if now != then)


def _refresh(last: FinishedCycle, target: int) -> Refresh | None:
    whole = last.human_tokens + last.synthetic_tokens
    missing = whole - whole * target // 100 - last.human_tokens
    if missing <= 0 or not last.human_rows:
        return None
    row = max(last.human_tokens // last.human_rows, 1)
    return Refresh(tokens=missing, rows=-(-missing // row), slice=last.worst_slice)


def _looser(window: Sequence[FinishedCycle], mixing: MixRules, rules: AdviceRules) -> Proposal:
    cap = mixing.synthetic_cap_percent
    why_not = _why_not_looser(window, cap, rules)
    if why_not:
        return Proposal(reasons=(why_not,))
    more = cap + rules.loosen_points
    try:
        replace(mixing, synthetic_cap_percent=more)
    except ValueError as error:
        return Proposal(reasons=(f"tails are stable, and the cap is as loose as the policy may be ({error})",))
    reasons = (
        f"{len(window)} cycles in a row passed under a cap of {cap} % and no tail metric declined",
        f"cycle {window[-1].number} had to leave out {window[-1].held_back:,} synthetic tokens",
    )
    return Proposal(changes=(Change(setting=CAP, now=cap, proposed=more),), reasons=reasons)


def _why_not_looser(window: Sequence[FinishedCycle], cap: int, rules: AdviceRules) -> str:
    """The first reason against a looser cap; empty where there is none."""
    if len(window) < rules.stable_cycles:
        return f"no tail metric declined in cycle {window[-1].number}; {len(window)} of {rules.stable_cycles} cycles that stability needs"
    if restless := [cycle.number for cycle in window if cycle.verdict != PASS or cycle.declines or cycle.cap_percent != cap]:
        return (
            f"cycle {restless[-1]} did not pass, declined, or had another cap than {cap} %: not stable for {rules.stable_cycles} cycles yet"
        )
    if _creeps(window):
        return "tail perplexity against the baseline rose a little in every one of the last cycles: not stable"
    if not window[-1].held_back:
        return f"tails are stable, and the cap of {cap} % kept nothing out: there is nothing to loosen for"
    return ""


def _creeps(window: Sequence[FinishedCycle]) -> bool:
    """A leak too slow for any one cycle to show: each reading is worse than the one before (SCIENCE rule 6)."""
    readings = [cycle.readings.get("tail_perplexity", {}).get("baseline") for cycle in window]
    changes = [found.change for found in readings if found is not None]
    return len(changes) == len(window) > 2 and all(later > earlier for earlier, later in pairwise(changes))
