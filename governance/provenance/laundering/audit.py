"""The audit of a batch's declared origins: every signal read, every group judged, and the doubts that wait for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.plugins import discover
from governance.provenance.laundering.batch import Batch
from governance.provenance.laundering.document import document_of
from governance.provenance.laundering.doubt import doubts_of
from governance.provenance.laundering.findings import groups_of
from governance.provenance.laundering.relabels import Relabels
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.sight import look
from governance.provenance.laundering.signal import Signal

SIGNALS = "governance.provenance.laundering.signals"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunderingAudit:
    """laundering.json, and the rows of doubtful.parquet."""

    document: Mapping[str, Any]
    doubtful: pl.DataFrame


def signals() -> Sequence[Signal]:
    """Every signal that there is, in order of name."""
    return tuple(discover(SIGNALS, "SIGNAL").values())


def audited(batch: Batch, relabels: Relabels, rules: LaunderingRules, *, seed: int) -> LaunderingAudit:
    """A function of the batch, the rules and the seed. No row is dropped, relabelled or called a lie by it."""
    eyes = look(batch.material, signals(), rules)
    groups = groups_of(batch.counts, eyes, rules, seed)
    doubts = doubts_of(eyes, rules)
    document = document_of(groups, eyes, doubts, relabels, rules)
    return LaunderingAudit(document=document, doubtful=doubts.queued)
