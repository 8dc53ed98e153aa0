"""Keeping what a passed cycle was trained on, once, so that a policy that accumulates can bring it back."""

from collections.abc import Mapping
from pathlib import Path

import polars as pl

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.digest import digest_document, read_document
from governance.ports.row_store import RowStore
from governance.provenance.earlier import EARLIER_FILE, trained_rows
from governance.release import kinds
from governance.release.state import PASS, State

STEPS = ("keep.written", "keep.recorded")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


class _Kept(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """Another process has recorded this cycle."""


def keep_rows(ledger: Ledger, store: RowStore, cycle: Path, steps: Steps = go_on) -> bool:
    """Keep the rows that the cycle in a folder was the first to train on; idempotent by the cycle's digest. False where nothing is new.

    Only a cycle that passed: no other can ever serve, and only what serves comes back.
    """
    document = read_document(cycle / "cycle.json")
    digest = digest_document(document)
    if read_document(cycle / "decision.json")["verdict"] != PASS or digest in ledger.state().kept_rows:
        return False
    mix, passed, earlier = (pl.read_parquet(cycle / name) for name in ("mix.parquet", "descent.parquet", EARLIER_FILE))
    rows = trained_rows(mix, passed, earlier, document["number"])
    sha256 = store.keep(rows)
    steps("keep.written")
    recorded = _record(ledger, {"cycle": document["number"], "cycle_digest": digest, "rows": rows.height, "rows_sha256": sha256})
    steps("keep.recorded")
    return recorded


def _record(ledger: Ledger, body: Mapping[str, object]) -> bool:
    def decide(now: State) -> Mapping[str, object]:
        if body["cycle_digest"] in now.kept_rows:
            raise _Kept
        return body

    try:
        ledger.settle(kinds.ROWS_KEPT, decide)
    except _Kept:
        return False
    return True
