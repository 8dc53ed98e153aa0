"""Who learnt from a row, in words, without a promise that anybody forgets."""

from typing import TYPE_CHECKING, Any

from cli.outcome import plain
from cli.recalled import shown_names

if TYPE_CHECKING:
    from flows.withdraw import Learnt
    from governance.release.state import State


def learnt_lines(learnt: "Learnt", state: "State") -> list[str]:
    """The releases that were trained on it, those that started from them, and those of which it cannot be told."""
    lines = []
    trained = [f"{version} ({rows:,} row{'' if rows == 1 else 's'})" for version, rows in learnt.trained.items()]
    if trained:
        lines.append(f" Trained on it: {_releases(trained)}.")
    if learnt.started:
        lines.append(f" Their weights or text went into: {_releases([str(version) for version in learnt.started])}.")
    if learnt.perhaps:
        lines.append(
            f" Of {_releases([str(version) for version in learnt.perhaps])} it cannot be told: what they were trained on is not kept."
        )
    if not trained and not learnt.perhaps:
        lines.append(" No release was trained on it.")
    if learnt.open_cycle:
        lines.append(f" The open cycle {learnt.open_cycle} was mixed with it: heirloom retrain mixes again without it.")
    inside = {*learnt.trained, *learnt.started}
    lines += [f" Version {r.version} waits, and holds it: heirloom reject {r.version}" for r in state.waiting if r.version in inside]
    if state.champion in inside:
        lines.append(f" Release {state.champion} serves and holds it: whether it goes on serving is for people to decide.")
    return lines


def shard_lines(learnt: "Learnt") -> list[str]:
    """Pinned shards that hold it, and what that means."""
    words = {"anchors": "no later mix shows it", "tail": "it measures and teaches nothing", "human": "it measures and teaches nothing"}
    return [f" In the pinned shard {plain(name)}: {words[name]}, and the file stays as it was pinned." for name in learnt.shards]


def learnt_document(learnt: "Learnt") -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(learnt)


def _releases(names: list[str]) -> str:
    return f"release{'' if len(names) == 1 else 's'} {shown_names(names)}"
