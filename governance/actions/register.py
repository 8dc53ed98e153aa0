"""Registration: a finished cycle becomes a version that can be seen, and one that can be reviewed or promoted if its verdict allows."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.actions.outcomes import RegistrationOutcome
from governance.actions.pages import show_pages
from governance.actions.release_desk import ReleaseDesk, move_aliases
from governance.errors import IntegrityError
from governance.ports.registry import Candidate
from governance.provenance.descent import Bounds
from governance.release import kinds
from governance.release.kinship import Kinship
from governance.release.levels import Levels
from governance.release.state import BLOCK, INCONCLUSIVE, PASS, Release, State

STEPS = ("register.kept", "register.shown", "register.recorded", "register.requested", "register.aliases")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What a cycle's files say about its candidate: decision.json, lineage.json and cycle.json in a few numbers and digests.

    `review_for` is who asked for the run where the policy wants people's approval; None where it does not.
    """

    cycle: int
    verdict: str
    decision_sha256: str
    policy_sha256: str
    kind: str
    synthetic_tokens: int
    total_tokens: int
    depth: int
    worst_shard_synthetic: int
    worst_shard_total: int
    passages: int = 0
    unknown_tokens: int = 0
    past_share: Bounds | None = None
    batches_head: str | None = None
    levels: Levels | None = None
    kinship: Kinship | None = None
    labellers: Mapping[str, int] = field(default_factory=dict)
    documents: Mapping[str, str] = field(default_factory=dict)
    """Kept document or table -> its sha256, so that evidence of the release can be held against the ledger."""
    review_for: str | None = None

    def __post_init__(self) -> None:
        if self.verdict not in (PASS, BLOCK, INCONCLUSIVE):
            raise ValueError(f"verdict: {self.verdict!r} is none of pass, block, inconclusive")
        for name in ("cycle", "depth", "synthetic_tokens", "worst_shard_synthetic", "passages", "unknown_tokens"):
            if getattr(self, name) < 0:
                raise ValueError(f"{name}: {getattr(self, name)} is negative")
        if self.synthetic_tokens > self.total_tokens or self.worst_shard_synthetic > self.worst_shard_total:
            raise ValueError("synthetic tokens are more than all tokens together")


def register(desk: ReleaseDesk, finished: Finished, candidate: Candidate) -> RegistrationOutcome:
    """Keep the checkpoint, show the version, write it down, move `candidate` or `refused`; idempotent by the cycle's digest.

    Raises: IntegrityError where the checkpoint folder is not the one that was judged; DependencyError where store or registry are down.
    """
    digest = keep_checkpoint(desk, candidate, "which was judged")
    desk.steps("register.kept")
    known = _known(desk.ledger.state(), candidate)
    version = known.version if known else desk.registry.register(candidate)
    report = desk.registry.report_url(desk.model, version)
    desk.steps("register.shown")
    seq = known.registered_seq if known else _record(desk, finished, candidate, version, report)
    desk.steps("register.recorded")
    requested = _request(desk, finished, version)
    desk.steps("register.requested")
    move_aliases(desk, desk.ledger.state())
    desk.steps("register.aliases")
    show_pages(desk)
    return RegistrationOutcome(
        version=version,
        checkpoint=digest,
        verdict=finished.verdict,
        changed=known is None,
        seq=seq,
        review_requested=requested,
        report=report,
    )


def keep_checkpoint(desk: ReleaseDesk, candidate: Candidate, what: str) -> str:
    """Put the checkpoint of a candidate into the store. Raises: IntegrityError where it is not the one that was looked at before."""
    digest = desk.store.put(candidate.checkpoint)
    if digest != candidate.checkpoint_digest:
        expected = f"{candidate.checkpoint_digest[:16]}, {what}"
        raise IntegrityError(f"the checkpoint is {digest[:16]}", expected=expected, where=str(candidate.checkpoint))
    return digest


def _known(state: State, candidate: Candidate) -> Release | None:
    return next((r for r in state.releases.values() if r.cycle_digest == candidate.cycle_digest), None)


class _Recorded(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """Another process has written this candidate down."""

    def __init__(self, seq: int) -> None:
        super().__init__(f"recorded at {seq}")
        self.seq = seq


def _record(desk: ReleaseDesk, finished: Finished, candidate: Candidate, version: int, report: str) -> int:
    body: dict[str, object] = {
        "version": version,
        "cycle": finished.cycle,
        "cycle_digest": candidate.cycle_digest,
        "checkpoint": candidate.checkpoint_digest,
        "verdict": finished.verdict,
        "decision_sha256": finished.decision_sha256,
        "policy_sha256": finished.policy_sha256,
        "kind": finished.kind,
        "synthetic_tokens": finished.synthetic_tokens,
        "total_tokens": finished.total_tokens,
        "depth": finished.depth,
        "worst_shard_synthetic": finished.worst_shard_synthetic,
        "worst_shard_total": finished.worst_shard_total,
        "run_url": report,
        "passages": finished.passages,
        "unknown_tokens": finished.unknown_tokens,
        "past_share": finished.past_share.document() if finished.past_share else None,
        "batches_head": finished.batches_head,
        "levels": finished.levels.document() if finished.levels else None,
        "kinship": finished.kinship.document() if finished.kinship else None,
        "labellers": dict(finished.labellers),
        "documents": dict(finished.documents),
        "page": candidate.page.document(),
    }

    def decide(now: State) -> dict[str, object]:
        if there := _known(now, candidate):
            raise _Recorded(there.registered_seq)
        if version in now.releases:
            raise IntegrityError(
                f"the registry gave number {version} to cycle {candidate.cycle_digest[:12]}",
                expected=f"a new number: {version} is cycle {now.releases[version].cycle_digest[:12]} in the ledger",
                fix="the registry was emptied or replaced: restore its newest backup",
            )
        return body

    try:
        return desk.ledger.settle(kinds.CANDIDATE_REGISTERED, decide).seq
    except _Recorded as recorded:
        return recorded.seq


def _request(desk: ReleaseDesk, finished: Finished, version: int) -> bool:
    """Ask for review once, and only for a candidate that a yes could promote; True where a request is on record."""
    release = desk.ledger.state().releases[version]
    if release.requested_by is not None:
        return True
    if finished.review_for is None or finished.verdict != PASS:
        return False
    desk.ledger.record(kinds.REVIEW_REQUESTED, {"version": version, "requested_by": finished.review_for})
    return True
