"""What a mix took and what its caps left waiting, part by part (a slice or a task), in rows and tokens."""

from dataclasses import dataclass

import polars as pl

from governance.mixing.document import HUMAN, SYNTHETIC
from governance.mixing.quotas import NO_PART, RUN_CAP, SLICE_CAP, TASK_CAP

SHARD_CAP = "shard-cap"
CAP_RULES = (RUN_CAP, SHARD_CAP, SLICE_CAP, TASK_CAP)
"""Rules that left a row out for want of human text beside it, and for nothing else."""
_KINDS = (HUMAN, SYNTHETIC, "waiting")


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """One part of a mix. `waiting` are synthetic rows that a cap alone kept out."""

    name: str
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


def supplies(selected: pl.DataFrame, dropped: pl.DataFrame, column: str = "slice") -> tuple[Supply, ...]:
    """Every slice (or task) that holds human or synthetic text or waits to, by name; rows without one are part `none`."""
    part = pl.col(column).cast(pl.String).fill_null(NO_PART)  # a mix in memory knows its parts by number
    taken = selected.filter(pl.col("role").is_in([HUMAN, SYNTHETIC])).select(part, "tokens", kind=pl.col("role").cast(pl.String))
    waiting = _waiting(dropped).select(part, "tokens", kind=pl.lit("waiting"))
    counted = pl.concat([taken, waiting]).group_by(column, "kind").agg(rows=pl.len(), tokens=pl.col("tokens").sum()).sort(column)
    found: dict[str, dict[str, int]] = {}
    for name, kind, rows, tokens in counted.iter_rows():
        found.setdefault(name, {}).update({f"{kind}_rows": rows, f"{kind}_tokens": tokens})
    nothing = {f"{kind}_{unit}": 0 for kind in _KINDS for unit in ("rows", "tokens")}
    return tuple(Supply(name=name, **(nothing | numbers)) for name, numbers in found.items())


def left_out(dropped: pl.DataFrame, rule: str, column: str) -> dict[str, tuple[int, int]]:
    """Part -> (rows, tokens) that one rule left out."""
    found = dropped.filter(pl.col("rule") == rule).with_columns(pl.col(column).fill_null(NO_PART))
    counted = found.group_by(column).agg(rows=pl.len(), tokens=pl.col("tokens").sum())
    return {name: (rows, tokens) for name, rows, tokens in counted.iter_rows()}


def largest_synthetic(selected: pl.DataFrame, dropped: pl.DataFrame) -> int:
    """Tokens of the largest synthetic row that is in or that a cap kept out; 0 where there is none."""
    found = [selected.filter(pl.col("role") == SYNTHETIC)["tokens"], _waiting(dropped)["tokens"]]
    return max((tokens for column in found for tokens in column.to_list()), default=0)


def _waiting(dropped: pl.DataFrame) -> pl.DataFrame:
    return dropped.filter(pl.col("rule").is_in(CAP_RULES))
