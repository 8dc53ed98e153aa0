"""The plan of a mix: which rows a student is trained on, in which shard, and which are left out and why. A function of its arguments."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.admission import by_origin
from governance.mixing.alike import Vectors
from governance.mixing.anchors import sampled, slices_document
from governance.mixing.barred import Barred, without_recalled, without_withdrawn
from governance.mixing.benchmarks import Benchmarks
from governance.mixing.caps import holds
from governance.mixing.columns import Columns
from governance.mixing.document import ANCHOR, ROLES, SYNTHETIC, mix_document, mix_root, origins_document
from governance.mixing.order import in_order, stratified_order
from governance.mixing.pool import Pool
from governance.mixing.quotas import NO_PART, beyond_caps, fill
from governance.mixing.refusals import refuse_short_anchors, refuse_synthetic_anchors, refuse_too_little_human
from governance.mixing.regime import fresh_human_tokens, regime_document, within_budget
from governance.mixing.repeats import ANCHORS
from governance.mixing.rules import MixRules
from governance.mixing.selection import select, weigh
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.shards import Shards, arrange, interleaved
from governance.mixing.sieve import Sieve, places
from governance.mixing.weights import Weights
from governance.provenance.earlier import nothing_earlier
from governance.provenance.hashing import Places
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.row import ROW_SCHEMA

TRUSTED = ("tail", "human")
"""Pinned shards whose words are known to be people's, beside the anchors'."""

_CAPPED = ("slice", "task", "tokens", "counted", "pool_at")
_PARTS = ("slice", "task")
_NAMED, _AUTHORED = ("row_id", "sha256"), ("row_id", "origin", "generator", "generator_version")
_ROLE = pl.Enum(ROLES)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mix:
    """`selected` has a line for each row of mix.parquet in training order: `role`, `shard`, what the caps ask of it, `pool_at`, where it
    stood when it came or stands among the anchors, and `place`, where it stands in `table`. `dropped` is dropped.parquet, `flagged` is
    flagged.parquet, `document` is mix.json.

    Every shard meets both limits in integers, and every slice and task its own cap; a value that does not is a bug of ours and cannot be
    built.
    """

    selected: pl.DataFrame
    dropped: pl.DataFrame
    flagged: pl.DataFrame
    document: Mapping[str, Any]
    table: Columns

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


def fresh_rows(selected: pl.DataFrame, table: Columns) -> Iterator[pl.DataFrame]:
    """The rows of a mix that are no anchors, with their ids and authors, some after the others in the order of the table."""
    own = _fresh(selected)
    own = own[np.argsort(selected["place"].to_numpy()[own])]
    for first in range(0, own.size, table.piece_rows):
        rows = selected[own[first : first + table.piece_rows]].select(pl.col("role").cast(pl.String), "tokens", "counted", "place")
        yield table.read(_AUTHORED, rows["place"].to_numpy()).hstack(rows)


def woven(selected: pl.DataFrame, fresh: Iterable[pl.DataFrame], anchors: pl.DataFrame) -> Iterator[tuple[pl.DataFrame, pl.DataFrame]]:
    """(lines of `selected`, their rows), some after the others: `fresh` has the rows that are no anchors, in their order."""
    own, first, taken = _fresh(selected), 0, 0
    anchor, count = pl.col("role") == ANCHOR, pl.int_range(pl.len(), dtype=pl.Int64)
    for rows in fresh:
        taken += rows.height
        last = int(own[taken]) if taken < own.size else selected.height
        lines, first = selected[first:last], last
        at = lines.select(pl.when(anchor).then(pl.col("pool_at") + rows.height).otherwise(count.over(anchor))).to_series()
        yield lines, pl.concat([rows, anchors.select(rows.columns)])[at]


def completed(lines: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of mix.parquet, of lines of a plan and their rows."""
    return rows.select(ROW_SCHEMA.names()).hstack(lines.select(pl.col("role").cast(pl.String), "tokens", "shard", "counted"))


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
    selection: SelectionRules | None = None,
    benchmarks: Benchmarks | None = None,
    vectors: Vectors | None = None,
    kernels: Kernels = NUMPY,
    barred: Barred | None = None,
) -> Mix:
    """Plan a mix of incoming rows and anchors (row schema plus `tokens`); the order in which rows come makes no difference.

    `earlier` names the rows (`row_id`) that come back from an earlier cycle (`cycle`); every other row is fresh.

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
    sieve = by_origin(sieve, rules, teachers=teachers, model=model, start=start["digest"], kind=kind)
    pinned = {**references, ANCHORS: anchors}
    chosen = selection or SelectionRules()
    filtered = select(batch, sieve, pinned, benchmarks or Benchmarks(), rules=rules, selection=chosen, seed=seed, vectors=vectors)
    sieve = filtered.sieve
    earlier = nothing_earlier() if earlier is None else earlier
    refuse_too_little_human(sieve, rules, fresh_human_tokens(sieve, earlier))
    sieve = within_budget(sieve, earlier, rules, seed)
    shown = in_order(_numbered(weights.counted(anchors), "pool_at").select("row_id", *_CAPPED).filter(pl.col("tokens") > 0), seed)
    selected, sieve = _capped(sieve, shown, rules, seed)
    said = {
        **filtered.document,
        "weights": weights.document(fresh_rows(selected, sieve.table)),
        "recalled": recalled,
        "withdrawn": withdrawn,
    }
    said |= {"retention": batch.retention(sieve.gone, filtered.rare_slices)} | slices_document(shown, selected, filtered.rare_slices)
    said |= {"origins": origins_document(fresh_rows(selected, sieve.table))}
    said |= regime_document(fresh_rows(selected, sieve.table), earlier, rules)
    dropped, root = sieve.dropped(), mix_root(_named(selected, sieve.table, anchors))
    document = mix_document(selected, dropped, rules, said, anchor_tokens=int(shown["tokens"].sum()), root=root)
    return Mix(selected=selected, dropped=dropped, flagged=sieve.spared(), document=document, table=sieve.table)


def _capped(sieve: Sieve, anchors: pl.DataFrame, rules: MixRules, seed: int) -> tuple[pl.DataFrame, Sieve]:
    """(rows of all roles in training order, the sieve with what the caps left out): all human rows, and synthetic rows while they fit."""
    parts = _parts(sieve.table, anchors)
    humans, synthetic = (_ordered(sieve, places(mask), parts, seed) for mask in (sieve.human, ~sieve.human))
    filled = fill(humans, synthetic, rules)
    chosen = synthetic[filled.stays]
    shown = sampled(_numbered(anchors.with_columns(parts), "place"), humans, int(chosen["tokens"].sum()), rules)
    shards = arrange(_tokens(humans), _tokens(chosen), _tokens(shown), rules, counted=_counted(chosen))
    refuse_short_anchors(anchors, shards, rules)
    left = filled.left.with_columns(place=synthetic["place"][filled.left["at"]]).drop("at")
    homeless = chosen.filter(pl.Series(shards.synthetic < 0)).select(
        rule=pl.lit("shard-cap"), detail=pl.lit("no shard has room for it under the cap"), place="place"
    )
    return _selected(humans, chosen, shown, shards), _leave(sieve, pl.concat([left, homeless]))


def _parts(table: Columns, anchors: pl.DataFrame) -> Sequence[pl.Expr]:
    """Slices and tasks as numbers of a list, in the order of their names: rows of a mix are many, and the names are few."""
    frames = [anchors.select(_PARTS), *(part for _, part in table.pieces(*_PARTS))]
    known = {name: {NO_PART}.union(*(frame[name].drop_nulls().unique().to_list() for frame in frames)) for name in _PARTS}
    return [pl.col(name).cast(pl.Enum(sorted(known[name]))) for name in _PARTS]


def _ordered(sieve: Sieve, at: Places, parts: Sequence[pl.Expr], seed: int) -> pl.DataFrame:
    """What caps ask of the rows at these places, in their stratified order, with `place`, where each stands in the table."""
    read = [sieve.chosen(at[:0], *_CAPPED), *sieve.pieces(*_CAPPED, at=at)]
    rows = pl.concat([part.with_columns(parts) for part in read]).with_columns(pl.Series("place", sieve.places[at]))
    slices = rows["slice"].fill_null(NO_PART).to_physical().to_numpy().astype(np.int64)
    return rows[stratified_order(_tokens(rows), slices, sieve.keys(at, seed))]


def _numbered(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    """The rows with a column that says where they stand."""
    return rows.with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias(name))


def _tokens(rows: pl.DataFrame) -> Places:
    return rows["tokens"].to_numpy().astype(np.int64)


def _counted(rows: pl.DataFrame) -> Places:
    return rows["counted"].to_numpy().astype(np.int64)


def _leave(sieve: Sieve, left: pl.DataFrame) -> Sieve:
    """Rows leave as `left` says: place, rule, detail."""
    for rule in left["rule"].unique(maintain_order=True):
        gone = left.filter(pl.col("rule") == rule)
        sieve = sieve.without(np.searchsorted(sieve.places, gone["place"].to_numpy()), rule, gone["detail"])
    return sieve


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


def _fresh(selected: pl.DataFrame) -> Places:
    """Where the lines stand that are no anchors."""
    return np.flatnonzero((selected["role"] != ANCHOR).to_numpy())


def _named(selected: pl.DataFrame, table: Columns, anchors: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """What the root of a mix is made of, in training order."""
    at = selected["place"].to_numpy()[_fresh(selected)]
    for lines, rows in woven(selected, table.gathered(_NAMED, at), anchors):
        yield rows.hstack(lines.select(pl.col("role").cast(pl.String), "shard"))
