"""How much of what claims to be human a model wrote, in the corpus and in its slices: the laundering audit over a sample of it.

It needs pinned human rows to compare with. Where there are none nothing is estimated: without them a detector's errors are unknown.
Vintages and tiers are not judged: a detector's false alarms are counted over a slice, and differ between the sites and years in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from governance.provenance.corpus.rows import UNKNOWN
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC, Tally
from governance.provenance.laundering.batch import batch_of
from governance.provenance.laundering.domains import SHARED
from governance.provenance.laundering.findings import groups_of
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.share import NOT_MEASURED
from governance.provenance.laundering.sight import look
from governance.provenance.laundering.signal import Material, Signal
from governance.provenance.row import Origin

NO_CLAIMS = "no row claims to be human"
NO_REFERENCES = "no pinned human rows to compare with: run it in a workspace whose shards hold some of the same slices"
NOT_AT_HOME = "no slice of the corpus has both enough pinned human rows under its name and enough declared generators"
NOT_HERE = "too few pinned human rows of this slice, or too few generators declared in it"
JUDGED = ("batch", "slice")
GROUPS_SHOWN = 40
NOTHING_LEARNT = pl.LazyFrame(schema={"sha256": pl.String})
"""A model of ours may have learnt from a store's texts, but no signal that would mind reads them here."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Comparison:
    """What claims are held against. `references`: `row_id`, `text`, `slice`, and `source_id` where rows were cut from one document."""

    references: pl.DataFrame
    means: Material
    signals: Sequence[Signal]
    rules: LaunderingRules
    seed: int


def laundered(sample: pl.DataFrame, tally: Tally, against: Comparison) -> dict[str, Any]:
    """Groups with an estimate or the reason why there is none, the corpus first; `not_identifiable` where no row can be compared."""
    if not (sample["origin"] == Origin.HUMAN.value).any():
        return {"not_identifiable": NO_CLAIMS}
    if against.references.is_empty():
        return {"not_identifiable": NO_REFERENCES}
    material = at_home(_material(sample, against))
    if material.claimed["domain"].null_count() == material.claimed.height:
        return {"not_identifiable": NOT_AT_HOME}
    eyes = look(material, against.signals, against.rules)
    groups = groups_of(counts_of(tally), eyes, against.rules, against.seed)
    return {
        "looked_at": material.claimed.height,
        "references": material.references.height,
        "known_rows": material.known.height,
        "signals": {one.signal.name: one.unmeasured for one in eyes.seen},
        "groups": [_told(group.document()) for group in groups if group.by in JUDGED][:GROUPS_SHOWN],
    }


def _told(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group without its lower bound: a bound is for a batch that may be refused, and a store is not."""
    found = {name: value for name, value in group.items() if name not in {"at_least", "gap"}}
    if found.get("not_identifiable", {}).get("reason") == NOT_MEASURED:
        found["not_identifiable"] = {"reason": NOT_MEASURED, "detail": NOT_HERE}
    return found


def at_home(material: Material) -> Material:
    """The same rows without the domain that poor slices share.

    A store's slices are read one by one, and a detector whose false alarms were counted on other slices accuses the innocent: the
    publisher's 126 human essays came out as 100 % [97, 100] a model's, against shared references of which 30 in 762 are essays.
    """
    own = pl.when(pl.col("domain") != SHARED).then("domain").alias("domain")
    parts: Mapping[str, pl.DataFrame] = {name: getattr(material, name).with_columns(own) for name in ("references", "known", "claimed")}
    return replace(material, **parts)  # type: ignore[arg-type]


def counts_of(tally: Tally) -> pl.DataFrame:
    """Rows and declared synthetic ones by slice, vintage and tier; what nobody declared is neither claimed nor declared, and left out."""
    declared = pl.col("rows").filter(pl.col("origin").is_in(DECLARED_SYNTHETIC)).sum().alias("declared")
    known = tally.classes.filter(pl.col("origin") != Origin.UNKNOWN.value)
    return known.group_by("slice", "vintage", "source_tier").agg(pl.col("rows").sum(), declared).sort("slice", "vintage", "source_tier")


def _material(sample: pl.DataFrame, against: Comparison) -> Material:
    year = pl.when(pl.col("vintage") != UNKNOWN).then(pl.col("vintage")).cast(pl.Int32)
    nameless = (pl.col("origin") == Origin.MODEL.value) & pl.col("generator").is_null()
    rows = sample.lazy().filter(~nameless).with_columns(pl.date(year, 12, 31).alias("vintage"))
    references = against.references.with_columns(pl.lit(value=False).alias("learnt"))
    return batch_of(rows, references, NOTHING_LEARNT, against.means, against.rules, seed=against.seed).material
