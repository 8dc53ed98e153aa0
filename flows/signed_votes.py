"""Votes on pairs with a signature: what is signed, and how many of a round's votes are proven to be their raters'. No Prefect."""

from datetime import datetime

import polars as pl

from flows.sides import Given, Round, record
from governance.adapters.side_folder import votes_csv
from governance.digest import digest_bytes
from governance.errors import ConflictError, RefusedError
from governance.ports.signer import NotSigned, Signer
from governance.release import kinds
from governance.release.ledger import Event
from governance.release.voting import statement
from governance.wiring import Shop

SAME = ("pair_id", "rater", "question")
"""What makes two votes one: the rater says once what it is."""


def content_of(shop: Shop, round_: Round, votes: pl.DataFrame) -> bytes:
    """What whoever acts signs for these votes (`VOTE_SCHEMA`)."""
    state, sha256 = shop.ledger.state(), digest_bytes(votes_csv(votes))
    return statement(
        model=state.model,
        environment=state.environment,
        by=shop.actor,
        key_sha256=round_.drawn.body["key_sha256"],
        votes=votes.height,
        votes_sha256=sha256,
    )


def record_signed(shop: Shop, round_: Round, votes: pl.DataFrame, signer: Signer) -> Given:
    """Sign votes and record them.

    Raises: RefusedError where the signature is not the actor's; ConflictError where one of them was given before, in another window.
    """
    if (again := votes.join(round_.folder.votes(), on=SAME, how="semi")).height:
        raise ConflictError(f"{again.height} of these votes were given before", where="side-by-side", fix="load the page again")
    said = content_of(shop, round_, votes)
    signature = signer.sign(said)
    found = shop.verifier.verify(said, signature, by=shop.actor, at=shop.clock.now())
    if isinstance(found, NotSigned):
        raise RefusedError(f"the signature does not show that {shop.actor} voted: {found.reason}", where="allowed_signers")
    round_.folder.keep_said(votes_csv(votes))
    return record(shop, round_, votes, left_open=0, seal={"signature": signature, "key": found.key})


def signed_votes(shop: Shop, round_: Round) -> int:
    """How many of a round's votes a signature that holds now shows to be their rater's; a vote is counted once."""
    kept = round_.folder.votes()
    mine = [event for event in shop.ledger.events() if event.kind == kinds.SIDES_VOTED and event.body.get("signature")]
    mine = [event for event in mine if event.body["key_sha256"] == round_.drawn.body["key_sha256"]]
    return pl.concat([kept.head(0), *(_proven(shop, round_, event, kept) for event in mine)]).unique(SAME).height


def _proven(shop: Shop, round_: Round, event: Event, kept: pl.DataFrame) -> pl.DataFrame:
    """Votes of one act whose signature holds, that were kept as they were signed, and that stand in the round."""
    votes, by = round_.folder.said(event.body["votes_sha256"]), event.body["by"]
    if votes is None or set(votes["rater"]) != {by}:
        return kept.head(0)
    state = shop.ledger.state()
    said = statement(
        model=state.model,
        environment=state.environment,
        by=by,
        key_sha256=event.body["key_sha256"],
        votes=votes.height,
        votes_sha256=event.body["votes_sha256"],
    )
    found = shop.verifier.verify(said, event.body["signature"], by=by, at=datetime.fromisoformat(event.at))
    return kept.head(0) if isinstance(found, NotSigned) else kept.join(votes, on=kept.columns, how="semi")
