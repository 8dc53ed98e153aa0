"""What a mix.json says about its own filters, for people: what each left of the tail, and what should make them look twice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.mixing.anchors import anchor_alarms


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


def alarms(mix: Mapping[str, Any]) -> Sequence[str]:
    """One sentence for each thing that the filters did to a slice or found in it that somebody should look at."""
    return [*_survival_alarms(mix.get("survival")), *_diversity_alarms(mix.get("diversity")), *anchor_alarms(mix)]


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
