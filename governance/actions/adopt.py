"""Adoption: a checked checkpoint is kept, shown, and becomes the first champion of a line on one named person's word."""

from governance.actions.assurance import verify_bytes
from governance.actions.outcomes import AdoptionOutcome
from governance.actions.promote import STEPS as PROMOTION_STEPS
from governance.actions.promote import finish_promotion
from governance.actions.register import keep_checkpoint
from governance.actions.release_desk import ReleaseDesk
from governance.errors import ConflictError, IntegrityError
from governance.ports.registry import Candidate
from governance.release import kinds
from governance.release.adoption import adopted_as, check_adoptable
from governance.release.state import Release, State
from governance.training.adoption import StatedPast

STEPS = ("adopt.kept", "adopt.shown", "adopt.recorded", *PROMOTION_STEPS[PROMOTION_STEPS.index("promote.champion") :])
"""The points between the steps, in order; at each of them the process may die, and the same command or `recover` goes on."""


def adopt(desk: ReleaseDesk, candidate: Candidate, past: StatedPast, *, policy_sha256: str, reason: str) -> AdoptionOutcome:
    """Make a model champion of a line that has none; exactly the same adoption again changes nothing.

    `candidate.cycle_digest` names the adoption: the checkpoint and all that is stated of it. The ledger's word and the intent to let it
    serve are one event, so that no kill can leave an adopted model that a founding cycle would pass over.

    Raises: RefusedError where the line has a champion or a waiting candidate; ConflictError while another act is open; IntegrityError
    where the bytes are not those that were checked; DependencyError where store or registry are down.
    """
    state = desk.ledger.state()
    known = adopted_as(state, candidate.cycle_digest)
    if known and known.promoted and state.intent is None:
        return _outcome(known, state, changed=False)
    check_adoptable(state, candidate.cycle_digest)
    keep_checkpoint(desk, candidate, "which was checked")
    desk.steps("adopt.kept")
    version = desk.registry.register(candidate)
    url = desk.registry.report_url(desk.model, version)
    desk.steps("adopt.shown")
    if state.intent is None:
        _record(desk, candidate, past, {"version": version, "policy_sha256": policy_sha256, "reason": reason, "run_url": url})
    desk.steps("adopt.recorded")
    state = desk.ledger.state()
    release = adopted_as(state, candidate.cycle_digest)
    if release is None or state.intent is None or state.intent.version != release.version:
        raise ConflictError("somebody else has ended this adoption", fix="heirloom history shows by whom")
    finish_promotion(desk, state.intent, verify_bytes(desk, release).files)
    return _outcome(release, desk.ledger.state(), changed=True)


def _record(desk: ReleaseDesk, candidate: Candidate, past: StatedPast, facts: dict[str, object]) -> None:
    stated = {"share": past.share.document(), "tokens": past.tokens}
    page = candidate.page.document()
    body = {"adoption_sha256": candidate.cycle_digest, "checkpoint": candidate.checkpoint_digest, "page": page, **stated, **facts}

    def decide(now: State) -> dict[str, object]:
        check_adoptable(now, candidate.cycle_digest)
        taken = next((r for v, r in now.releases.items() if v == facts["version"]), None)
        if taken is not None and taken.cycle_digest != candidate.cycle_digest:
            raise IntegrityError(
                f"the registry gave number {taken.version} to an adopted model",
                expected=f"a new number: {taken.version} is cycle {taken.cycle_digest[:12]} in the ledger",
                fix="the registry was emptied or replaced: restore its newest backup",
            )
        return body

    desk.ledger.settle(kinds.MODEL_ADOPTED, decide)


def _outcome(release: Release, state: State, *, changed: bool) -> AdoptionOutcome:
    return AdoptionOutcome(
        version=release.version,
        checkpoint=release.checkpoint,
        changed=changed,
        by=release.registered_by,
        baseline=state.baseline == release.version,
        pre_synthetic=state.pre_synthetic == release.version,
        seq=release.registered_seq,
        report=release.run_url,
    )
