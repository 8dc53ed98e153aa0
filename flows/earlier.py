"""What comes back of earlier cycles, as the policy says. Plain functions, no Prefect."""

from pathlib import Path

from governance.mixing.rules import ACCUMULATE, FIXED_BUDGET, MixRules
from governance.ports.row_store import RowStore
from governance.provenance.earlier import EARLIER_FILE
from governance.release.state import State


def earlier_rows(rules: MixRules, store: RowStore, state: State, scratch: Path) -> Path | None:
    """A file in `scratch` of what the releases that served and may still serve were trained on; None where the policy brings nothing back.

    Raises: IntegrityError where a file of rows is gone or altered.
    """
    if rules.regime not in (ACCUMULATE, FIXED_BUDGET):
        return None
    scratch.mkdir(parents=True, exist_ok=True)
    kept = [state.kept_rows[r.cycle_digest] for r in state.in_order if r.usable and r.cycle_digest in state.kept_rows]
    store.gather(kept, scratch / EARLIER_FILE)
    return scratch / EARLIER_FILE
