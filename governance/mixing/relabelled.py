"""What labels would have done to a mix: the rows that change sides, and the synthetic share before and after."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.provenance.labels.label import KEY
from governance.provenance.row import SYNTHETIC_ORIGINS, Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """Tokens without anchors: `counted` synthetic ones of `total`, before and after, and the cap on their share in percent."""

    rows: int
    counted: int
    total: int
    counted_after: int
    total_after: int
    cap_percent: int

    @property
    def over(self) -> bool:
        """True where the mix would break the cap."""
        return self.counted_after * 100 > self.cap_percent * self.total_after


def shift_of(labels: pl.DataFrame, mix: pl.DataFrame, document: Mapping[str, Any]) -> Shift | None:
    """The shift of a mix (`row_id`, `sha256`, `role`, `tokens`, `counted`) by labels; None where none of its rows changes sides.

    A row that becomes synthetic counts in full.
    """
    both = mix.join(labels.select(*KEY, "origin_now"), on=KEY, how="inner")
    made = both.filter((pl.col("role") == "human") & pl.col("origin_now").is_in(SYNTHETIC_ORIGINS))
    found = both.filter((pl.col("role") == "synthetic") & (pl.col("origin_now") == Origin.HUMAN.value))
    if made.is_empty() and found.is_empty():
        return None
    human, counted = int(document["tokens"]["human"]), int(document["counted_tokens"])
    counted_after = counted + int(made["tokens"].sum()) - int(found["counted"].sum())
    human_after = human - int(made["tokens"].sum()) + int(found["tokens"].sum())
    return Shift(
        rows=made.height + found.height,
        counted=counted,
        total=human + counted,
        counted_after=counted_after,
        total_after=human_after + counted_after,
        cap_percent=int(document["synthetic_cap_percent"]),
    )
