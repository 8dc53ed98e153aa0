"""What a mix.json says about its own filters, for people: what each left of the tail, and what should make them look twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.mixing.anchors import anchor_alarms
from governance.mixing.benchmarks import benchmark_alarms

ALARMING_COLLISIONS = 50_000
"""Templates in common per million pairs, beyond people's, from which on what is left of model text is an alarm: 5 in 100."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retained:
    """What one rule left of people's text: human rows and rare words, each (left, handed in), and the slice that lost most rare words."""

    rule: str
    rows: tuple[int, int]
    words: tuple[int, int]
    worst_slice: str
    worst_words: tuple[int, int]


def retained(mix: Mapping[str, Any]) -> Sequence[Retained]:
    """The rules that took human rows, in their order."""
    return [_retained(entry) for entry in mix.get("retention", ()) if entry["human"]["rows_out"] < entry["human"]["rows_in"]]


def collision_words(mix: Mapping[str, Any]) -> Sequence[str]:
    """One sentence for each kind of template: how often two rows of people have one in common, and two synthetic rows before and after."""
    return [_collisions(kind, found) for kind, found in mix.get("templates", {}).items()]


def alarms(mix: Mapping[str, Any]) -> Sequence[str]:
    """One sentence for each thing that the filters did to a slice or found in it that somebody should look at."""
    found = (
        _survival_alarms(mix.get("survival")),
        _diversity_alarms(mix.get("diversity")),
        _template_alarms(mix),
        _loop_alarms(mix.get("own_success")),
        anchor_alarms(mix),
        benchmark_alarms(mix),
    )
    return [alarm for part in found for alarm in part]


def _survival_alarms(survival: Mapping[str, Any] | None) -> Sequence[str]:
    if survival is None:
        return []
    floor = survival["floor_percent"]
    lost = [
        f"slice {found['slice']} keeps {found['rows_out']:,} of {found['rows_in']:,} human rows, under the floor of {floor} %: "
        + ", ".join(f"{rows:,} {rule}" for rule, rows in found["rules"].items())
        for found in survival["alarms"]
    ]
    kept = [
        f"{found['rows']:,} human rows that {rule} would have left out stay, so that their slice keeps {floor} %"
        for rule, found in survival["kept"].items()
    ]
    return lost + kept


def _diversity_alarms(diversity: Mapping[str, Any] | None) -> Sequence[str]:
    if diversity is None:
        return []
    groups = diversity["groups"]
    fate = "are kept out" if diversity["rule"] == "drop" else "stay by policy, less diverse than people's"
    failed = [
        f"{found['rows']:,} rows ({found['generator']}, {found['origin']}, {found['slice']}) {fate}: {found['reason']}"
        for found in groups
        if found["verdict"] == "block"
    ]
    open_ = [found for found in groups if found["verdict"] == "inconclusive"]
    rows, small = (sum(found["rows"] for found in part) for part in (open_, [found for found in open_ if "readings" not in found]))
    said = (
        f"{rows:,} synthetic rows in {len(open_)} groups are in, and how diverse they are is not decided ({small:,} are too few to judge)"
    )
    return [*failed, said] if open_ else failed


def _loop_alarms(success: Mapping[str, Any] | None) -> Sequence[str]:
    if not success or not success["rows"]:
        return []
    fate = "are kept out" if success["rule"] == "drop" else "are in, each once whatever its weight"
    return [f"{success['rows']:,} synthetic rows were picked or weighted by a model's own success, which is a feedback loop; they {fate}"]


def _template_alarms(mix: Mapping[str, Any]) -> Sequence[str]:
    return [
        f"too many synthetic rows still share one {kind}: {_collisions(kind, found)}"
        for kind, found in mix.get("templates", {}).items()
        if found["left"] - found["human"] > ALARMING_COLLISIONS
    ]


def _collisions(kind: str, found: Mapping[str, int]) -> str:
    human, synthetic, left = (f"{found[name] / 10_000:.2f}" for name in ("human", "synthetic", "left"))
    return f"{kind}s in common per 100 pairs: {human} of people's rows, {synthetic} of synthetic rows, {left} of those left"


def _retained(entry: Mapping[str, Any]) -> Retained:
    slices = {name: roles["human"] for name, roles in entry["slices"].items() if "human" in roles}
    worst = min(slices, key=lambda name: (_share(slices[name], "tail_words"), _share(slices[name], "rows"), name))
    return Retained(
        rule=entry["rule"],
        rows=_left(entry["human"], "rows"),
        words=_left(entry["human"], "tail_words"),
        worst_slice=worst,
        worst_words=_left(slices[worst], "tail_words"),
    )


def _left(counts: Mapping[str, int], what: str) -> tuple[int, int]:
    return counts[f"{what}_out"], counts[f"{what}_in"]


def _share(counts: Mapping[str, int], what: str) -> float:
    left, whole = _left(counts, what)
    return left / whole if whole else 1.0
