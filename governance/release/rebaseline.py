"""Another baseline is a risk act: who may move what candidates are measured against, and on which evidence (SCIENCE rule 8)."""

from governance.errors import ConflictError, RefusedError
from governance.release.baseline_proposal import APPROVALS, BaselineProposal
from governance.release.electorate import named
from governance.release.state import Release, State


def check_proposal(state: State, version: int, control: int) -> tuple[Release, Release, Release]:
    """The proposed release, the control and the baseline of now.

    Raises: RefusedError where the release never served or was left by a rollback, is the baseline already, or where the control is not
    human-only or is one of the two that it shall tell apart; ConflictError where no shard is sealed.
    """
    if state.sealed is None:
        raise ConflictError("no shard is sealed", fix="heirloom baseline seal FILE")
    if state.baseline is None:
        raise RefusedError("there is no baseline to move from", fix="heirloom retrain founds one")
    release, check = state.releases.get(version), state.releases.get(control)
    if release is None or not release.usable:
        raise RefusedError(f"version {version} is no release that may serve", expected=f"one of {_usable(state)}")
    if version == state.baseline:
        raise RefusedError(f"release {version} is the baseline")
    if check is None or not check.human_only:
        raise RefusedError(f"version {control} is no human-only control", expected="a registered version without one synthetic token")
    baseline = state.releases[state.baseline]
    if check.checkpoint in (release.checkpoint, baseline.checkpoint):
        raise RefusedError(f"version {control} is one of the two releases that it shall tell apart", expected="another human-only version")
    return release, check, baseline


def check_baseline_approver(state: State, actor: str, policy_sha256: str) -> BaselineProposal:
    """The open proposal, where this person's yes would count.

    Raises: RefusedError where nothing is proposed, and for the proposer and for who approved already; ConflictError where policy, baseline
    or sealed shard are others than when it was proposed.
    """
    proposal = state.proposal
    if proposal is None:
        raise RefusedError("no other baseline is proposed", fix="heirloom baseline propose VERSION")
    if named(actor, (proposal.by, *proposal.approved_by)):
        raise RefusedError(f"{actor} has had a say in this proposal", expected=f"{APPROVALS} other people")
    now = (policy_sha256, state.baseline, state.sealed)
    if now != (proposal.policy_sha256, proposal.left, proposal.sealed_sha256):
        raise ConflictError("policy, baseline or sealed shard are not what they were when this was proposed", fix="propose again")
    if not state.releases[proposal.version].usable:
        raise ConflictError(f"release {proposal.version} was left by a rollback since", fix="propose another")
    return proposal


def _usable(state: State) -> str:
    return ", ".join(str(release.version) for release in state.in_order if release.usable) or "none"
