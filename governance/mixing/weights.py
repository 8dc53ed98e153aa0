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
    """Weights in thousandths, with the basis of each: `by_origin` of all rows of an origin alike, and `by_row` (`row_id`, `weight`,
    `basis`) of every hybrid, where hybrids may prove something.
    """

    by_origin: Mapping[str, tuple[int, str]]
    by_row: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, rules: MixRules, trusted: Sequence[pl.Series]) -> "Weights":
        """The weights of rows (row schema) under the policy; `trusted` are the texts of pinned human shards. Rows are looked at only where
        hybrids may prove something.
        """
        exposed = {Origin.EXPOSED.value: (rules.exposed_weight_percent * WHOLE // 100, EXPOSED)}
        if rules.hybrid_weight == FULL:
            return cls(by_origin={**exposed, Origin.HYBRID.value: (WHOLE, BY_POLICY)}, by_row=_WEIGHTS.to_frame())
        return cls(by_origin=exposed, by_row=_hybrids(rows, rules, trusted).cast(_WEIGHTS).sort("row_id"))

    def weighed(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows with `weight` and `basis`, both null for those that count with all their tokens whatever the policy."""
        weights, bases = ({origin: pair[at] for origin, pair in self.by_origin.items()} for at in (0, 1))
        alike = rows.with_columns(
            pl.col("origin").replace_strict(weights, default=None, return_dtype=pl.Int64).alias("weight"),
            pl.col("origin").replace_strict(bases, default=None, return_dtype=pl.String).alias("basis"),
        )
        if self.by_row.is_empty():
            return alike
        first, last = (pl.lit(end, dtype=pl.String) for end in (rows["row_id"].min(), rows["row_id"].max()))
        near = self.by_row.filter(pl.col("row_id").is_between(first, last))
        own = rows.select("row_id").join(near, on="row_id", how="left", maintain_order="left")
        return alike.with_columns(pl.coalesce(own[name], name).alias(name) for name in ("weight", "basis"))

    def counted(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, which have `tokens`, with the column `counted`: 0 for human ones."""
        whole = -(-pl.col("tokens") * self.weighed(rows)["weight"].fill_null(WHOLE) // WHOLE)
        counted = pl.when(pl.col("origin") == Origin.HUMAN.value).then(0).otherwise(whole)
        return rows.with_columns(counted.cast(pl.Int64).alias("counted"))

    def by_basis(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Basis -> rows, tokens and counted tokens of the rows that have one."""
        return _by_basis(self.weighed(rows).drop_nulls("basis").with_columns(pl.lit(1).alias("rows")))

    def document(self, parts: Iterable[pl.DataFrame]) -> Mapping[str, Any]:
        """What mix.json says of the bases of a mix; the parts of its rows come added up (`by_basis`)."""
        found = _by_basis(pl.concat([_BY_BASIS.to_frame(), *parts])).sort("basis")
        return {basis: {"rows": rows, "tokens": tokens, "counted": counted} for basis, rows, tokens, counted in found.iter_rows()}


def _by_basis(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.group_by("basis").agg(pl.col("rows", "tokens", "counted").sum()).cast(_BY_BASIS)


def _hybrids(rows: pl.DataFrame, rules: MixRules, trusted: Sequence[pl.Series]) -> pl.DataFrame:
    if rows.filter(pl.col("origin") == Origin.HYBRID.value).is_empty():
        return _WEIGHTS.to_frame()
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
