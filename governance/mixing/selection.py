"""The filters on what rows say, one after the other: first those that must be obeyed, then those of choice, above a survival floor."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.mixing.benchmarks import Benchmarks, without_benchmarks
from governance.mixing.diversity_gate import without_uniform
from governance.mixing.feedback import without_own_success
from governance.mixing.findings import Findings
from governance.mixing.floor import Floor, survival
from governance.mixing.pool import Pool
from governance.mixing.quality import without_damage
from governance.mixing.repeats import without_copies, without_near_duplicates, without_overlaps
from governance.mixing.retention import rare_slices, retention
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import Sieve
from governance.mixing.tail import TailWords, tail_words
from governance.mixing.templates import without_templates
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

    def retention(self, gone: Sequence[pl.DataFrame], rare: Sequence[str]) -> list[dict[str, Any]]:
        """What each rule left of the tail (see `governance.mixing.retention`)."""
        return retention(self.sieve.rows, self.tail, gone, rare)


@dataclass(frozen=True, slots=True, kw_only=True)
class Filtered:
    """The rows that the filters left, what they say for mix.json, and which slices are rare."""

    sieve: Sieve
    document: Mapping[str, Any]
    rare_slices: tuple[str, ...]


def weigh(rows: pl.DataFrame, pool: Pool, anchors: pl.DataFrame, kernels: Kernels = NUMPY) -> Batch:
    """Put the rows of a pool into their order, and count in each (`tail_words`) those words that hardly any human text uses.

    `rows` are the pool's, with whatever columns a mix needs and with `pool_at`, where they stand in the pool.
    """
    sieve = Sieve.of(rows)
    at = sieve.rows["pool_at"].to_numpy()
    words = pool.words.take(at)
    tail = tail_words(words, sieve.human.to_numpy(), read_words(anchors["text"].to_list()))
    counted = sieve.rows.with_columns(pl.Series("tail_words", tail.count(sieve.rows.height)))
    return Batch(sieve=Sieve(rows=counted), words=words, found=pool.found.moved(at), tail=tail, anchors=anchors, kernels=kernels)


def select(
    batch: Batch,
    sieve: Sieve,
    pinned: Mapping[str, pl.DataFrame],
    benchmarks: Benchmarks,
    *,
    rules: MixRules,
    selection: SelectionRules,
    seed: int,
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
    sieve = without_near_duplicates(sieve, batch.words, rules, floor, batch.kernels)
    sieve, templates = without_templates(sieve, batch.words, batch.found, rules=rules, selection=selection, seed=seed)
    document = {
        "diversity": {"rule": selection.diversity, "groups": judged},
        "templates": templates,
        "own_success": success,
        "benchmarks": overlapping,
        "survival": survival(batch.sieve.rows, sieve.rows, sieve.dropped(), sieve.spared(), selection.survival_floor_percent),
    }
    rare = rare_slices(batch.sieve.rows, batch.anchors, selection.rare_slice_percent)
    return Filtered(sieve=sieve, document=document, rare_slices=rare)
