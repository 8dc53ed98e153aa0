"""What comes back of earlier cycles, as the policy says. Plain functions, no Prefect."""

import polars as pl

from governance.mixing.rules import ACCUMULATE, FIXED_BUDGET, MixRules
from governance.ports.row_store import RowStore
from governance.provenance.earlier import together
from governance.release.state import State


def earlier_rows(rules: MixRules, store: RowStore, state: State) -> pl.DataFrame | None:
    """What the releases that served and may still serve were trained on; None where the policy brings nothing back.

    Raises: IntegrityError where a file of rows is gone or altered.
    """
    if rules.regime not in (ACCUMULATE, FIXED_BUDGET):
        return None
    kept = [state.kept_rows[r.cycle_digest] for r in state.in_order if r.usable and r.cycle_digest in state.kept_rows]
    return together([store.rows(sha256) for sha256 in kept])
