"""Keeping what a passed cycle was trained on, once, so that a policy that accumulates can bring it back."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.digest import digest_document, read_document
from governance.ports.executor import Executor
from governance.ports.row_store import RowStore
from governance.provenance.earlier import EARLIER_FILE, first_trained, trained_rows
from governance.provenance.recalled import Named
from governance.provenance.row import OWN_WORDS, ROW_SCHEMA
from governance.provenance.withdrawn import nothing_withdrawn, without
from governance.release import kinds
from governance.release.state import PASS

STEPS = ("keep.written", "keep.recorded")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


@dataclass(slots=True)
class Counted:
    """Rows on their way into a file of kept rows: how many, and how many of them each model wrote."""

    rows: int = 0
    wrote: Counter[tuple[str | None, str | None]] = field(default_factory=Counter)

    def through(self, frames: Iterable[pl.DataFrame]) -> Iterator[pl.DataFrame]:
        for rows in frames:
            self.rows += rows.height
            named = rows.filter(~pl.col("origin").is_in(OWN_WORDS)).group_by("generator", "generator_version").len()
            for generator, version, count in named.iter_rows():
                self.wrote[generator, version] += count
            yield rows

    def own(self, authors: Sequence[Named]) -> dict[str, int]:
        """Version -> rows, of the releases of the line that wrote some."""
        found = {str(one.version): sum(rows for author, rows in self.wrote.items() if one.wrote(*author)) for one in authors}
        return {version: rows for version, rows in found.items() if rows}


def keep_rows(
    ledger: Ledger,
    store: RowStore,
    executor: Executor,
    cycle: Path,
    steps: Steps = go_on,
    *,
    authors: Sequence[Named] = (),
    withdrawn: pl.DataFrame | None = None,
) -> bool:
    """Keep the rows that the cycle in a folder was the first to train on; idempotent by the cycle's digest. False where nothing is new.

    What was `withdrawn` since the cycle was frozen is not kept. The ledger hears how many of the rows each of the `authors`, the releases
    of the line, wrote. Only a cycle that passed: no other can ever serve, and only what serves comes back.
    """
    document = read_document(cycle / "cycle.json")
    digest = digest_document(document)
    state = ledger.state()
    if read_document(cycle / "decision.json")["verdict"] != PASS or digest in state.kept_rows or digest in state.pruned_rows:
        return False
    mix = pl.read_parquet(cycle / "mix.parquet", columns=["row_id", "role"])
    first = first_trained(mix, pl.read_parquet(cycle / EARLIER_FILE, columns=["row_id"]))
    gone = nothing_withdrawn() if withdrawn is None else withdrawn
    counted = Counted()
    sha256 = store.keep(counted.through(without(rows, gone) for rows in _rows(executor, cycle, first, document["number"])))
    steps("keep.written")
    body = {"cycle": document["number"], "cycle_digest": digest, "rows": counted.rows, "rows_sha256": sha256}
    body |= {"own": counted.own(authors)}
    recorded = ledger.settle_if(kinds.ROWS_KEPT, lambda now: None if digest in now.kept_rows else body) is not None
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
