"""Overlap with benchmarks: a row that holds a run of 13 words of a benchmark text would teach the test (R91).

Thirteen words are the run that GPT-3's data was filtered by (arXiv 2005.14165, appendix C), and that lm-evaluation-harness looks for. One
run is enough here, however long the row: rows are short, and a row that is missing costs less than a test that is known.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.mixing.rules import MixRules
from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Hashes, Places
from governance.provenance.pin import Pin
from governance.provenance.shingles import shingles
from governance.provenance.words import AnyWords, Words, read_words

BENCHMARKS_FILE = "benchmarks.parquet"
"""The frozen texts in a cycle's folder."""
BENCHMARKS_SCHEMA = pl.Schema({"benchmark": pl.String(), "line": pl.Int64(), "text": pl.String()})
RULE = "overlaps-benchmark"
_CHUNK_WORDS = 1 << 20
_FILTER_BITS = np.uint64(20)


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmarks:
    """`texts` (BENCHMARKS_SCHEMA) in order of benchmark and line; `not_named` are pinned, and the settings of today leave them out."""

    texts: pl.DataFrame = field(default_factory=BENCHMARKS_SCHEMA.to_frame)
    pins: Mapping[str, Pin] = field(default_factory=dict)
    not_named: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaks:
    """Text `texts[i]` holds a run of `words[i]` words of benchmark text `benchmark[i]`, the first that it shares one with. By `texts`."""

    texts: Places
    benchmark: Places
    words: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """Runs of `size` words, sorted, each with the first benchmark text that holds it; `whole` says that a row has to be just that run."""

    size: int
    whole: bool
    runs: Hashes
    owners: Places
    occurs: NDArray[np.bool_]


def leaks(words: AnyWords, benchmarks: Words, run_words: int, fewest_words: int) -> Leaks:
    """The texts that hold a run of `run_words` words of a benchmark text.

    A benchmark text of fewer words is one run, down to `fewest_words`; below that a text has to be those words and no others, because
    shorter runs are in many texts by chance. A text without words is never found.
    """
    tables = _tables(benchmarks, run_words, fewest_words)
    found = [np.zeros((0, 3), dtype=np.int64)]
    for first, chunk in words.chunks(_CHUNK_WORDS):
        hits = np.concatenate([found[0], *(_hits(chunk, table) for table in tables)])
        hits = hits[np.lexsort((-hits[:, 2], hits[:, 1], hits[:, 0]))]
        hits = hits[np.unique(hits[:, 0], return_index=True)[1]]
        hits[:, 0] += first
        found.append(hits)
    texts, benchmark, size = np.concatenate(found).T
    return Leaks(texts=texts, benchmark=benchmark, words=size)


def without_benchmarks(
    sieve: Sieve, words: AnyWords, benchmarks: Benchmarks, anchors: pl.DataFrame, rules: MixRules
) -> tuple[Sieve, Mapping[str, Any]]:
    """Rows that overlap a benchmark leave, and what mix.json says of it. `words` are those of all rows, in the order of their places.

    Anchors are pinned and stay; how many of them overlap is said, because every cycle trains on them.
    """
    texts = benchmarks.texts
    held = read_words(texts["text"].to_list())
    found = leaks(words.take(sieve.places), held, rules.benchmark_words, rules.fewest_benchmark_words)
    of = texts[found.benchmark].select("benchmark", "line").with_columns(pl.Series("words", found.words))
    details = [f"a run of {size} words as in {name} line {line}" for name, line, size in of.iter_rows()]
    rows = sieve.chosen(found.texts, "origin", "tokens").hstack(of.select("benchmark"))
    shown = leaks(read_words(anchors["text"].to_list()), held, rules.benchmark_words, rules.fewest_benchmark_words)
    counted = _counted(benchmarks, held.lengths, rows, texts["benchmark"][shown.benchmark], rules)
    document = {"run_words": rules.benchmark_words, "named": counted, "not_named": list(benchmarks.not_named)}
    return sieve.without(found.texts, RULE, details), document


def _counted(benchmarks: Benchmarks, lengths: Places, rows: pl.DataFrame, anchors: pl.Series, rules: MixRules) -> dict[str, dict[str, int]]:
    """Benchmark -> its texts, those of them that are short, and the rows and anchors that hold one of its runs."""
    short = pl.col("words") < rules.benchmark_words
    tiny = pl.col("words") < rules.fewest_benchmark_words
    texts = benchmarks.texts.select("benchmark", "line").with_columns(pl.Series("words", lengths))
    by_name = texts.group_by("benchmark").agg(texts=pl.len(), short=(short & ~tiny).sum(), whole=tiny.sum()).sort("benchmark")
    left = rows.group_by("benchmark").agg(rows=pl.len(), human_rows=(pl.col("origin") == "human").sum(), tokens=pl.col("tokens").sum())
    kept = anchors.rename("benchmark").to_frame().group_by("benchmark").agg(anchors=pl.len())
    found = by_name.join(left, on="benchmark", how="left").join(kept, on="benchmark", how="left").fill_null(0).sort("benchmark")
    return {one.pop("benchmark"): one for one in found.to_dicts()}


def benchmark_words(mix: Mapping[str, Any]) -> Sequence[str]:
    """One sentence for each benchmark: what was compared with, and what left for it."""
    said = mix.get("benchmarks") or {"named": {}}
    return [_words(name, found) for name, found in said["named"].items()]


def benchmark_alarms(mix: Mapping[str, Any]) -> Sequence[str]:
    """Anchors that hold a benchmark's text, and benchmarks that somebody stopped to name."""
    said = mix.get("benchmarks") or {"named": {}, "not_named": ()}
    shown = [
        f"{found['anchors']:,} anchors hold a run of words of benchmark {name}: every cycle trains on them, and its score says less"
        for name, found in said["named"].items()
        if found["anchors"]
    ]
    return shown + [
        f"benchmark {name} was pinned and heirloom.toml names it no more: no row was compared with it" for name in said["not_named"]
    ]


def _words(name: str, found: Mapping[str, int]) -> str:
    said = f"benchmark {name}: {found['rows']:,} rows left out ({found['human_rows']:,} human) for a run of its {found['texts']:,} texts"
    notes = [f"{found['short']:,} are short and sought as one run"] * bool(found["short"])
    notes += [f"{found['whole']:,} are so short that only a row of just these words is found"] * bool(found["whole"])
    return "; ".join([said, *notes])


def _tables(benchmarks: Words, run_words: int, fewest_words: int) -> list[_Table]:
    sizes = np.minimum(benchmarks.lengths, run_words)
    return [
        _table(benchmarks, np.flatnonzero(sizes == size), int(size), whole=bool(size < min(fewest_words, run_words)))
        for size in np.unique(sizes[sizes > 0])
    ]


def _table(benchmarks: Words, places: Places, size: int, *, whole: bool) -> _Table:
    found = shingles(benchmarks.take(places), size)
    runs, first = np.unique(found.hashes, return_index=True)
    occurs = np.zeros(1 << int(_FILTER_BITS), dtype=np.bool_)
    occurs[runs >> (np.uint64(64) - _FILTER_BITS)] = True
    return _Table(size=size, whole=whole, runs=runs, owners=places[found.owners[first]], occurs=occurs)


def _hits(words: Words, table: _Table) -> Places:
    """Rows of (text, benchmark text, words of the run), repeats included."""
    texts = np.flatnonzero(words.lengths == table.size) if table.whole else np.arange(words.texts)
    found = shingles(words.take(texts) if table.whole else words, table.size)
    likely = np.flatnonzero(table.occurs[found.hashes >> (np.uint64(64) - _FILTER_BITS)])
    at = np.minimum(np.searchsorted(table.runs, found.hashes[likely]), table.runs.size - 1)
    same = table.runs[at] == found.hashes[likely]
    owners = table.owners[at[same]]
    return np.column_stack((texts[found.owners[likely[same]]], owners, np.full(owners.size, table.size, dtype=np.int64)))
