"""Before a decision: every signature is verified again, at the time of its event, against the keys that are allowed now."""

from dataclasses import dataclass

from governance.actions.release_desk import ReleaseDesk
from governance.errors import PolicyError
from governance.policy import parse_policy
from governance.ports.policy_history import NoCommits, PolicyHistory
from governance.ports.signer import NotSigned, Verifier
from governance.release.approval import Approval
from governance.release.approval_statement import Statement
from governance.release.electorate import Committer, Excluded, Hearing, Weighed, distinct, electors, excluded, weigh
from governance.release.ledger import moment
from governance.release.rules import AUTO
from governance.release.state import Release, State
from governance.release.terms import Terms


def hear(desk: ReleaseDesk, state: State, version: int, terms: Terms) -> Hearing:
    """What is so at this moment; where the policy itself is the approver nobody is heard.

    Raises: DependencyError where there are signatures and the program that verifies them is missing.
    """
    now = desk.ledger.clock.now()
    release = state.releases.get(version)
    if terms.rules.mode == AUTO or release is None:
        return Hearing(at=now, model=desk.model, committer=Committer(shown="not asked"))
    doubts = {one.seq: unproven(desk.verifier, one, version) for one in release.approvals if one.signed}
    found = {seq: doubt for seq, doubt in doubts.items() if doubt}
    return Hearing(at=now, model=desk.model, committer=committer_of(desk.policy_history, terms.policy_sha256), unproven=found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """How the approval of a version stands now: what was given and counts or not, who may still give one, who may not, and why."""

    needed: int
    weighed: tuple[Weighed, ...]
    electors: tuple[str, ...]
    excluded: tuple[Excluded, ...]
    committer: Committer
    labellers_known: bool

    @property
    def counted(self) -> int:
        return len(distinct([one.approval.by for one in self.weighed if not one.doubt]))


def poll(desk: ReleaseDesk, state: State, release: Release, terms: Terms) -> Poll:
    """The approvals of a version, weighed as a promotion would weigh them."""
    hearing = hear(desk, state, release.version, terms)
    return Poll(
        needed=terms.rules.approvals,
        weighed=weigh(state, release, terms, hearing),
        electors=electors(release, terms, hearing.committer, desk.verifier.people()),
        excluded=excluded(release, terms, hearing.committer),
        committer=hearing.committer,
        labellers_known=release.labellers is not None,
    )


def committer_of(history: PolicyHistory, policy_sha256: str) -> Committer:
    """Who brought in the policy in force: the oldest commit of the newest ones that all say the same policy.

    So whoever only mends a comment does not take the place of who set the limits.
    """
    kept = history.commits()
    if isinstance(kept, NoCommits):
        return Committer(shown=f"not known: {kept.reason}")
    found, reached = None, False
    for commit in kept.found:
        if _policy_sha256(commit.text) != policy_sha256:
            reached = True
            break
        found = commit
    if found is None:
        return Committer(shown="not known: policy.toml is not as it was committed")
    if not reached and not kept.whole:
        return Committer(shown="not known: the checkout is shallow and does not go back to where the policy came in")
    return Committer(shown=f"{found.author}, {found.name[:7]}", names=found.names)


def _policy_sha256(text: str) -> str:
    try:
        return parse_policy(text, "policy.toml").digest
    except PolicyError:
        return ""  # a policy that was none is not the one in force


def unproven(verifier: Verifier, approval: Approval, version: int) -> str:
    """Why a signature proves nothing; empty where it does. It is held against the statement that the event alone gives."""
    statement = Statement.of(approval, version)
    if statement is None or statement.digest != approval.statement_sha256:
        return "what it says is not what its statement said"
    at = moment(approval.at)
    if at is None:
        return f"its event gives no time: {approval.at!r}"
    found = verifier.verify(statement.signed, approval.signature, by=approval.by, at=at)
    if isinstance(found, NotSigned):
        return found.reason
    return "" if found.key == approval.key else f"it names the key {approval.key}, and {found.key} signed"
