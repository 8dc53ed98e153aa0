"""Approvals of a workspace: what they are held to, and each as files that anybody can verify elsewhere. Plain functions, no Prefect."""

from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path

from flows.finish import archive_of, release_desk
from governance.actions.hearing import Poll, committer_of, hear, poll
from governance.adapters.git_policy import GitPolicy
from governance.digest import digest_document, read_document, write_bytes, write_document
from governance.errors import IntegrityError
from governance.policy import policy_changes
from governance.ports.signer import NotSigned
from governance.release import kinds
from governance.release.approval_statement import Statement
from governance.release.dsse import IN_TOTO, Envelope
from governance.release.electorate import weigh
from governance.release.ledger import Event
from governance.release.rules import AUTO
from governance.release.state import Release
from governance.release.terms import Terms
from governance.wiring import Shop

WORDS = (kinds.APPROVAL_GIVEN, kinds.APPROVAL_REFUSED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """One exported envelope, verified: what it says, whose signature it carries, where it stands in the ledger, and what it is worth now.

    `wrong` holds what does not hold, a phrase each; `doubt` says why a true yes does not count any more.
    """

    statement: Statement
    key: str
    seq: int | None
    wrong: tuple[str, ...]
    doubt: str


def export(shop: Shop, version: int, folder: Path) -> tuple[Path, ...]:
    """Write the statement of every yes and no to a version as it was signed, its signature, and both as a DSSE envelope.

    A word of an older version of this program has no statement and is not written; one without a signature has no envelope.
    """
    written = []
    for event in shop.ledger.events():
        statement = Statement.of_event(event) if event.kind in WORDS and event.body["version"] == version else None
        if statement is None:
            continue
        name, signature = f"approval-{event.seq}", str(event.body["signature"])
        written.append(folder / f"{name}.statement.json")
        write_bytes(written[-1], statement.content)
        if signature:
            envelope = Envelope(payload_type=IN_TOTO, payload=statement.content, signatures=((str(event.body["key"]), signature),))
            written += [folder / f"{name}.sig", folder / f"{name}.dsse.json"]
            write_bytes(written[-2], signature.encode())
            write_document(written[-1], envelope.document())
    return tuple(written)


def prove(shop: Shop, path: Path) -> Word:
    """An envelope held against the keys and the ledger of this workspace.

    Raises: IntegrityError where it is no envelope of a statement of ours in exactly the form that was signed.
    """
    envelope = Envelope.read(_content(path))
    if envelope.payload_type != IN_TOTO:
        raise IntegrityError(f"holds {envelope.payload_type!r}", where=str(path), expected=IN_TOTO)
    statement = Statement.read(envelope.payload)
    words = (event for event in shop.ledger.events() if event.kind in WORDS)
    event = next((one for one in words if Statement.of_event(one) == statement), None)
    moment = datetime.fromisoformat(event.at) if event else shop.clock.now()
    found = [shop.verifier.verify(envelope.signed, signature, by=statement.by, at=moment) for _, signature in envelope.signatures]
    wrong = [one.reason for one in found if isinstance(one, NotSigned)]
    wrong += [] if found else ["nobody signed it"]
    wrong += [] if event else ["it is written nowhere in this ledger"]
    keys = [one.key for one in found if not isinstance(one, NotSigned)]
    doubt = _worth(shop, statement, event) if event else ""
    return Word(statement=statement, key=", ".join(keys), seq=event.seq if event else None, wrong=tuple(wrong), doubt=doubt)


def poll_of(shop: Shop, release: Release) -> Poll | None:
    """How the approval of a version stands; None where the policy itself is the approver."""
    if shop.policy.promotion.mode == AUTO:
        return None
    return poll(release_desk(shop), shop.ledger.state(), release, terms_of(shop))


def terms_of(shop: Shop) -> Terms:
    """What a promotion is held to here and now, and in what the policy differs from the one that a version was judged under."""
    return replace(shop.terms, changes=partial(changes_since, shop))


def changes_since(shop: Shop, release: Release) -> str:
    """What the policy says other than when a release was judged, and who committed that; empty where its cycle.json is gone or altered."""
    try:
        cycle = read_document(archive_of(shop, release.cycle_digest) / "cycle.json")
    except IntegrityError:
        return ""  # the digests refuse it all the same: only the words are lost
    if digest_document(cycle) != release.cycle_digest:
        return ""
    committer = committer_of(GitPolicy(path=shop.workspace.policy), shop.policy.digest)
    by = f", by {committer.shown}" if committer.names else f"; by whom is {committer.shown}"
    return policy_changes(cycle["policy"], shop.policy.document()) + by


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IntegrityError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _worth(shop: Shop, statement: Statement, event: Event) -> str:
    """Why a recorded yes does not count now; empty for one that does, and for a no."""
    desk, state, terms = release_desk(shop), shop.ledger.state(), terms_of(shop)
    release = state.releases[statement.version]
    weighed = weigh(state, release, terms, hear(desk, state, release.version, terms))
    return next((one.doubt for one in weighed if one.approval.seq == event.seq), "")
