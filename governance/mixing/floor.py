"""The survival floor: no filter of choice wipes a slice.

Copies, overlaps with pinned texts and rows without a token must leave; every other rule leaves human rows in where their slice would lose
more than the policy lets it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.sieve import SURVIVAL_FLOOR, Sieve
from governance.provenance.hashing import Places
from governance.provenance.row import Origin

_HELD = pl.Schema({"slice": pl.String, "rows": pl.Int64, "tokens": pl.Int64})


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    """`least` holds the human rows and tokens of every slice that stay, whatever the filters of choice say together.

    It is a share of what was there before the first such filter, so each one leaves at least that share of what it was handed.
    """

    percent: int
    least: Mapping[str, tuple[int, int]]

    @classmethod
    def of(cls, sieve: Sieve, percent: int) -> "Floor":
        """The floor under the rows that are in now."""
        held = human_by_slice(sieve)
        return cls(percent=percent, least={name: (_up(rows, percent), _up(tokens, percent)) for name, (rows, tokens) in held.items()})

    def without(self, sieve: Sieve, leaves: Places, rule: str, details: list[str]) -> Sieve:
        """The sieve without the rows at `leaves`, but for the human rows that their slice cannot spare: they stay and are flagged.

        The rows with most rare words stay first, then those of lower row id.
        """
        told = dict(zip(leaves.tolist(), details, strict=True))
        spared = self._spared(sieve, leaves)
        because = [f"{told[place]}; {self.percent} % of the slice stays" for place in spared.tolist()]
        gone = np.array([place for place in told if place not in set(spared.tolist())], dtype=np.int64)
        flagged = sieve.flagging(spared, rule, because, SURVIVAL_FLOOR)
        return flagged.without(gone, rule, [told[place] for place in gone.tolist()])

    def _spared(self, sieve: Sieve, leaves: Places) -> Places:
        human = sieve.human.to_numpy().copy()
        asked_at = leaves[human[leaves]]
        human[leaves] = False
        kept = human_by_slice(sieve, np.flatnonzero(human))
        rows = sieve.chosen(asked_at, "slice", "tokens", "tail_words", "row_id").with_columns(pl.col("slice").fill_null("none"))
        asked = rows.hstack([pl.Series("at", asked_at)]).sort("tail_words", "row_id", descending=[True, False])
        found = [self._called_back(part, kept.get(str(name), (0, 0)), str(name)) for (name,), part in asked.group_by("slice")]
        return np.sort(np.concatenate([np.zeros(0, dtype=np.int64), *found]))

    def _called_back(self, asked: pl.DataFrame, kept: tuple[int, int], name: str) -> Places:
        rows, tokens = (least - held for least, held in zip(self.least.get(name, (0, 0)), kept, strict=True))
        sums = np.cumsum(asked["tokens"].to_numpy())
        count = max(rows, int(np.searchsorted(sums, tokens)) + 1 if tokens > 0 else 0, 0)
        return asked["at"].to_numpy()[:count].astype(np.int64)


def survival(first: Sieve, last: Sieve, percent: int) -> dict[str, Any]:
    """What the floor did, and the alarms: slices that lost more human rows than it grants, to rules that must be obeyed.

    `first` holds all rows, `last` those that the filters left.
    """
    before, after = ({name: rows for name, (rows, _) in human_by_slice(sieve).items()} for sieve in (first, last))
    broken = sorted(name for name, rows in before.items() if after.get(name, 0) * 100 < percent * rows)
    by_rule = _human(last.taken("origin", "slice")).group_by("slice", "rule").agg(pl.col("rows").sum()).sort("slice", "rule")
    kept = (
        last.spared().filter(pl.col("kept_because") == SURVIVAL_FLOOR).group_by("rule").agg(pl.len().alias("rows"), pl.col("tokens").sum())
    )
    return {
        "floor_percent": percent,
        "kept": {rule: {"rows": rows, "tokens": tokens} for rule, rows, tokens in kept.sort("rule").iter_rows()},
        "alarms": [
            {
                "slice": name,
                "rows_in": before[name],
                "rows_out": after.get(name, 0),
                "rules": {rule: rows for of, rule, rows in by_rule.iter_rows() if of == name},
            }
            for name in broken
        ],
    }


def human_by_slice(sieve: Sieve, at: Places | None = None) -> dict[str, tuple[int, int]]:
    """Slice -> (human rows, their tokens) of the rows that are still in, or of those at these places among them."""
    parts = [_held(_human(part).select("slice", "tokens", rows=pl.lit(1))) for part in sieve.pieces("origin", "slice", "tokens", at=at)]
    found = _held(pl.concat([_HELD.to_frame(), *parts]))
    return {name: (rows, tokens) for name, rows, tokens in found.iter_rows()}


def _held(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("slice").agg(pl.col("rows", "tokens").sum()).cast(_HELD)


def _human(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.filter(pl.col("origin") == Origin.HUMAN.value).with_columns(pl.col("slice").fill_null("none"))


def _up(count: int, percent: int) -> int:
    return -(-count * percent // 100)
