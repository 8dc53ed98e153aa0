"""How many tokens of a row count as synthetic: all of them, unless policy lets an edit that gave enough back, or exposed text, count less.

`counted` is a whole number: weight (thousandths) times tokens, rounded up. The rest of such a row fills no cap and makes no room for
other synthetic text either: `counted * 100 <= cap * (human + counted)`, with human rows alone in `human`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.rules import FULL, MixRules
from governance.provenance.drafts import Drafts
from governance.provenance.restoration import WHOLE, HumanReference, restorations
from governance.provenance.row import Origin

BY_POLICY, NOT_ITS_DRAFT, NOTHING_PROVEN, PROVEN, AT_THE_FLOOR, EXPOSED = (
    "policy",
    "not-its-draft",
    "nothing-proven",
    "proven",
    "floor",
    "exposed",
)
LEAST_RUNS_PERCENT = 20
"""Where fewer words of a row stand in runs of its draft, it was not made from it: texts of other subjects reach 1 %, texts of one subject
that begin with the same 30 tokens 17 % at the median and 27 % at the 99th percentile, where the floor holds (docs/hybrids.md)."""
_TEXTS_AT_A_TIME = 2_000

_BY_BASIS = pl.Schema({"basis": pl.String, "rows": pl.Int64, "tokens": pl.Int64, "counted": pl.Int64})
_WEIGHTS = pl.Schema({"row_id": pl.String, "weight": pl.Int64, "basis": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """`rows`: a line for every hybrid and exposed row: `row_id`, `weight` in thousandths, and `basis`, the reason for it."""

    rows: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, rules: MixRules, trusted: Sequence[pl.Series]) -> "Weights":
        """The weights of rows (row schema) under the policy; `trusted` are the texts of pinned human shards."""
        exposed = rows.filter(pl.col("origin") == Origin.EXPOSED.value).select(
            "row_id", pl.lit(rules.exposed_weight_percent * WHOLE // 100, dtype=pl.Int64).alias("weight"), pl.lit(EXPOSED).alias("basis")
        )
        return cls(rows=pl.concat([_hybrids(rows, rules, trusted), exposed]).cast(_WEIGHTS).sort("row_id"))

    def counted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, which have `tokens`, with the column `counted`: 0 for human ones."""
        weight = rows.select("row_id").join(self._near(rows), on="row_id", how="left", maintain_order="left")["weight"].fill_null(WHOLE)
        whole = -(-pl.col("tokens") * weight // WHOLE)
        counted = pl.when(pl.col("origin") == Origin.HUMAN.value).then(0).otherwise(whole)
        return rows.with_columns(counted.cast(pl.Int64).alias("counted"))

    def document(self, selected: Iterable[pl.DataFrame]) -> Mapping[str, Any]:
        """Basis -> rows, tokens and counted tokens of the rows in the mix that have it; the rows come some after the others."""
        parts = [_by_basis(rows.join(self._near(rows), on="row_id").with_columns(pl.lit(1).alias("rows"))) for rows in selected]
        found = _by_basis(pl.concat([_BY_BASIS.to_frame(), *parts])).sort("basis")
        return {basis: {"rows": rows, "tokens": tokens, "counted": counted} for basis, rows, tokens, counted in found.iter_rows()}

    def _near(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The lines of row ids between the least and the greatest of these rows."""
        first, last = (pl.lit(end, dtype=pl.String) for end in (rows["row_id"].min(), rows["row_id"].max()))
        return self.rows.filter(pl.col("row_id").is_between(first, last))


def _by_basis(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("basis").agg(pl.col("rows", "tokens", "counted").sum()).cast(_BY_BASIS)


def _hybrids(rows: pl.DataFrame, rules: MixRules, trusted: Sequence[pl.Series]) -> pl.DataFrame:
    hybrids = rows.filter(pl.col("origin") == Origin.HYBRID.value)
    if rules.hybrid_weight == FULL or hybrids.is_empty():
        return hybrids.select("row_id", pl.lit(WHOLE, dtype=pl.Int64).alias("weight"), pl.lit(BY_POLICY).alias("basis"))
    drafts = Drafts.of(rows).rows
    faulty = drafts.filter(pl.col("fault").is_not_null())
    unknown = faulty.select("row_id", pl.lit(WHOLE, dtype=pl.Int64).alias("weight"), pl.col("fault").alias("basis"))
    reference = HumanReference.of([text for texts in trusted for text in texts.to_list()])
    known = drafts.filter(pl.col("fault").is_null())
    parts = [_scored(part, reference, rules.hybrid_floor_percent * WHOLE // 100) for part in known.iter_slices(_TEXTS_AT_A_TIME)]
    return pl.concat([unknown, *parts])


def _scored(drafts: pl.DataFrame, reference: HumanReference, floor: int) -> pl.DataFrame:
    """What the readings prove of each row, never below the floor."""
    found = restorations(drafts["text"].to_list(), drafts["draft"].to_list(), drafts["original"].to_list(), reference)
    related = found.runs * 100 >= LEAST_RUNS_PERCENT * found.words
    proven = np.where(related, found.weights, WHOLE)
    cases = [~related, proven >= WHOLE, proven <= floor]
    basis = np.select(cases, [NOT_ITS_DRAFT, NOTHING_PROVEN, AT_THE_FLOOR], default=PROVEN)
    return pl.DataFrame({"row_id": drafts["row_id"], "weight": np.maximum(proven, floor), "basis": basis.tolist()}, schema=_WEIGHTS)
