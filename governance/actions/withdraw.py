"""Somebody asks rows out: they are barred from every later mix, leave the kept rows, and the ledger says which releases learnt from them.

Weights forget nothing, and nothing here says that they do.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.actions.keep_rows import Counted
from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.errors import ConflictError, IntegrityError, UsageError
from governance.ports.row_store import RowStore
from governance.ports.withdrawal_store import WithdrawalStore
from governance.provenance.labels.label import KEY
from governance.provenance.recalled import Named
from governance.provenance.withdrawn import is_withdrawn, without
from governance.release import kinds
from governance.release.judged import Withdrawal
from governance.release.state import State

STEPS = ("withdraw.written", "withdraw.kept", "withdraw.recorded", "withdraw.removed")
"""The points between the steps, in order; at each of them the process may die, and the same command goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`rows`: `row_id` and `sha256` of everything that the asked rows are known to have been, and `trained`, the versions that learnt from
    each. `trained` counts them by release; of the releases in `perhaps` nobody can tell.
    """

    rows: pl.DataFrame
    reason: str
    trained: Mapping[int, int]
    perhaps: Sequence[int]

    def __post_init__(self) -> None:
        if self.rows.is_empty():
            raise ValueError("rows: none was asked out")


def withdraw_rows(
    ledger: Ledger,
    store: WithdrawalStore,
    kept: RowStore,
    request: Request,
    *,
    read: State,
    authors: Sequence[Named] = (),
    steps: Steps = go_on,
) -> tuple[Withdrawal, bool]:
    """Bar the rows and take them out of the kept ones, in one event; False beside it where exactly these rows were withdrawn before.

    `read` is the state from which the request was made. New files are written before the event and old ones deleted after it, so that a
    kill leaves files that nothing names; the same command, or the next end of a cycle, deletes those that the ledger gave up.

    Raises: UsageError without a reason; ConflictError where rows were kept or given up meanwhile.
    """
    if not request.reason.strip():
        raise UsageError("a withdrawal is somebody's word, and no reason is given", fix='--reason "..."')
    sha256 = store.keep(request.rows)
    steps("withdraw.written")
    files = _rewritten(ledger, kept, read, request.rows, authors)
    steps("withdraw.kept")
    body = {
        "rows": request.rows["row_id"].n_unique(),
        "reason": request.reason.strip(),
        "withdrawn_sha256": sha256,
        "kept": files,
        "trained": {str(version): rows for version, rows in request.trained.items()},
        "perhaps": list(request.perhaps),
    }
    changed = ledger.settle_if(kinds.ROWS_WITHDRAWN, lambda now: _unless_moved(now, read, body)) is not None
    steps("withdraw.recorded")
    state = ledger.state()
    kept.forget(set(state.replaced_rows) - set(state.kept_rows.values()))
    steps("withdraw.removed")
    return state.withdrawn[sha256], changed


def _rewritten(ledger: Ledger, store: RowStore, read: State, rows: pl.DataFrame, authors: Sequence[Named]) -> dict[str, dict[str, Any]]:
    """Cycle digest -> the file that takes the place of its kept rows, for every cycle that kept one of the rows.

    Raises: IntegrityError where a file is gone or altered, and nobody gave it up meanwhile.
    """
    try:
        return _files(store, read, rows, authors)
    except IntegrityError:
        if ledger.state().kept_rows == read.kept_rows:
            raise
        return {}  # whoever moved first is found when the event is settled


def _files(store: RowStore, state: State, rows: pl.DataFrame, authors: Sequence[Named]) -> dict[str, dict[str, Any]]:
    files = {}
    for cycle, sha256 in state.kept_rows.items():
        if any(is_withdrawn(frame, rows).any() for frame in store.frames(sha256, KEY)):
            counted = Counted()
            name = store.keep(counted.through(_without(store, sha256, rows)))
            files[cycle] = {"rows_sha256": name, "rows": counted.rows, "own": counted.own(authors)}
    return files


def _without(store: RowStore, sha256: str, rows: pl.DataFrame) -> Iterator[pl.DataFrame]:
    return (without(frame, rows) for frame in store.frames(sha256))


def _unless_moved(now: State, read: State, body: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """None where exactly these rows were withdrawn before."""
    if body["withdrawn_sha256"] in now.withdrawn:
        return None
    if now.kept_rows != read.kept_rows:
        raise ConflictError("rows were kept or given up meanwhile", where="heirloom withdraw", fix="try again")
    return body
