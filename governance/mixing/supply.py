"""What a mix took and what its caps left waiting, slice by slice, in rows and tokens."""

from dataclasses import dataclass

import polars as pl

from governance.mixing.document import HUMAN, SYNTHETIC

RUN_CAP, SHARD_CAP = "synthetic-cap", "shard-cap"
CAP_RULES = (RUN_CAP, SHARD_CAP)
"""Rules that left a row out for want of human text beside it, and for nothing else."""
NO_SLICE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One slice of a mix. `waiting` are synthetic rows that a cap alone kept out."""

    slice: str
    human_rows: int
    human_tokens: int
    synthetic_rows: int
    synthetic_tokens: int
    waiting_rows: int
    waiting_tokens: int

    @property
    def wanted_tokens(self) -> int:
        """Synthetic tokens that would be in if no cap held."""
        return self.synthetic_tokens + self.waiting_tokens


def supplies(selected: pl.DataFrame, dropped: pl.DataFrame) -> tuple[Supply, ...]:
    """Every slice of mix.parquet and dropped.parquet that holds human or synthetic text, by name; rows without one are slice `none`."""
    taken = selected.filter(pl.col("role").is_in([HUMAN, SYNTHETIC])).select("slice", "tokens", kind="role")
    waiting = dropped.filter(pl.col("rule").is_in(CAP_RULES)).select("slice", "tokens", kind=pl.lit("waiting"))
    counted = (
        pl.concat([taken, waiting])
        .with_columns(pl.col("slice").fill_null(NO_SLICE))
        .group_by("slice", "kind")
        .agg(rows=pl.len(), tokens=pl.col("tokens").sum())
        .sort("slice")
    )
    found: dict[str, dict[str, int]] = {}
    for name, kind, rows, tokens in counted.iter_rows():
        found.setdefault(name, {}).update({f"{kind}_rows": rows, f"{kind}_tokens": tokens})
    nothing = {f"{kind}_{unit}": 0 for kind in (HUMAN, SYNTHETIC, "waiting") for unit in ("rows", "tokens")}
    return tuple(Supply(slice=name, **(nothing | numbers)) for name, numbers in found.items())


def largest_synthetic(selected: pl.DataFrame, dropped: pl.DataFrame) -> int:
    """Tokens of the largest synthetic row that is in or that a cap kept out; 0 where there is none."""
    found = [selected.filter(pl.col("role") == SYNTHETIC)["tokens"], dropped.filter(pl.col("rule").is_in(CAP_RULES))["tokens"]]
    return max((tokens for column in found for tokens in column.to_list()), default=0)
