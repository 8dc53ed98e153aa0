"""The rules that only a whole batch can break: ids that clash, rows that repeat, ancestors that run in a circle or change colour.

They look at a register, a light frame with a line for every row of the batch and no texts, so that its size is bounded by ids, and at
what earlier batches brought in.
"""

from collections.abc import Mapping
from types import MappingProxyType

import polars as pl

from governance.provenance.cycles import ids_on_cycles
from governance.provenance.kin import descendants
from governance.provenance.labels.past import KNOWN_SCHEMA
from governance.provenance.past_rules import PAST_FIXES, UNKNOWN_PARENT, judge_past, refused_strangers, strangers, text_hash
from governance.provenance.row import SYNTHETIC_ORIGINS, Origin
from governance.provenance.rules import ADMIT

CYCLIC_PARENTS, HUMAN_FROM_MODEL, DUPLICATE_ID, REPEATED_ROW = "cyclic-parents", "human-from-model", "duplicate-id", "repeated-row"
LOOK_ALIKE_ID = "look-alike-id"

BATCH_FIXES: Mapping[str, str] = MappingProxyType(
    {
        CYCLIC_PARENTS: "correct the parents: no row can descend from itself",
        HUMAN_FROM_MODEL: "say origin hybrid or model, or remove the parent: what is made from model text is not human",
        **PAST_FIXES,
        LOOK_ALIKE_ID: "write ids in one normal form (NFC): the batch holds this one with its accents composed and apart",
        DUPLICATE_ID: "give every row its own id: the batch holds this one with another text, origin, source, slice or task",
        REPEATED_ROW: "nothing to mend: the first of these identical rows was judged in its place",
    }
)
"""Rule -> how to mend the row, in the order in which the first one broken names the refusal."""

CONTENT = ("sha256", "origin", "generator", "generator_version", "parent_ids", "vintage", "source_tier", "slice", "task")
"""What two rows with one id must share to be one row written twice."""
_SEED = 7
_ASCII_ONLY = r"^[\x00-\x7F]*$"


def register_of(judged: pl.DataFrame) -> pl.DataFrame:
    """What the batch rules need of judged rows: place, id, origin, parents, 64-bit hashes of the text alone and with its provenance."""
    content = pl.struct(*CONTENT).hash(seed=_SEED)
    return judged.select(
        "source_file",
        "line",
        "row_id",
        "origin",
        "parent_ids",
        text_hash().alias("text_hash"),
        content.alias("content"),
        pl.col("rule").is_not_null().alias("refused"),
    )


def judge_batch(register: pl.DataFrame, known: pl.DataFrame | None = None, unknown_parent: str = ADMIT) -> pl.DataFrame:
    """The rows that break a rule of the batch: `source_file`, `line`, `rule`, `found`; one line a row, none of them refused before.

    `known` are the rows of earlier batches that this one speaks of, as people's labels corrected them. Parents are followed through rows
    that were refused too: a circle is no truer for a gap in it. Ids clash only among rows that would enter: a refused row and its mended
    copy may stand in one batch. Every row of an id that names different texts or origins is refused; of identical rows the first stays.
    """
    past = KNOWN_SCHEMA.to_frame() if known is None else known
    rows = register.with_row_index("place").filter(pl.col("row_id").is_not_null())
    edges = edges_of(rows)
    standing = rows.filter(~pl.col("refused"))
    said = pl.concat(
        [
            _cyclic(standing, edges),
            _human_from_model(standing, rows, edges, past),
            *(_refusals(broken, rule, found) for rule, broken, found in judge_past(standing, past)),
            _from_strangers(standing, refused_strangers(strangers(edges, rows, past), unknown_parent)),
            _look_alike(standing),
            *_repeats(standing),
        ]
    )
    return said.unique("place", keep="first", maintain_order=True).sort("place").select("source_file", "line", "rule", "found")


def edges_of(rows: pl.DataFrame) -> pl.DataFrame:
    """`child`, its `origin` and one `parent` a line."""
    edges = rows.select("row_id", "origin", "parent_ids").explode("parent_ids", empty_as_null=False, keep_nulls=False)
    return edges.rename({"row_id": "child", "parent_ids": "parent"})


def _cyclic(standing: pl.DataFrame, edges: pl.DataFrame) -> pl.DataFrame:
    ids = sorted(ids_on_cycles(edges))
    return _refusals(standing.filter(pl.col("row_id").is_in(ids)), CYCLIC_PARENTS, pl.lit("the row is among its own ancestors"))


def _human_from_model(standing: pl.DataFrame, rows: pl.DataFrame, edges: pl.DataFrame, past: pl.DataFrame) -> pl.DataFrame:
    """Rows that claim to be human and have a synthetic ancestor, however many human rows stand between."""
    origins = [frame.select("row_id", "origin") for frame in (rows, past)]
    synthetic = pl.concat(origins).filter(pl.col("origin").is_in(SYNTHETIC_ORIGINS))["row_id"].unique()
    made = descendants(edges.filter(pl.col("origin") == Origin.HUMAN.value), synthetic)
    broken = standing.filter((pl.col("origin") == Origin.HUMAN.value) & pl.col("row_id").is_in(made.implode()))
    return _refusals(broken, HUMAN_FROM_MODEL, pl.lit("human, but made from a row that is not"))


def _from_strangers(standing: pl.DataFrame, lost: pl.DataFrame) -> pl.DataFrame:
    broken = standing.join(lost.select("child", "parents"), left_on="row_id", right_on="child", how="inner", maintain_order="left")
    return _refusals(broken, UNKNOWN_PARENT, pl.format("{} parents that nobody knows", "parents"))


def _look_alike(standing: pl.DataFrame) -> pl.DataFrame:
    """Rows whose ids differ in bytes and are one id to every reader; ids that differ in case are two."""
    named = standing.filter(~pl.col("row_id").str.contains(_ASCII_ONLY)).with_columns(pl.col("row_id").str.normalize("NFC").alias("seen"))
    forms = named.with_columns(pl.col("row_id").n_unique().over("seen").alias("forms")).filter(pl.col("forms") > 1)
    return _refusals(forms, LOOK_ALIKE_ID, pl.format("{} ways to write this id", "forms"))


def _repeats(standing: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    counted = standing.filter(pl.col("row_id").is_duplicated()).with_columns(
        pl.col("content").n_unique().over("row_id").alias("contents"),
        pl.len().over("row_id").alias("copies"),
        pl.col("place").min().over("row_id").alias("first"),
    )
    clashing = pl.col("contents") > 1
    found = pl.format("{} rows with this id, {} of them different", "copies", "contents")
    repeated = counted.filter(~clashing & (pl.col("place") > pl.col("first")))
    return (
        _refusals(counted.filter(clashing), DUPLICATE_ID, found),
        _refusals(repeated, REPEATED_ROW, pl.format("{} identical rows with this id", "copies")),
    )


def _refusals(rows: pl.DataFrame, rule: str, found: pl.Expr) -> pl.DataFrame:
    return rows.select("place", "source_file", "line", pl.lit(rule).alias("rule"), found.cast(pl.String).alias("found"))
