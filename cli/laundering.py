"""Lines about declared origins: what is declared beside what is estimated, group by group; rows are counted and never named."""

from collections.abc import Mapping
from typing import Any

from cli.outcome import plain

GROUPS_SHOWN = 6


def laundering_lines(document: Mapping[str, Any]) -> list[str]:
    """The verdict with its reason, the batch and the groups to look at first, then doubts, alarms and what was not measured."""
    from governance.provenance.laundering.words import declared_share, estimate_words, group_name, told, unmeasured

    groups = told(document, GROUPS_SHOWN)
    lines = [
        f" Declared origins: {plain(document['verdict'])}. {plain(document['reason'])}.",
        f" {'group':<30} {'rows':>8} {'declared':>9}   estimated synthetic",
    ]
    lines += [
        f" {plain(group_name(one)[:30]):<30} {one['rows']:>8,} {100 * declared_share(one):>7.1f} %   {plain(estimate_words(one))}"
        for one in groups
    ]
    if len(document["groups"]) > len(groups):
        lines.append(f" {len(document['groups']) - len(groups)} more groups in laundering.json.")
    if rows := document["doubtful"]["rows"]:
        lines.append(f" {rows:,} rows are doubtful and wait for people (heirloom label queue). No detector convicts a row.")
    lines += [f" Alarm: {plain(alarm)}." for alarm in document["alarms"]]
    return lines + [f" Not measured: {plain(one)}." for one in unmeasured(document)]
