"""Where the promoted releases stand against the baseline, as cycle.json freezes it: what a rule over cycles may look back on."""

from typing import Any

from governance.release.levels import Level, Levels
from governance.release.state import Release, State


def history_document(state: State) -> dict[str, Any]:
    """The usable releases since the baseline in the order in which they first served, each with its levels on the pinned shards.

    A level is there only where it was read on the shard that is pinned now, and its comparison only where it was one with the baseline
    of now: numbers on different documents or against different models do not make a course.
    """
    if state.baseline is None:
        return {"baseline": None, "releases": []}
    first = state.releases[state.baseline]
    since = [r for r in state.in_order if r.usable and (r.served_seq or 0) > (first.served_seq or 0)]
    return {"baseline": first.checkpoint, "releases": [_release(state, r, first.checkpoint) for r in since]}


def original_document(state: State) -> dict[str, Any] | None:
    """The baseline that people moved away from, who did, and where the new one stands against it on the sealed shard; None before that."""
    moved, original = state.moved_baseline, state.original_baseline
    if moved is None or original is None or state.baseline != moved.version:
        return None
    named = {"version": original, "digest": state.releases[original].checkpoint}
    return {
        **named,
        "proposal": moved.seq,
        "approved_by": list(moved.approved_by),
        "from": moved.left,
        "sealed": dict(moved.evidence["proposed"]),
    }


def _release(state: State, release: Release, baseline: str) -> dict[str, Any]:
    levels = release.levels or Levels(baseline=None, readings={})
    shown = {
        metric: _shown(level, comparable=levels.baseline == baseline)
        for metric, level in levels.readings.items()
        if level.shard == state.read_of(metric)
    }
    return {"version": release.version, "cycle": release.cycle, "digest": release.checkpoint, "levels": shown}


def _shown(level: Level, *, comparable: bool) -> dict[str, Any]:
    against = dict(level.against_baseline) if comparable and level.against_baseline else None
    return {"bits_per_byte": level.bits_per_byte, "against_baseline": against}
