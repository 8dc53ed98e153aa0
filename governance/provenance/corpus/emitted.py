"""How many rows repeat what our own models wrote: containment in the emission ledger, row by row, as counts with an interval."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from governance.provenance.corpus.shares import Counted
from governance.provenance.emissions import Emissions, containment

FEWEST_RUNS = 4
"""Runs of a row that must have been looked at: one run of five words in common is a phrase and no copy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnEmissions:
    """Rows with enough runs to answer, how many of them are copies of ours, by declared origin too; the others are `unanswered`."""

    counted: Counted
    by_origin: Mapping[str, Counted]
    unanswered: int
    row_ids: tuple[str, ...]

    def document(self) -> dict[str, object]:
        """The finding as a part of corpus.json; ids of a few copies that claim to be human."""
        by_origin = {name: found.document() for name, found in self.by_origin.items()}
        return {**self.counted.document(), "by_origin": by_origin, "unanswered": self.unanswered, "claimed_human": list(self.row_ids)}


def own_emissions(rows: pl.DataFrame, emissions: Emissions, emitted_percent: int, examples: int = 5) -> OwnEmissions:
    """The finding over a sample's rows."""
    found = containment(emissions, rows["text"].to_list())
    answered = found.looked_at >= FEWEST_RUNS
    copied = answered & (found.emitted * 100 >= emitted_percent * found.looked_at)
    seen = rows.select("row_id", "origin").with_columns(pl.Series("answered", answered), pl.Series("copied", copied))
    by_origin = {name: _counted(part) for (name,), part in sorted(seen.partition_by("origin", as_dict=True).items())}
    human: Sequence[str] = seen.filter(pl.col("copied") & (pl.col("origin") == "human"))["row_id"].sort().head(examples).to_list()
    return OwnEmissions(counted=_counted(seen), by_origin=by_origin, unanswered=int(np.sum(~answered)), row_ids=tuple(human))


def _counted(seen: pl.DataFrame) -> Counted:
    return Counted(hits=int(seen["copied"].sum()), rows=int(seen["answered"].sum()))
