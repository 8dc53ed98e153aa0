"""Declared beside estimated: the part of the report about rows that claim to be human and may not be. No row is named in it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup

from governance.adapters.report.drawing import declared_track
from governance.adapters.report.numbers import count, share
from governance.adapters.report.visible import line
from governance.provenance.laundering.words import declared_share, estimate_words, floor_share, group_name, told, unmeasured

GROUPS_SHOWN = 24


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupRow:
    """One group of the batch in words, and its bar."""

    name: str
    rows: str
    declared: str
    estimated: str
    signals: str
    picture: Markup


@dataclass(frozen=True, slots=True, kw_only=True)
class Laundering:
    """The whole part: the verdict and its reason, the groups, the signals that were not read, and how many rows are doubtful."""

    verdict: str
    reason: str
    groups: Sequence[GroupRow]
    hidden: int
    unmeasured: Sequence[str]
    doubtful: str
    by_signal: str
    alarms: Sequence[str]


def laundering_of(document: Mapping[str, Any] | None) -> Laundering | None:
    """None where the cycle was not audited."""
    if document is None:
        return None
    groups, doubtful = told(document, GROUPS_SHOWN), document["doubtful"]
    return Laundering(
        verdict=line(document["verdict"]),
        reason=line(document["reason"], 600),
        groups=[_row(group) for group in groups],
        hidden=len(document["groups"]) - len(groups),
        unmeasured=[line(one, 300) for one in unmeasured(document)],
        doubtful=count(doubtful["rows"]),
        by_signal=line(", ".join(f"{number:,} {name}" for name, number in doubtful["by_signal"].items() if number), 300),
        alarms=[line(alarm, 300) for alarm in document["alarms"]],
    )


def _row(group: Mapping[str, Any]) -> GroupRow:
    found = group.get("synthetic")
    ends = (found["low"], found["share"], found["high"]) if found else None
    return GroupRow(
        name=line(group_name(group), 120),
        rows=count(group["rows"]),
        declared=share(group["declared_synthetic"], group["rows"]),
        estimated=line(estimate_words(group), 240),
        signals=line(", ".join(group["signals"]), 80) if found else "",
        picture=declared_track(declared_share(group), ends, floor_share(group)),
    )
