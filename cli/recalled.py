"""What was recalled and what descends from it, in words: in `rollback`, `status`, `history` and `trace`."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from cli.outcome import plain

if TYPE_CHECKING:
    from governance.release.descendants import Descendants
    from governance.release.state import State

SHOWN = 5


def recalled_document(state: "State") -> list[dict[str, Any]]:
    """Every recalled release with the rollback that left it, and what descends from it."""
    from dataclasses import asdict

    from governance.release.descendants import descendants_of

    return [
        {"version": r.version, "ledger_seq": r.quarantined_seq, "descendants": asdict(descendants_of(state, r.version))}
        for r in state.recalled
    ]


def recalled_lines(state: "State") -> list[str]:
    """A line for each recalled release, for each candidate that a recall keeps from serving, and where the champion descends from one."""
    from governance.release.descendants import descendants_of
    from governance.release.recall import missed, way_to_recalled

    lines = [
        f" quarantined    {r.version} (ledger {r.quarantined_seq}): its outputs are barred from every mix"
        f"{_after(descendants_of(state, r.version))}"
        for r in state.recalled
    ]
    for r in state.waiting:
        if way := way_to_recalled(state, r.version):
            lines.append(f" cannot serve   {r.version} descends from {way[-1]}, which was recalled: {way_words(way)}")
        elif late := missed(state, r):
            lines.append(f" cannot serve   {r.version} was made before {late[0].version} was recalled: heirloom retrain")
    way = way_to_recalled(state, state.champion) if state.champion is not None else ()
    if way:
        lines.append(f" look at        {way[0]} serves and descends from {way[-1]}, which was recalled: {way_words(way)}")
    return lines


def descendant_words(found: "Descendants") -> str:
    """What descends from a release, shortly; empty where nothing is known to."""
    said = [f"{one.version}" + ("" if one.recorded else " (perhaps)") for one in found.releases]
    words = [f"releases {shown_names(said)}" if len(said) > 1 else f"release {said[0]}"] if said else []
    kept = sum(one.rows for one in found.kept)
    if kept:
        words.append(f"{kept:,} kept rows of {len(found.kept)} cycle{'s' if len(found.kept) > 1 else ''}")
    if found.batches:
        words.append(f"batches {shown_names([plain(one.batch) for one in found.batches])}")
    return ", ".join(words)


def way_words(way: Sequence[int]) -> str:
    """`3 <- 2`."""
    return " <- ".join(map(str, way))


def _after(found: "Descendants") -> str:
    return f"; from it descend {words}" if (words := descendant_words(found)) else ""


def shown_names(names: Sequence[str]) -> str:
    """At most five names, and how many more there are."""
    rest = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {rest} more" if rest > 0 else "")
