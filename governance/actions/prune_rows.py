"""Kept rows hold texts, and leave when a cycle ends: those of cycles that can never serve, and those beyond what policy keeps.

What may come back under a regime that accumulates stays, whatever the regime of today: the rows of every release that serves, that a
rollback can go to, or that waits to be promoted. Nothing else reads them: a rollback moves weights, a label is bound to a digest, and
lineage and memory know rows by ids and digests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.ports.row_store import RowStore
from governance.release import kinds
from governance.release.state import Release, State

STEPS = ("prune.recorded", "prune.removed")
"""The points between the steps, in order; at each of them the process may die, and the next cycle's end goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pruned:
    """The rows of one cycle that are kept no longer, and why."""

    cycle_digest: str
    rows_sha256: str
    reason: str


def to_prune(state: State, at_hand: str, kept_cycles: int | None) -> Sequence[Pruned]:
    """What is kept for nothing, oldest first. `at_hand` is the digest of the cycle that ends, of which nobody has decided yet.

    `kept_cycles` is how many cycles, the newest first, may stay of those that served and may serve again; None: all of them. What waits
    for a decision is not counted, so that a candidate never takes the place of a release.
    """
    by_cycle = {release.cycle_digest: release for release in state.releases.values()}
    reasons = {digest: _reason(by_cycle.get(digest), digest == at_hand) for digest in state.kept_rows}
    served = [digest for digest in state.kept_rows if digest in by_cycle and by_cycle[digest].usable]
    beyond = served[: max(len(served) - kept_cycles, 0)] if kept_cycles is not None else []
    reasons |= dict.fromkeys(beyond, f"older than the newest {kept_cycles} that policy keeps")
    return [Pruned(cycle_digest=digest, rows_sha256=state.kept_rows[digest], reason=why) for digest, why in reasons.items() if why]


def prune_rows(ledger: Ledger, store: RowStore, at_hand: str, kept_cycles: int | None, steps: Steps = go_on) -> Sequence[Pruned]:
    """Record what is kept no longer, then delete the files that the ledger says are pruned, and no other; again, it changes nothing.

    Killed in between, the files are deleted when the next cycle ends. What somebody decided meanwhile is looked at again before each event.
    """
    pruned = []
    for one in to_prune(ledger.state(), at_hand, kept_cycles):
        if _recorded(ledger, one, at_hand, kept_cycles):
            pruned.append(one)
            steps("prune.recorded")
    state = ledger.state()
    store.forget({*state.pruned_rows.values(), *state.replaced_rows} - set(state.kept_rows.values()))
    steps("prune.removed")
    return pruned


def _recorded(ledger: Ledger, one: Pruned, at_hand: str, kept_cycles: int | None) -> bool:
    def decide(now: State) -> Mapping[str, object] | None:
        if one not in to_prune(now, at_hand, kept_cycles):
            return None  # somebody decided meanwhile: the rows may come back
        return {"cycle_digest": one.cycle_digest, "rows_sha256": one.rows_sha256, "reason": one.reason}

    return ledger.settle_if(kinds.ROWS_PRUNED, decide) is not None


def _reason(release: Release | None, at_hand: bool) -> str:  # noqa: FBT001 - a fact about the cycle
    """Why the rows of a cycle can never come back; empty where they may."""
    if release is None:
        return "" if at_hand else "its candidate was never registered"
    if release.usable or release.waiting:
        return ""
    if release.quarantined:
        return f"version {release.version} was left by a rollback"
    return f"version {release.version} was refused"
