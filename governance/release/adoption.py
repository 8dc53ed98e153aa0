"""Adoption: a model that a team has already becomes the first release of a line, by a named person's word and reason, through no gate."""

from governance.errors import ConflictError, RefusedError
from governance.provenance.descent import THOUSAND, Bounds
from governance.release.approval import Approval
from governance.release.ledger import Event
from governance.release.page import Page
from governance.release.state import ADOPTED, INCONCLUSIVE, Release, State
from governance.training.adoption import StatedPast


def adopted_release(event: Event, cycles: int) -> Release:
    """The release that an adoption makes: never judged here, approved by who adopted it, its past as stated.

    No shard of its past was seen, so the worst of them counts with the upper end of the stated share.
    """
    body = event.body
    past = StatedPast(share=Bounds(low=body["share"]["low"], high=body["share"]["high"]), tokens=body["tokens"])
    start = past.start(body["checkpoint"])
    digests = {name: body[name] for name in ("checkpoint", "policy_sha256")}
    approval = Approval(
        by=event.actor, seq=event.seq, decision_sha256=body["adoption_sha256"], expected_champion=None, reason=body["reason"], **digests
    )
    return Release(
        **digests,
        version=body["version"],
        cycle=cycles,
        cycle_digest=body["adoption_sha256"],
        verdict=INCONCLUSIVE,
        decision_sha256=body["adoption_sha256"],
        kind=ADOPTED,
        synthetic_tokens=start.synthetic_tokens,
        total_tokens=start.total_tokens,
        depth=start.depth,
        worst_shard_synthetic=past.share.high,
        worst_shard_total=THOUSAND,
        run_url=body["run_url"],
        registered_by=event.actor,
        registered_seq=event.seq,
        passages=start.passages,
        unknown_tokens=start.unknown_tokens,
        past_share=start.past_share,
        judged_against=None,
        approvals=(approval,),
        page=Page.from_document(body.get("page")),
    )


def adopted_as(state: State, adoption_sha256: str) -> Release | None:
    """The release that exactly this adoption made, where it did."""
    return next((r for r in state.releases.values() if r.kind == ADOPTED and r.cycle_digest == adoption_sha256), None)


def check_adoptable(state: State, adoption_sha256: str) -> None:
    """A line is adopted before anything of it serves or waits.

    Raises: RefusedError where the line has a champion or a candidate that waits; ConflictError while another act is open.
    """
    mine = adopted_as(state, adoption_sha256)
    if state.intent is not None and (mine is None or state.intent.version != mine.version):
        raise ConflictError(f"a {state.intent.act} to version {state.intent.version} is open", fix="heirloom recover finishes or undoes it")
    if state.champion is not None:
        raise RefusedError(
            f"release {state.champion} serves in this line already",
            expected="a line without a champion: two pasts do not become one",
            fix="heirloom init DIR makes a new line; adopt the checkpoint there",
        )
    if state.waiting:
        version = state.waiting[-1].version
        raise RefusedError(
            f"version {version} waits for approval and would be the first release of this line",
            fix=f'heirloom reject {version} --reason "...", then adopt; or heirloom approve {version}',
        )
