"""Which machine text a hybrid row was made from, and which human text: all its ancestors among the rows at hand."""

from dataclasses import dataclass

import polars as pl

from governance.provenance.row import SYNTHETIC_ORIGINS, Origin

NO_DRAFT, DRAFT_MISSING, OTHER_GENERATOR = "no-draft", "draft-missing", "other-generator"
_MOST_GENERATIONS = 64
_JOINT = "\n"

_ANCESTORS = pl.Schema({"row_id": pl.String, "ancestor": pl.String, "origin": pl.String, "generator": pl.String, "text": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafts:
    """One line a hybrid, in order of row id: `row_id`, `text`, `draft` and `original` (all ancestors of a kind, joined), and `fault`.

    `fault` says why the draft is not known, and is null where it is.
    """

    rows: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Drafts":
        """The drafts of every hybrid among rows (row schema), looked for among the same rows.

        A draft is known where every ancestor of the row is at hand, some of them are not human, and one of these is by the generator
        that the row names: so neither a lost link nor somebody else's text in the draft's place lowers a weight.
        """
        hybrids = rows.filter(pl.col("origin") == Origin.HYBRID.value).select("row_id", "text", by=pl.col("generator"))
        found = _ancestors(rows).join(hybrids.select("row_id", "by"), on="row_id")
        machine = pl.col("origin").is_in(SYNTHETIC_ORIGINS)
        joined = (
            found.sort("row_id", "ancestor")
            .group_by("row_id")
            .agg(
                pl.col("text").filter(machine).str.join(_JOINT).alias("draft"),
                pl.col("text").filter(pl.col("origin") == Origin.HUMAN.value).str.join(_JOINT).alias("original"),
                pl.col("origin").is_null().any().alias("missing"),
                machine.any().alias("drafted"),
                (machine & (pl.col("generator") == pl.col("by"))).any().alias("by_its_generator"),
            )
        )
        lines = hybrids.join(joined, on="row_id", how="left").sort("row_id").with_columns(_fault())
        return cls(rows=lines.select("row_id", "text", pl.col("draft", "original").fill_null(""), "fault"))


def _fault() -> pl.Expr:
    drafted, missing, named = (pl.col(name).fill_null(value=False) for name in ("drafted", "missing", "by_its_generator"))
    return (
        pl.when(missing)
        .then(pl.lit(DRAFT_MISSING))
        .when(~drafted)
        .then(pl.lit(NO_DRAFT))
        .when(~named)
        .then(pl.lit(OTHER_GENERATOR))
        .alias("fault")
    )


def _ancestors(rows: pl.DataFrame) -> pl.DataFrame:
    """(hybrid, ancestor) of every distance, with what is known of the ancestor; origin is null where it is not among the rows."""
    known = rows.select(pl.col("row_id").alias("ancestor"), "origin", "generator", "text", "parent_ids")
    frontier = _named(rows.filter(pl.col("origin") == Origin.HYBRID.value).select("row_id", "parent_ids"))
    parts = [_ANCESTORS.to_frame()]
    seen = frontier
    for _ in range(_MOST_GENERATIONS):
        if frontier.is_empty():
            break
        found = frontier.join(known, on="ancestor", how="left")
        parts.append(found.select(_ANCESTORS.names()))
        frontier = _named(found.select("row_id", "parent_ids")).join(seen, on=["row_id", "ancestor"], how="anti")
        seen = pl.concat([seen, frontier])
    unfollowed = frontier.select("row_id", "ancestor", *(pl.lit(None, dtype=pl.String).alias(n) for n in ("origin", "generator", "text")))
    return pl.concat([*parts, unfollowed])


def _named(rows: pl.DataFrame) -> pl.DataFrame:
    """One line for every parent that a row names, each once."""
    named = rows.explode("parent_ids", empty_as_null=False, keep_nulls=False)
    return named.select("row_id", pl.col("parent_ids").alias("ancestor")).drop_nulls().unique(maintain_order=True)
