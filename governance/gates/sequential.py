"""A rule over cycles: a level against the baseline that steps too small for any gate have added up to.

Every cycle looks once at the level of tail perplexity, the change of the candidate against the baseline on the same documents. The error
that all looks of `sequential_cycles` cycles together may make is spent evenly over them: the spending function alpha * t / T of Kim and
DeMets (1987, Biometrika 74, the power family with exponent 1; the idea is Lan and DeMets 1983). Levels of successive releases share
documents and ancestors, so the nominal level of a look is what it spends and no more: the bound of Bonferroni, which needs no model of
how looks hang together, where group-sequential tables would ask for independent increments. Even spending has a second use: any so many
cycles in a row keep the promise, whenever one begins to count.

Where every release was trained from the last, what two retrains differ by may add up like a walk. So the retrain noise in a level is
taken once for every retraining that lies between baseline and candidate.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from governance.collapse.intervals import Comparison, t_quantile
from governance.gates.alarms import against_baseline, comparison_or_none
from governance.gates.bounds import percent
from governance.gates.margins import GateRules

WATCHED = ("tail_perplexity",)
"""Tails go first, so the whole error is spent on them; the 3 % margin of human perplexity is used up by 1 % a cycle in three cycles."""
LEAST_DEGREES = 5
"""No comparison is made of fewer; a planted one is given no sharper limit than these give."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at one level: the change against the baseline, and the change from which on it is no chance any more."""

    metric: str
    title: str
    retrainings: int
    """Between baseline and candidate, the candidate's own among them."""
    change: float
    se: float
    limit: float
    before: tuple[float, ...]
    """Changes of the promoted releases since the baseline, as they were measured."""

    @property
    def alarmed(self) -> bool:
        return self.change > self.limit

    def sentence(self) -> str:
        after = f"after {', '.join(f'{percent(change)} %' for change in self.before)}" if self.before else "at the first retraining"
        return (
            f"{self.title} stands {percent(self.change)} % against the baseline {after}: beyond {percent(self.limit)} %, which chance alone"
            " leaves in peace over the planned number of cycles; losses add up whatever each step was"
        )

    def document(self) -> dict[str, Any]:
        numbers = {name: getattr(self, name) for name in ("metric", "retrainings", "change", "se", "limit", "alarmed")}
        return {**numbers, "before": list(self.before)}


def looks(metrics: Mapping[str, Mapping[str, Any]], history: Mapping[str, Any] | None, rules: GateRules) -> tuple[Look, ...]:
    """A look at every watched metric that was compared with the baseline; `history` is that of cycle.json."""
    releases = (history or {}).get("releases", ())
    nominal = rules.sequential_alpha_percent / 100 / rules.sequential_cycles / len(WATCHED)
    found = [(name, against_baseline(metrics, name)) for name in WATCHED]
    return tuple(_look(name, metrics, level, releases, nominal) for name, level in found if level is not None)


def _look(name: str, metrics: Mapping[str, Mapping[str, Any]], level: Comparison, releases: Any, nominal: float) -> Look:
    retrainings = len(releases) + 1
    before = [comparison_or_none(release["levels"].get(name, {}).get("against_baseline")) for release in releases]
    se = math.sqrt(level.se**2 + (retrainings - 1) * level.noise**2)
    return Look(
        metric=name,
        title=str(metrics[name].get("title", name)),
        retrainings=retrainings,
        change=level.change,
        se=se,
        limit=math.expm1(t_quantile(1 - nominal, max(level.n - 1, LEAST_DEGREES)) * se),
        before=tuple(found.change for found in before if found is not None),
    )
