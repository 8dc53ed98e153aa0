"""The queue: rows that a person has to settle, each with why, and with what is known of it now. A doubt is a question, never an answer."""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from governance.provenance.aliases import CONTRADICTORY_VERSION
from governance.provenance.batch_rules import HUMAN_FROM_MODEL
from governance.provenance.labels.label import KEY
from governance.provenance.past_rules import RELABELLED_ROW

QUEUE_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "sha256": pl.String(),
        "source_file": pl.String(),
        "line": pl.Int64(),
        "slice": pl.String(),
        "why": pl.String(),
        "reasons": pl.String(),
        "origin": pl.String(),  # what the row says it is now, labels included; null where nobody says
        "generator": pl.String(),
        "generator_version": pl.String(),
        "label": pl.Int64(),  # seq of its last label; 0 = it has none
        "text": pl.String(),
    }
)

WITHOUT_VERSION = "model or hybrid without its generator's version"
NOBODY_SAYS = "nobody says who wrote it"
DISAGREE = "two systems disagree"
WHY: Mapping[str, str] = MappingProxyType(
    {
        "missing-generator": WITHOUT_VERSION,
        "unknown-generator-version": WITHOUT_VERSION,
        CONTRADICTORY_VERSION: WITHOUT_VERSION,
        "missing-origin": NOBODY_SAYS,
        "unrecognised-origin": NOBODY_SAYS,
        "unknown-origin": NOBODY_SAYS,
        "weak-origin": "labelled by a rule, and by nobody who knows",
        "generator-on-human": DISAGREE,
        RELABELLED_ROW: DISAGREE,
        HUMAN_FROM_MODEL: "says human, made from model text",
    }
)
"""A rule whose refusals a person can settle by saying who wrote the row -> why the row is in the queue."""


def doubted(doubtful: pl.DataFrame, admitted: pl.DataFrame) -> pl.DataFrame:
    """The rows of doubtful.parquet as rows of the queue, strongest doubt first; what they say they are is in admitted.parquet."""
    reason = pl.element().struct
    words = pl.format(
        "{} {} (as high: {} of 1,000 human rows)", reason.field("signal"), reason.field("score"), reason.field("human_rows_per_thousand")
    )
    signs = pl.col("reasons").list.len()
    named = admitted.select(*KEY, "origin", "generator", "generator_version", "text").unique(KEY, keep="first")
    return (
        doubtful.with_columns(
            pl.format(
                "says human, {} of machine text",
                pl.when(signs == 1).then(pl.lit("1 sign")).otherwise(pl.format("{} independent signs", signs)),
            ).alias("why"),
            pl.col("reasons").list.eval(words).list.join("; ").alias("reasons"),
            pl.lit(0, dtype=pl.Int64).alias("label"),
        )
        .join(named, on=KEY, how="inner", maintain_order="left")
        .select(QUEUE_SCHEMA.names())
        .cast({name: QUEUE_SCHEMA[name] for name in QUEUE_SCHEMA})
    )


def refused(claims: pl.DataFrame) -> pl.DataFrame:
    """Quarantined rows as rows of the queue: claims of rows, with `rule` and `found`, of which only those that a person can settle stay."""
    asked = claims.filter(pl.col("rule").is_in(list(WHY)) & pl.col("row_id").is_not_null() & pl.col("sha256").is_not_null())
    return asked.with_columns(
        pl.col("rule").replace_strict(dict(WHY), return_dtype=pl.String).alias("why"),
        pl.format("{}: {}", "rule", "found").alias("reasons"),
        pl.lit(0, dtype=pl.Int64).alias("label"),
    ).select(QUEUE_SCHEMA.names())


def unanswered(doubts: pl.DataFrame, in_force: pl.DataFrame) -> pl.DataFrame:
    """Doubted rows of which no person said anything: who was asked once is not asked again by the next cycle."""
    return doubts.join(in_force, on=KEY, how="anti", maintain_order="left")


def unsettled(refusals: pl.DataFrame, in_force: pl.DataFrame, frozen: pl.DataFrame) -> pl.DataFrame:
    """Refused rows that no label has settled since their cycle was frozen.

    `in_force` and `frozen` have the columns of relabels.parquet: as labels add up to now, and as they did for the cycle at hand. A row that
    was refused although the cycle knew its label says something that the label does not answer, and stays in the queue.
    """
    now, then = (frame.select(*KEY, pl.col("seq").alias(name)).unique(KEY) for frame, name in ((in_force, "now"), (frozen, "then")))
    both = refusals.join(now, on=KEY, how="left", maintain_order="left").join(then, on=KEY, how="left", maintain_order="left")
    return both.filter(pl.col("now").fill_null(0) <= pl.col("then").fill_null(0)).select(refusals.columns)


def queue_of(doubts: pl.DataFrame, refusals: pl.DataFrame, heads: pl.DataFrame) -> pl.DataFrame:
    """Both together, each row once, with the seq of its last label (`heads`: row_id, sha256, label)."""
    rows = pl.concat([doubts, refusals]).unique(KEY, keep="first", maintain_order=True).drop("label")
    return (
        rows.join(heads, on=KEY, how="left", maintain_order="left").with_columns(pl.col("label").fill_null(0)).select(QUEUE_SCHEMA.names())
    )
