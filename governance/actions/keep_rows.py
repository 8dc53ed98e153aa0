"""Keeping what a passed cycle was trained on, once, so that a policy that accumulates can bring it back."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.digest import digest_document, read_document
from governance.ports.executor import Executor
from governance.ports.row_store import RowStore
from governance.provenance.earlier import EARLIER_FILE, first_trained, trained_rows
from governance.provenance.row import ROW_SCHEMA
from governance.release import kinds
from governance.release.state import PASS, State

STEPS = ("keep.written", "keep.recorded")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


class _Kept(Exception):  # noqa: N818 - it says what happened, and never leaves this module
    """Another process has recorded this cycle."""


def keep_rows(ledger: Ledger, store: RowStore, executor: Executor, cycle: Path, steps: Steps = go_on) -> bool:
    """Keep the rows that the cycle in a folder was the first to train on; idempotent by the cycle's digest. False where nothing is new.

    Only a cycle that passed: no other can ever serve, and only what serves comes back.
    """
    document = read_document(cycle / "cycle.json")
    digest = digest_document(document)
    state = ledger.state()
    if read_document(cycle / "decision.json")["verdict"] != PASS or digest in state.kept_rows or digest in state.pruned_rows:
        return False
    mix = pl.read_parquet(cycle / "mix.parquet", columns=["row_id", "role"])
    first = first_trained(mix, pl.read_parquet(cycle / EARLIER_FILE, columns=["row_id"]))
    sha256 = store.keep(_rows(executor, cycle, first, document["number"]))
    steps("keep.written")
    recorded = _record(ledger, {"cycle": document["number"], "cycle_digest": digest, "rows": int(first.sum()), "rows_sha256": sha256})
    steps("keep.recorded")
    return recorded


def _rows(executor: Executor, cycle: Path, first: pl.Series, number: int) -> Iterator[pl.DataFrame]:
    """The rows of mix.parquet under a mask as they are kept, a batch at a time."""
    passed, done = pl.read_parquet(cycle / "descent.parquet"), 0
    for batch in executor.mapped(cycle / "mix.parquet", ROW_SCHEMA.names(), _as_they_are):
        yield trained_rows(batch.filter(first[done : done + batch.height]), passed, number)
        done += batch.height


def _as_they_are(rows: pl.DataFrame) -> pl.DataFrame:
    return rows


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
