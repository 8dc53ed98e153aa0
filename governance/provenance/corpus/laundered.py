"""How much of what claims to be human a model wrote, by slice, vintage and tier: the laundering audit over a sample of a corpus.

It needs pinned human rows to compare with. Where there are none nothing is estimated: without them a detector's errors are unknown.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.provenance.corpus.tally import DECLARED_SYNTHETIC, Tally
from governance.provenance.hashing import seeded_keys
from governance.provenance.laundering.domains import domains_of
from governance.provenance.laundering.findings import groups_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.sight import look
from governance.provenance.laundering.signal import Material, Scorer, Signal
from governance.provenance.row import Origin

NO_REFERENCES = "no pinned human rows: run it in a workspace whose shards hold some of the same slices"
GROUPS_SHOWN = 40


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What claims are held against. `references`: `row_id`, `text`, `slice`, and `source_id` where rows were cut from one document."""

    references: pl.DataFrame
    signals: Sequence[Signal]
    emissions: Scorer | None
    rules: LaunderingRules
    seed: int


def laundered(sample: pl.DataFrame, tally: Tally, against: Comparison) -> dict[str, Any]:
    """Groups with an estimate or the reason why there is none, the corpus first; `not_identifiable` where no row can be compared."""
    references, rules = against.references, against.rules
    claimed = sample.filter(pl.col("origin") == Origin.HUMAN.value).head(rules.rows_scored)
    known = sample.filter((pl.col("origin") == Origin.MODEL.value) & pl.col("generator").is_not_null()).head(rules.rows_scored)
    if references.is_empty() or claimed.is_empty():
        return {"not_identifiable": "no row claims to be human" if claimed.is_empty() else NO_REFERENCES}
    material = material_of(against, known, claimed)
    if material.claimed["domain"].null_count() == claimed.height:
        return {"not_identifiable": "no slice of the corpus has enough pinned human rows: their slices have other names, or are too few"}
    eyes = look(material, against.signals, rules)
    groups = groups_of(counts_of(tally), eyes, rules, against.seed)
    return {
        "looked_at": claimed.height,
        "references": references.height,
        "known_rows": known.height,
        "signals": {one.signal.name: one.unmeasured for one in eyes.seen},
        "groups": [group.document() for group in groups[:GROUPS_SHOWN]],
    }


def counts_of(tally: Tally) -> pl.DataFrame:
    """Rows and declared synthetic ones by slice, vintage and tier; what nobody declared is neither claimed nor declared, and left out."""
    declared = pl.col("rows").filter(pl.col("origin").is_in(DECLARED_SYNTHETIC)).sum().alias("declared")
    known = tally.classes.filter(pl.col("origin") != Origin.UNKNOWN.value)
    return known.group_by("slice", "vintage", "source_tier").agg(pl.col("rows").sum(), declared)


def material_of(against: Comparison, known: pl.DataFrame, claimed: pl.DataFrame) -> Material:
    """What the signals look at: a row belongs to the family of the document that it was made from, and to the domain of its slice."""
    references = against.references
    domains = domains_of(references, known, against.rules)
    home = pl.col("slice").replace_strict(dict(domains), default=None, return_dtype=pl.String).alias("domain")
    roots = pl.coalesce(pl.col("parent_ids").list.first(), "row_id")
    source = pl.col("source_id") if "source_id" in references.columns else pl.lit(None, dtype=pl.String)
    return Material(
        references=_family(references, pl.coalesce(source, "row_id")).select("row_id", "text", "slice", "family", home),
        known=_family(known, roots).with_columns(home),
        claimed=_family(claimed, roots).with_columns(home),
        emissions=against.emissions,
    )


def _family(rows: pl.DataFrame, root: pl.Expr) -> pl.DataFrame:
    names = rows.select(root.alias("root"))["root"].to_list()
    return rows.with_columns(pl.Series("family", seeded_keys(names, 0).astype(np.uint64), dtype=pl.UInt64))
