"""The plan of a mix: which rows a student is trained on, in which shard, and which are left out and why. A function of its arguments."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.mixing import admission
from governance.mixing.alike import Vectors
from governance.mixing.anchors import sampled, slices_document
from governance.mixing.barred import Barred, without_recalled, without_withdrawn
from governance.mixing.benchmarks import Benchmarks
from governance.mixing.caps import holds
from governance.mixing.columns import Columns
from governance.mixing.descent import Passages
from governance.mixing.document import ROLES, SYNTHETIC, by_origin, mix_document, mix_root, origins_document
from governance.mixing.order import in_order, stratified_order
from governance.mixing.pool import Pool
from governance.mixing.quotas import NO_PART, beyond_caps, fill
from governance.mixing.refusals import refuse_short_anchors, refuse_synthetic_anchors, refuse_too_little_human
from governance.mixing.regime import by_cycle, fresh_human_tokens, regime_document, within_budget
from governance.mixing.repeats import ANCHORS
from governance.mixing.rules import MixRules
from governance.mixing.selection import select, weigh
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.shards import Shards, arrange, interleaved
from governance.mixing.sieve import Sieve, Told, places
from governance.mixing.supply import SHARD_CAP
from governance.mixing.weights import Weights
from governance.mixing.woven import fresh_lines, fresh_rows, named_rows
from governance.provenance.earlier import nothing_earlier
from governance.provenance.hashing import Places
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.passed import PASSED_SCHEMA

TRUSTED = ("tail", "human")
"""Pinned shards whose words are known to be people's, beside the anchors'."""

_CAPPED = ("slice", "task", "tokens", "counted")
_PARTS = ("slice", "task")
_ROLE = pl.Enum(ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """`selected` has a line for each row of mix.parquet in training order: `role`, `shard`, what the caps ask of it, and `place`, where it
    stands in the table of the `sieve`, or among the anchors. `sieve` holds the rows that the mix drew from and what rules said of the
    others, `passages` are what its rows have been through, `document` is mix.json.

    What rows say, and `dropped` and `flagged`, which are dropped.parquet and flagged.parquet, is read where the table lies when it is asked
    for. Every shard meets both limits in integers, and every slice and task its own cap; a value that does not is a bug of ours and cannot
    be built.
    """

    selected: pl.DataFrame
    sieve: Sieve
    passages: Passages
    document: Mapping[str, Any]

    @property
    def dropped(self) -> pl.DataFrame:
        """The rows that rules left out, by rule and row id."""
        return self.sieve.dropped()

    @property
    def flagged(self) -> pl.DataFrame:
        """The rows that stayed although a rule spoke against them, by rule and row id."""
        return self.sieve.spared()

    @property
    def came_at(self) -> Places:
        """Where the rows that are no anchors stood when they came, in training order."""
        own = self.selected["place"].to_numpy()[fresh_lines(self.selected)]
        found: Places = self.sieve.table.read(("pool_at",))["pool_at"].to_numpy()[own]
        return found

    def __post_init__(self) -> None:
        limits = {name: self.document[f"{name}_percent"] for name in ("synthetic_cap", "anchor")}
        whole = {**self.document["tokens"], "counted": self.document["counted_tokens"]}
        for shard in (whole, *self.document["shards"]):
            counted = shard["counted"]
            tokens = {**{role: shard[role] for role in ROLES}, SYNTHETIC: counted, "uncounted": shard[SYNTHETIC] - counted}
            if tokens["uncounted"] < 0 or not holds(**tokens, cap_percent=limits["synthetic_cap"], anchor_percent=limits["anchor"]):
                raise ValueError(f"shard {shard.get('shard', 'all')} holds {tokens}, which breaks {limits}")
        if beyond := beyond_caps(self.document):
            raise ValueError(beyond[0])


def plan_pool(
    pool: Pool,
    anchors: pl.DataFrame,
    references: Mapping[str, pl.DataFrame],
    rules: MixRules,
    *,
    teachers: Mapping[str, str],
    model: str,
    kind: str,
    start: Mapping[str, Any],
    seed: int,
    earlier: pl.DataFrame | None = None,
    passed: pl.LazyFrame | None = None,
    selection: SelectionRules | None = None,
    benchmarks: Benchmarks | None = None,
    vectors: Vectors | None = None,
    kernels: Kernels = NUMPY,
    barred: Barred | None = None,
) -> Mix:
    """Plan a mix of incoming rows and anchors (row schema plus `tokens`); the order in which rows come makes no difference.

    `earlier` names the rows (`row_id`) that come back from an earlier cycle (`cycle`); every other row is fresh. `passed` says what
    synthetic rows have been through (PASSED_SCHEMA); it is read once for some rows after the others, and never held.

    `references` are the other pinned texts by name, in the order in which they are checked (`tail`, `human`, `prompts`), before the
    `benchmarks`. `teachers`, `kind`, `start` and `seed` are those of cycle.json, `model` is the student's name there.

    `vectors` are those of the rows' texts, as they came, where the policy asks for the embedding. What is `barred` leaves before anything
    else is asked.

    Raises: RefusedError where there is too little human text, where the anchors are not human or far too few, or where a teacher was
    swapped. IntegrityError where the rows are not what the validate stage writes.
    """
    refuse_synthetic_anchors(anchors)
    weights = Weights.of(pool.weighed, rules, [anchors["text"], *(references[name]["text"] for name in TRUSTED if name in references)])
    batch = weigh(pool, weights, anchors, kernels)
    sieve, withdrawn = without_withdrawn(batch.sieve, barred or Barred())
    sieve, recalled = without_recalled(sieve, barred or Barred(), model)
    sieve = admission.by_origin(sieve, rules, teachers=teachers, model=model, start=start["digest"], kind=kind)
    pinned = {**references, ANCHORS: anchors}
    chosen = selection or SelectionRules()
    filtered = select(batch, sieve, pinned, benchmarks or Benchmarks(), rules=rules, selection=chosen, seed=seed, vectors=vectors)
    sieve = filtered.sieve
    earlier = nothing_earlier() if earlier is None else earlier
    refuse_too_little_human(sieve, rules, fresh_human_tokens(sieve, earlier))
    sieve = within_budget(sieve, earlier, rules, seed)
    shown = in_order(_numbered(weights.counted(anchors)).select("row_id", *_CAPPED, "place").filter(pl.col("tokens") > 0), seed)
    selected, sieve = _capped(sieve, shown, rules, seed)
    added = _Added.up(fresh_rows(selected, sieve.table), weights, earlier, PASSED_SCHEMA.to_frame().lazy() if passed is None else passed)
    said = {**filtered.document, "weights": weights.document(added.by_basis), "recalled": recalled, "withdrawn": withdrawn}
    said |= {"retention": batch.retention(sieve.gone, filtered.rare_slices)} | slices_document(shown, selected, filtered.rare_slices)
    said |= {"origins": origins_document(added.by_origin)} | regime_document(added.by_cycle, rules)
    root = mix_root(named_rows(selected, sieve.table, anchors))
    document = mix_document(selected, sieve.left_out(), rules, said, anchor_tokens=int(shown["tokens"].sum()), root=root)
    return Mix(selected=selected, sieve=sieve, passages=added.passages, document=document)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Added:
    """Sums over the rows of a mix that are no anchors, part by part, all of which were made while the rows were read once."""

    by_basis: Sequence[pl.DataFrame]
    by_origin: Sequence[pl.DataFrame]
    by_cycle: Sequence[pl.DataFrame]
    passages: Passages

    @classmethod
    def up(cls, fresh: Iterable[pl.DataFrame], weights: Weights, earlier: pl.DataFrame, passed: pl.LazyFrame) -> "_Added":
        bases, origins, cycles, through = [], [], [], []
        for rows in fresh:
            bases.append(weights.by_basis(rows))
            origins.append(by_origin(rows))
            cycles.append(by_cycle(rows, earlier))
            through.append(Passages.of(rows, _theirs(rows, passed)))
        return cls(by_basis=bases, by_origin=origins, by_cycle=cycles, passages=Passages.joined(through))


def _theirs(rows: pl.DataFrame, passed: pl.LazyFrame) -> pl.DataFrame:
    """The lines of `passed` on the synthetic ones of these rows."""
    synthetic = rows.filter(pl.col("role") == SYNTHETIC).select("row_id")
    if synthetic.is_empty():
        return PASSED_SCHEMA.to_frame()
    return passed.join(synthetic.lazy(), on="row_id", how="semi").collect(engine="streaming")


def _capped(sieve: Sieve, anchors: pl.DataFrame, rules: MixRules, seed: int) -> tuple[pl.DataFrame, Sieve]:
    """(rows of all roles in training order, the sieve with what the caps left out): all human rows, and synthetic rows while they fit."""
    parts = _parts(sieve.table, anchors)
    humans, synthetic = (_ordered(sieve, places(mask), parts, seed) for mask in (sieve.human, ~sieve.human))
    filled = fill(humans, synthetic, rules)
    chosen = synthetic[filled.stays]
    shown = sampled(anchors.with_columns(parts), humans, int(chosen["tokens"].sum()), rules)
    shards = arrange(_tokens(humans), _tokens(chosen), _tokens(shown), rules, counted=_counted(chosen))
    refuse_short_anchors(anchors, shards, rules)
    places_of = synthetic["place"].to_numpy()
    del synthetic
    selected = _selected(humans, chosen, shown, shards)
    homeless = chosen["place"].to_numpy()[shards.synthetic < 0]
    told = [Told(rule=charge.rule, places=np.sort(places_of[charge.at]), details=charge.detail) for charge in filled.left]
    told.append(Told(rule=SHARD_CAP, places=np.sort(homeless), details="no shard has room for it under the cap"))
    return selected, sieve.leaving(told)


def _parts(table: Columns, anchors: pl.DataFrame) -> Sequence[pl.Expr]:
    """Slices and tasks as numbers of a list, in the order of their names: rows of a mix are many, and the names are few."""
    frames = [anchors.select(_PARTS), *(part for _, part in table.pieces(*_PARTS))]
    known = {name: {NO_PART}.union(*(frame[name].drop_nulls().unique().to_list() for frame in frames)) for name in _PARTS}
    return [pl.col(name).cast(pl.Enum(sorted(known[name]))) for name in _PARTS]


def _ordered(sieve: Sieve, at: Places, parts: Sequence[pl.Expr], seed: int) -> pl.DataFrame:
    """What caps ask of the rows at these places, in their stratified order, with `place`, where each stands in the table."""
    read = [sieve.chosen(at[:0], *_CAPPED), *sieve.pieces(*_CAPPED, at=at)]
    rows = pl.concat([part.with_columns(parts) for part in read]).with_columns(pl.Series("place", sieve.places[at]))
    slices = rows["slice"].fill_null(NO_PART).to_physical().to_numpy().astype(np.int32)
    return rows[stratified_order(_tokens(rows), slices, sieve.keys(at, seed))]


def _numbered(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with a column that says where they stand (`place`)."""
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("place"))


def _tokens(rows: pl.DataFrame) -> Places:
    return rows["tokens"].to_numpy().astype(np.int64)


def _counted(rows: pl.DataFrame) -> Places:
    return rows["counted"].to_numpy().astype(np.int64)


def _selected(humans: pl.DataFrame, synthetic: pl.DataFrame, anchors: pl.DataFrame, shards: Shards) -> pl.DataFrame:
    """Rows of all roles in training order; the `place` of an anchor is among the anchors."""
    numbers = (shards.anchor_shards, shards.human, shards.synthetic)
    parts = [
        frame.select(*_CAPPED, "place", pl.lit(role, dtype=_ROLE).alias("role"), pl.Series("shard", number, dtype=pl.Int32)).filter(
            pl.col("shard") >= 0
        )
        for role, frame, number in zip(ROLES, (anchors[shards.anchor_rows], humans, synthetic), numbers, strict=True)
    ]
    roles = np.repeat(np.arange(len(ROLES), dtype=np.int8), [part.height for part in parts])
    together = pl.concat(parts)
    return together[interleaved(together["shard"].to_numpy(), roles)].with_columns(pl.col("tokens").cast(pl.Int64))
