"""Labels enter the ledger, once, with the signature of who gave them; and what all that were ever given add up to."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.errors import ConflictError, RefusedError, UsageError
from governance.ports.label_store import LabelStore
from governance.ports.signer import NotSigned, Signer, Verifier
from governance.provenance.labels.label import KEY, NOBODY, Said, in_force
from governance.provenance.row import Origin
from governance.release import kinds
from governance.release.relabelling import Relabelling, statement
from governance.release.state import State

STEPS = ("label.kept", "label.recorded")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What makes a label somebody's: the key at hand, the keys that are allowed, and whether the policy counts signed labels only."""

    signer: Signer | None
    verifier: Verifier
    signed_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A recorded round of labels that counts for nothing under the policy and the keys of today, and why."""

    seq: int
    by: str
    rows: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """All labels, oldest first, those of them that do not count, and what the others add up to (the columns of relabels.parquet)."""

    said: tuple[Said, ...]
    left_out: tuple[LeftOut, ...]
    relabels: pl.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A round of labels in the ledger; `changed` is False where the same labels were recorded before."""

    relabelling: Relabelling
    changed: bool


def standing(state: State, store: LabelStore, seal: Seal) -> Standing:
    """What people's labels add up to now.

    A signature is verified each time that labels are used: a label whose signature does not hold counts for nothing, whatever the policy
    says of labels without one. Raises: IntegrityError where a file of labels is gone or altered.
    """
    recorded = sorted(state.relabellings.values(), key=lambda one: one.seq)
    doubts = {one.seq: _doubt(state, one, seal) for one in recorded}
    said = tuple(Said(labels=store.labels(one.labels_sha256), by=one.by, seq=one.seq, at=one.at) for one in recorded)
    left_out = (LeftOut(seq=one.seq, by=one.by, rows=one.rows, reason=doubts[one.seq]) for one in recorded if doubts[one.seq])
    return Standing(said=said, left_out=tuple(left_out), relabels=in_force(one for one in said if not doubts[one.seq]))


def record_labels(
    ledger: Ledger, store: LabelStore, labels: pl.DataFrame, sheet_sha256: str, seal: Seal, *, read: State, steps: Steps = go_on
) -> Recorded:
    """Sign labels (`LABEL_SCHEMA`) and record them in one event; `read` is the state from which they were made.

    Raises: RefusedError where the policy wants a signature and there is none that holds; ConflictError where somebody labelled one of
    the rows meanwhile.
    """
    if labels.is_empty():
        raise UsageError("no label to record")
    sha256 = store.keep(labels)
    steps("label.kept")
    body = {
        "by": ledger.actor,
        "rows": labels.height,
        "unqueued": labels.height - int(labels["queued"].sum()),
        "moves": moves(labels),
        "labels_sha256": sha256,
        "sheet_sha256": sheet_sha256,
        **_sealed(ledger, read, sha256, labels.height, seal),
    }
    changed = ledger.settle_if(kinds.ROWS_RELABELLED, lambda now: _unless_labelled(now, read, store, labels, body)) is not None
    steps("label.recorded")
    return Recorded(relabelling=ledger.state().relabellings[sha256], changed=changed)


def moves(labels: pl.DataFrame) -> dict[str, int]:
    """`human->model` -> rows, of labels that change something."""
    pairs = (("origin_then", "origin_now"), ("generator_then", "generator"), ("version_then", "generator_version"))
    changed = labels.filter(pl.any_horizontal(*(pl.col(then).ne_missing(pl.col(now)) for then, now in pairs)))
    known = pl.when(pl.col("origin_then").is_in([origin.value for origin in Origin])).then("origin_then").otherwise(pl.lit(NOBODY))
    counted = changed.group_by(pl.format("{}->{}", known, "origin_now").alias("move")).len().sort("move")
    return dict(counted.iter_rows())


def _sealed(ledger: Ledger, state: State, sha256: str, rows: int, seal: Seal) -> dict[str, str]:
    """The signature of whoever acts over the statement, verified as everybody else will verify it."""
    if seal.signer is None:
        if seal.signed_only:
            raise RefusedError(
                "labels that are not signed do not count here",
                where="policy.toml labels.require_signature",
                fix="HEIRLOOM_SIGNING_KEY names your SSH key (docs/signing.md)",
            )
        return {"signature": "", "key": ""}
    said = statement(model=state.model, environment=state.environment, by=ledger.actor, rows=rows, labels_sha256=sha256)
    signature = seal.signer.sign(said)
    found = seal.verifier.verify(said, signature, by=ledger.actor, at=ledger.clock.now())
    if isinstance(found, NotSigned):
        raise RefusedError(
            f"the signature does not show that {ledger.actor} gave these labels: {found.reason}",
            where="allowed_signers",
            fix="act under the name that your key is listed for (HEIRLOOM_ACTOR), or have the key added under review",
        )
    return {"signature": signature, "key": found.key}


def _unless_labelled(
    now: State, read: State, store: LabelStore, labels: pl.DataFrame, body: Mapping[str, object]
) -> Mapping[str, object] | None:
    """None where these labels are in the ledger already."""
    if body["labels_sha256"] in now.relabellings:
        return None
    for sha256 in now.relabellings.keys() - read.relabellings.keys():
        both = labels.join(store.labels(sha256), on=KEY, how="semi")
        if both.height:
            other = now.relabellings[sha256]
            raise ConflictError(
                f"{both.height} of these rows were labelled meanwhile by {other.by}",
                where=f"ledger seq {other.seq}",
                examples=both["row_id"].to_list(),
                fix="export the queue again: heirloom label export FILE.csv",
            )
    return body


def _doubt(state: State, one: Relabelling, seal: Seal) -> str:
    """Why a recorded round does not count; empty where it does."""
    if not one.signed:
        return "it is not signed, and the policy counts signed labels only" if seal.signed_only else ""
    said = statement(model=state.model, environment=state.environment, by=one.by, rows=one.rows, labels_sha256=one.labels_sha256)
    found = seal.verifier.verify(said, one.signature, by=one.by, at=datetime.fromisoformat(one.at))
    return found.reason if isinstance(found, NotSigned) else ""
