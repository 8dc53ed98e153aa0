"""What came in, what was admitted and what was refused by which rule: counts that always add up."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import polars as pl

from governance.provenance.aliases import FOUND, suggestions
from governance.provenance.labels.label import LABELLED_BY, MOVE
from governance.provenance.row import Origin

SCHEMA = "heirloom/audit/1"
UNKNOWN_VERSION = "unknown"

Counts = Mapping[str, int]
NO_ALIASES: Mapping[str, str] = MappingProxyType({})


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceAudit:
    """Counts over a batch; everything but `rows_in` and `by_rule` is over the admitted rows."""

    rows_in: int = 0
    by_rule: Counts = field(default_factory=dict)
    by_slice: Mapping[str, Counts] = field(default_factory=dict)
    unknown_generator_version: int = 0
    unknown_vintage: int = 0
    generators: Counts = field(default_factory=dict)
    names: Counts = field(default_factory=dict)
    """Name of a generator, as reviewed -> rows that are not human."""
    renamed: Counts = field(default_factory=dict)
    """A spelling that the alias table knows -> rows that carried it."""
    relabelled: Counts = field(default_factory=dict)
    """`human->model` -> rows that a person's label changed so."""
    labellers: Counts = field(default_factory=dict)
    """Whose labels those are: who labelled most of what a model learnt from is not the one to approve it."""

    def __post_init__(self) -> None:
        if self.quarantined > self.rows_in:
            raise ValueError(f"{self.quarantined} rows refused of {self.rows_in}")
        if sum(self.by_origin.values()) != self.admitted:
            raise ValueError(f"{self.admitted} rows admitted, but {sum(self.by_origin.values())} counted by slice and origin")

    @classmethod
    def of(cls, judged: pl.DataFrame) -> "ProvenanceAudit":
        """Count judged rows: the row schema, `generator_found`, `move`, `labelled_by`, and `rule`, null where the row is admitted."""
        admitted = judged.filter(pl.col("rule").is_null())
        synthetic = admitted.filter(pl.col("origin") != Origin.HUMAN.value)
        versioned = pl.concat_str("generator", pl.col("generator_version").fill_null(UNKNOWN_VERSION), separator="/")
        return cls(
            rows_in=judged.height,
            by_rule=_counted(judged.filter(pl.col("rule").is_not_null()), pl.col("rule")),
            by_slice={name: _counted(rows, pl.col("origin")) for (name,), rows in admitted.partition_by("slice", as_dict=True).items()},
            unknown_generator_version=synthetic["generator_version"].null_count(),
            unknown_vintage=admitted["vintage"].null_count(),
            generators=_counted(synthetic, versioned),
            names=_counted(synthetic.filter(pl.col("generator").is_not_null()), pl.col("generator")),
            renamed=_counted(synthetic.filter(pl.col(FOUND) != pl.col("generator")), pl.col(FOUND)),
            relabelled=_counted(admitted.filter(pl.col(MOVE).is_not_null()), pl.col(MOVE)),
            labellers=_counted(admitted.filter(pl.col(MOVE).is_not_null()), pl.col(LABELLED_BY)),
        )

    def __add__(self, other: "ProvenanceAudit") -> "ProvenanceAudit":
        """The audit of both parts together."""
        slices = sorted({*self.by_slice, *other.by_slice})
        return ProvenanceAudit(
            rows_in=self.rows_in + other.rows_in,
            by_rule=_added(self.by_rule, other.by_rule),
            by_slice={name: _added(self.by_slice.get(name, {}), other.by_slice.get(name, {})) for name in slices},
            unknown_generator_version=self.unknown_generator_version + other.unknown_generator_version,
            unknown_vintage=self.unknown_vintage + other.unknown_vintage,
            generators=_added(self.generators, other.generators),
            names=_added(self.names, other.names),
            renamed=_added(self.renamed, other.renamed),
            relabelled=_added(self.relabelled, other.relabelled),
            labellers=_added(self.labellers, other.labellers),
        )

    @property
    def quarantined(self) -> int:
        return sum(self.by_rule.values())

    @property
    def admitted(self) -> int:
        return self.rows_in - self.quarantined

    @property
    def by_origin(self) -> Counts:
        """Origin -> admitted rows."""
        total: Counts = {}
        for counts in self.by_slice.values():
            total = _added(total, counts)
        return total

    def document(
        self,
        expectations: Sequence[Mapping[str, Any]] = (),
        aliases: Mapping[str, str] = NO_ALIASES,
        *,
        unknown_parents: int = 0,
        returned_nearer: int = 0,
    ) -> dict[str, Any]:
        """audit.json, as docs/documents.md lays it down.

        `aliases` are the policy's, `unknown_parents` admitted rows with such a parent, `returned_nearer` rows that say to be nearer to
        human than they were known.
        """
        return {
            "schema": SCHEMA,
            "rows_in": self.rows_in,
            "admitted": self.admitted,
            "quarantined": self.quarantined,
            "by_rule": dict(self.by_rule),
            "by_origin": dict(self.by_origin),
            "by_slice": {name: dict(counts) for name, counts in self.by_slice.items()},
            "unknown_generator_version": self.unknown_generator_version,
            "unknown_vintage": self.unknown_vintage,
            "unknown_parents": unknown_parents,
            "returned_nearer_to_human": returned_nearer,
            "generators": dict(self.generators),
            "renamed": dict(self.renamed),
            "relabelled": dict(self.relabelled),
            "labellers": dict(self.labellers),
            "alias_suggestions": dict(suggestions(self.names, aliases)),
            "expectations": [dict(one) for one in expectations],
        }


def _counted(rows: pl.DataFrame, key: pl.Expr) -> Counts:
    counted = rows.group_by(key.alias("key")).len().sort("key")
    return dict(zip(counted["key"].to_list(), counted["len"].to_list(), strict=True))


def _added(one: Counts, other: Counts) -> Counts:
    return {key: one.get(key, 0) + other.get(key, 0) for key in sorted({*one, *other})}
