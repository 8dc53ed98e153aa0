"""The filters on what rows say, one after the other: first those that must be obeyed, then those of choice, above a survival floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from governance.mixing.alike import Vectors, without_alike
from governance.mixing.benchmarks import Benchmarks, without_benchmarks
from governance.mixing.diversity_gate import without_uniform
from governance.mixing.feedback import without_own_success
from governance.mixing.findings import Findings
from governance.mixing.floor import Floor, human_by_slice, survival
from governance.mixing.pool import Pool
from governance.mixing.quality import without_damage
from governance.mixing.repeats import without_copies, without_near_duplicates, without_overlaps
from governance.mixing.retention import rare_slices, retention
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import Sieve, Told
from governance.mixing.tail import TailWords, tail_words
from governance.mixing.templates import without_templates
from governance.mixing.weights import Weights
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.words import AnyWords, read_words


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """All rows as they came, in a sieve that took nothing yet; their words, findings and rare words, by their places."""

    sieve: Sieve
    words: AnyWords
    found: Findings
    tail: TailWords
    anchors: pl.DataFrame
    kernels: Kernels
    scratch: Path | None

    def retention(self, gone: Sequence[Told], rare: Sequence[str]) -> list[dict[str, Any]]:
        """What each rule left of the tail (see `governance.mixing.retention`)."""
        return retention(self.sieve.table, self.tail, gone, rare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """The rows that the filters left, what they say for mix.json, and which slices are rare."""

    sieve: Sieve
    document: Mapping[str, Any]
    rare_slices: tuple[str, ...]


def weigh(pool: Pool, weights: Weights, anchors: pl.DataFrame, kernels: Kernels = NUMPY) -> Batch:
    """Put beside the rows of a pool what the caps count of each, and how many of its words hardly any human text uses (`tail_words`)."""
    sieve = Sieve.of(pool.table, pool.scratch)
    tail = tail_words(pool.words, sieve.human.to_numpy(), read_words(anchors["text"].to_list()))
    counted = (weights.counted(part).select("counted") for _, part in pool.table.pieces("row_id", "origin", "tokens"))
    table = pool.table.filled(chain([pl.DataFrame(schema={"counted": pl.Int64})], counted))
    table = table.plus(pl.Series("tail_words", tail.count(table.height)))
    sieve = replace(sieve, table=table)
    return Batch(sieve=sieve, words=pool.words, found=pool.found, tail=tail, anchors=anchors, kernels=kernels, scratch=pool.scratch)


def select(
    batch: Batch,
    sieve: Sieve,
    pinned: Mapping[str, pl.DataFrame],
    benchmarks: Benchmarks,
    *,
    rules: MixRules,
    selection: SelectionRules,
    seed: int,
    vectors: Vectors | None = None,
) -> Filtered:
    """Copies and overlaps with pinned texts and benchmarks leave, then damage, model text without diversity, near-duplicates and
    templates; the floor holds for what comes after the overlaps.

    `sieve` holds the rows of the batch that came past the rules on where a row is from.
    """
    sieve = without_overlaps(without_copies(sieve), batch.words, pinned, rules)
    sieve, overlapping = without_benchmarks(sieve, batch.words, benchmarks, batch.anchors, rules)
    sieve, success = without_own_success(sieve, selection)
    floor = Floor.of(sieve, selection.survival_floor_percent)
    sieve = without_damage(sieve, batch.words, batch.found.damage, selection, floor)
    sieve, judged = without_uniform(sieve, batch.words, batch.anchors, selection, seed)
    sieve = without_near_duplicates(sieve, batch.words, rules, floor, kernels=batch.kernels, scratch=batch.scratch)
    if vectors is not None:
        sieve = without_alike(sieve, batch.words, vectors, rules, floor)
    sieve, templates = without_templates(sieve, batch.words, batch.found, rules=rules, selection=selection, seed=seed)
    document = {
        "diversity": {"rule": selection.diversity, "groups": judged},
        "templates": templates,
        "own_success": success,
        "benchmarks": overlapping,
        "survival": survival(batch.sieve, sieve, selection.survival_floor_percent),
    }
    rare = rare_slices({name: rows for name, (rows, _) in human_by_slice(batch.sieve).items()}, batch.anchors, selection.rare_slice_percent)
    return Filtered(sieve=sieve, document=document, rare_slices=rare)
