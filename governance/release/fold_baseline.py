"""Steps of the fold that move the baseline: a sealed shard, a proposal, the people who approve it."""

from dataclasses import replace

from governance.release.baseline_proposal import APPROVALS, BaselineProposal
from governance.release.ledger import Event
from governance.release.state import State


def sealed(state: State, event: Event) -> State:
    return replace(state, sealed=event.body["sha256"])


def proposed(state: State, event: Event) -> State:
    """A newer proposal takes the place of an older one; one of a version that is not there raises KeyError."""
    body = dict(event.body)
    left = body.pop("from")
    found = BaselineProposal(seq=event.seq, by=event.actor, left=left, **body)
    return replace(state, proposal=replace(found, version=state.releases[found.version].version))


def approved(state: State, event: Event) -> State:
    """Two people beside the proposer move the baseline; an approval of a proposal that was overtaken counts for nothing."""
    proposal = state.proposal
    if proposal is None or proposal.seq != event.body["proposal"]:
        return state
    proposal = replace(proposal, approved_by=(*proposal.approved_by, event.actor))
    if len(proposal.approved_by) < APPROVALS:
        return replace(state, proposal=proposal)
    return replace(state, proposal=None, moved_baseline=proposal)
