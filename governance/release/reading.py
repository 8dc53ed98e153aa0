"""What the ledger knows of samples of model text that people have to read, and what an overdue one forbids."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from governance.errors import RefusedError

if TYPE_CHECKING:
    from governance.release.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows of one cycle's mix that wait for a reader. `excluded` asked for the cycle or had its rows written: their reading counts not.

    `readers` are those whose labels closed it; empty while it is open. `due` is a moment in UTC, ISO 8601.
    """

    cycle: int
    cycle_digest: str
    rows: int
    sha256: str
    due: str
    excluded: tuple[str, ...]
    seq: int
    readers: tuple[str, ...] = ()

    @property
    def open(self) -> bool:
        return not self.readers


def open_samples(state: "State") -> tuple[Sample, ...]:
    """Samples that nobody has read whole, oldest first."""
    return tuple(sorted((one for one in state.samples.values() if one.open), key=lambda one: one.seq))


def overdue(state: "State", now: datetime) -> tuple[Sample, ...]:
    """Open samples whose time is over."""
    return tuple(one for one in open_samples(state) if datetime.fromisoformat(one.due) < now)


def refuse_overdue(state: "State", now: datetime) -> None:
    """Raises: RefusedError where people have not read in time what earlier cycles put before them: nothing is promoted meanwhile."""
    if late := overdue(state, now):
        told = [f"cycle {one.cycle}: {one.rows} rows, due {one.due[:10]}" for one in late]
        raise RefusedError(
            f"{sum(one.rows for one in late)} rows of model text wait for a reader beyond their time",
            where="policy.toml labels.sample_days",
            expected=f"read by somebody other than {', '.join(sorted({name for one in late for name in one.excluded}))}",
            examples=told,
            fix="heirloom label export FILE.csv, confirm or correct every row, heirloom label import FILE.csv",
        )
