"""The three acts of the desk: each is drafted, shown, signed by a passkey, and then done by the same actions as on the command line.

A draft holds the bytes that are signed. Nothing is written before the signature over exactly these bytes has been verified, and nothing
after it but what they say. Plain functions, no Prefect.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from flows.approvals import terms_of
from flows.finish import release_desk
from flows.labels import answers, asked_of, queue, record
from flows.sides import at_hand, rater_of
from flows.signed_votes import content_of, record_signed
from governance.actions.approve import approve, draft_approval, draft_refusal, reject
from governance.adapters.desk_passkeys import Listed, listed
from governance.collapse.sides.votes import CHOICES, QUESTIONS, VOTE_SCHEMA
from governance.digest import digest_document
from governance.errors import ConflictError, RefusedError, UsageError
from governance.ports.signer import NotSigned, Signer
from governance.provenance.labels.label import KEY
from governance.provenance.labels.sheet import Line
from governance.release import kinds
from governance.release.approval_statement import Statement
from governance.release.passkey import Assertion, counter_doubt, returned
from governance.release.relabelling import statement as labels_statement
from governance.wiring import Shop

SIGNED_KINDS = frozenset((kinds.APPROVAL_GIVEN, kinds.APPROVAL_REFUSED, kinds.ROWS_RELABELLED, kinds.SIDES_VOTED))
MOST_ANSWERS = 50
"""Rows or votes in one act: what a person has looked at before the touch."""
WHERE = "the desk"
BEHIND = " The registry's page does not show it yet: heirloom reconcile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """One act of one person that waits for a signature over `content`; `words` say what that is.

    `act` does it in the workspace as it is then, and says what was done.
    """

    by: str
    content: bytes
    words: tuple[tuple[str, str], ...]
    act: Callable[[Shop, Signer], str]


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldSignature:
    """A Signer whose one signature was given already, over one content."""

    content: bytes
    signature: str
    key: str

    def fingerprint(self) -> str:
        return self.key

    def sign(self, content: bytes) -> str:
        if content != self.content:
            raise ConflictError("something else was written since this was shown to you", where="ledger", fix="look again, and sign again")
        return self.signature


def people(shop: Shop, origin: str) -> tuple[Listed, ...]:
    """The passkeys that may sign on a page of this origin."""
    return listed(shop.workspace.root / shop.settings.signing.allowed_signers, origin)


def draft_yes(shop: Shop, version: int, reason: str) -> Draft:
    """Raises: as `draft_approval`."""
    statement = draft_approval(release_desk(shop), version, _reason(reason), terms_of(shop))

    def act(then: Shop, signer: Signer) -> str:
        given = approve(release_desk(then), version, statement.reason, terms_of(then), signer, shown=statement)
        word = "Approved" if given.changed else "Was approved already"
        left = f" Next: heirloom promote {version}" if not given.missing else ""
        late = BEHIND if given.degraded else ""
        return f"{word} by {given.by}, ledger {given.seq}. {given.needed - given.missing} of {given.needed} approvals.{left}{late}"

    return Draft(by=shop.actor, content=statement.signed, words=_statement_words(statement), act=act)


def draft_no(shop: Shop, version: int, reason: str) -> Draft:
    """Raises: as `draft_refusal`."""
    statement = draft_refusal(release_desk(shop), version, _reason(reason))

    def act(then: Shop, signer: Signer) -> str:
        found = reject(release_desk(then), version, statement.reason, signer)
        if not (found.changed and found.key):
            raise ConflictError(f"version {version} was refused by {found.by} meanwhile")
        return f"Refused by {found.by}, ledger {found.seq}.{BEHIND if found.degraded else ''}"

    return Draft(by=shop.actor, content=statement.signed, words=_statement_words(statement), act=act)


def draft_labels(shop: Shop, said: Sequence[Mapping[str, str]]) -> Draft:
    """Answers to rows of the queue: of each its `row_id`, `sha256`, `label` and `new_*` cells. Raises: as `flows.labels.import_sheet`."""
    if not 0 < len(said) <= MOST_ANSWERS:
        raise UsageError(f"{len(said)} answers", where=WHERE, expected=f"1 to {MOST_ANSWERS} at a time")
    keys = pl.DataFrame([(one["row_id"], one["sha256"]) for one in said], schema=dict.fromkeys(KEY, pl.String), orient="row")
    waiting = queue(shop).rows.join(keys, on=KEY, how="semi")
    origins = {(row_id, sha256): origin or "" for row_id, sha256, origin in waiting.select(*KEY, "origin").iter_rows()}
    gone = [one["row_id"] for one in said if (one["row_id"], one["sha256"]) not in origins]
    if gone:
        raise ConflictError(f"{len(gone)} of these rows wait no more", where=WHERE, examples=gone, fix="load the page again")
    asked = asked_of(waiting)
    lines = [_line(place, one, origins[one["row_id"], one["sha256"]]) for place, one in enumerate(said, start=1)]
    found = answers(shop, lines, asked, WHERE)
    labels, state = found.reading.labels, found.state
    if labels.is_empty():
        raise UsageError("nothing is answered", where=WHERE)
    sha256 = shop.labels.name(labels)
    content = labels_statement(model=state.model, environment=state.environment, by=shop.actor, rows=labels.height, labels_sha256=sha256)

    def act(then: Shop, signer: Signer) -> str:
        then.labels.ask(asked)
        done = record(then, found, digest_document([dict(one) for one in said]), replace(then.seal, signer=signer)).recorded
        if done is None:
            raise UsageError("nothing is answered", where=WHERE)
        return f"{labels.height} rows labelled by {then.actor}, ledger {done.relabelling.seq}. They hold from the next cycle on."

    moves = [(line.row_id, _move(line)) for line in lines if line.decided]
    words = (("Act", "label rows"), ("Rows", str(labels.height)), ("Labels, sha256", sha256), *moves)
    return Draft(by=shop.actor, content=content, words=words, act=act)


def _move(line: Line) -> str:
    """What is said of a row, all of it: origin before and after, and the generator, version and note that go with it."""
    more = [
        f"{name} {said}"
        for name, said in (("by", line.new_generator), ("version", line.new_generator_version), ("note:", line.note))
        if said
    ]
    return ", ".join([f"{line.origin or 'nobody says'} -> {line.new_origin or line.origin}", *more])


def draft_votes(shop: Shop, said: Sequence[Mapping[str, str]], against: str | None = None) -> Draft:
    """Votes of the round at hand: of each its `pair_id`, `question` and `choice`. Raises: UsageError naming what is none."""
    round_, rater = at_hand(shop, against), rater_of(shop)
    known = set(round_.pairs["pair_id"])
    rows = [(one["pair_id"], rater, one["question"], one["choice"]) for one in said]
    odd = [row[0] for row in rows if row[0] not in known or row[2] not in QUESTIONS or row[3] not in CHOICES]
    if odd or not 0 < len(rows) <= MOST_ANSWERS or len({(pair, question) for pair, _, question, _ in rows}) < len(rows):
        expected = f"1 to {MOST_ANSWERS} votes, each once, on pairs of the round: {', '.join(CHOICES)}"
        raise UsageError(f"{len(odd) or len(rows)} votes cannot be taken", where=WHERE, expected=expected)
    votes = pl.DataFrame(rows, schema=VOTE_SCHEMA, orient="row")
    again = votes.join(round_.folder.votes(), on=["pair_id", "rater", "question"], how="semi")
    if again.height:
        raise ConflictError(f"{again.height} of these were voted on by {rater} before", where=WHERE, fix="a vote is given once")

    def act(then: Shop, signer: Signer) -> str:
        given = record_signed(then, round_, votes, signer)
        return f"{given.new} votes of {rater} recorded."

    words = (("Act", "vote, blind"), ("Round", f"cycle {round_.drawn.body['cycle']}, against the {round_.against}"))
    counted = tuple((f"{pair}, {question}", choice) for pair, _, question, choice in rows)
    return Draft(by=rater, content=content_of(shop, round_, votes), words=(*words, *counted), act=act)


def do(shop: Shop, draft: Draft, origin: str, answer: Mapping[str, bytes]) -> str:
    """Verify what the browser returned and do the act; `answer` holds credential, authenticator_data, client_data and signature.

    Raises: RefusedError where the answer is not a passkey's signature of that person over the draft; as the act.
    """
    mine = [one for one in people(shop, origin) if one.name == draft.by and one.credential == answer["credential"]]
    if not mine:
        raise RefusedError(
            f"this passkey is not listed for {draft.by} on {origin}", where="allowed_signers", fix="docs/desk.md: register it"
        )
    said = _assertion(mine[0], answer, origin)
    found = shop.verifier.verify(draft.content, said.armoured, by=draft.by, at=shop.clock.now())
    if isinstance(found, NotSigned):
        raise RefusedError(f"the signature does not show that {draft.by} did this: {found.reason}", where="passkey")
    before = (str(event.body.get("signature") or "") for event in shop.ledger.events() if event.kind in SIGNED_KINDS)
    if doubt := counter_doubt(said, before):
        raise RefusedError(doubt, where="passkey", fix="take its line out of allowed_signers, and register a new one")
    return draft.act(shop, HeldSignature(content=draft.content, signature=said.armoured, key=found.key))


def _assertion(mine: Listed, answer: Mapping[str, bytes], origin: str) -> Assertion:
    try:
        return returned(mine.key, answer["authenticator_data"], answer["client_data"], answer["signature"], origin)
    except ValueError as error:
        raise RefusedError(f"the browser's answer {error}", where="passkey") from error


def _line(place: int, one: Mapping[str, str], origin: str) -> Line:
    cells: dict[str, Any] = {name: one.get(name, "").strip() for name in ("new_origin", "new_generator", "new_generator_version", "note")}
    label = one.get("label", "")
    return Line(
        number=place,
        row_id=one["row_id"],
        sha256=one["sha256"],
        origin=origin,
        label=int(label) if label.isdecimal() else None,
        **cells,
    )


def _reason(said: str) -> str:
    return " ".join(said.split()) or "not given"


def _statement_words(said: Statement) -> tuple[tuple[str, str], ...]:
    left = f"release {said.expected_champion}" if said.expected_champion is not None else "no release"
    return (
        ("Act", "approve" if said.approves else "reject, for good"),
        ("Version", f"{said.model}/{said.version}, for {said.environment}"),
        ("Model, sha256", said.checkpoint),
        ("Evidence, sha256", said.decision_sha256),
        ("Policy, sha256", said.policy_sha256),
        ("Replaces", f"{left} (refused if another champion is in place)"),
        ("Valid until", (said.not_after or "for good").replace("T", " ")),
        ("Because", said.reason),
    )
