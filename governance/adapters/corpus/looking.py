"""What is dear to look at, over a sample's rows: near-duplicates, artefacts, openings, and copies of what our own models wrote."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.near import near_duplicates
from governance.mixing.quality import FEWEST_RUNS, LOOPING, TEXT_RULES, repeated_runs
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.provenance.corpus.emitted import OwnEmissions, own_emissions
from governance.provenance.corpus.openings import Opening, openings
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.corpus.shares import Counted
from governance.provenance.corpus.tally import ORIGINS
from governance.provenance.emissions import Emissions
from governance.provenance.kernels import Kernels
from governance.provenance.row import Origin
from governance.provenance.words import Words, read_words

Show = Callable[[int, int, str], None]

CLUSTERS_SHOWN = 8
STEPS = ("words", "near-duplicates", "artefacts", "openings", "own emissions")
_PRIORITY = {
    name: place for place, name in enumerate((Origin.HUMAN, Origin.HYBRID, Origin.EXPOSED, Origin.WEAK, Origin.UNKNOWN, Origin.MODEL))
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Near:
    """Rows long enough to be compared, and how many of them nearly repeat another row that stays.

    `pairs`: (origin of the row, origin of the row that it repeats) -> rows. `clusters`: the rows that most others repeat.
    """

    counted: Counted
    pairs: Mapping[tuple[str, str], int]
    clusters: Sequence[tuple[str, int]]

    def document(self) -> dict[str, Any]:
        pairs = [{"origin": one, "repeats": other, "rows": rows} for (one, other), rows in self.pairs.items()]
        clusters = [{"row_id": row_id, "repeated_by": rows} for row_id, rows in self.clusters]
        return {**self.counted.document(), "pairs": pairs, "clusters": clusters}


@dataclass(frozen=True, slots=True, kw_only=True)
class LookRules:
    """The sections of a policy that say what a near-duplicate, an artefact and a copy of our own are."""

    mixing: MixRules
    selection: SelectionRules
    corpus: CorpusRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """Everything that was found in a sample's rows; `own` is None where no emissions are known."""

    near: Near
    artefacts: Mapping[str, Mapping[str, int]]
    openings: Sequence[Opening]
    own: OwnEmissions | None


def look_closely(rows: pl.DataFrame, rules: LookRules, emissions: Emissions | None, kernels: Kernels, show: Show) -> Looked:
    """Look at every row of a sample; `show` is told each of the `STEPS` before it is done."""

    def next_step(place: int) -> None:
        show(place, len(STEPS), STEPS[place] if place < len(STEPS) else "done")

    next_step(0)
    words = read_words(rows["text"].to_list(), kernels)
    next_step(1)
    repeated = near(rows, words, rules.mixing, kernels)
    next_step(2)
    damaged = artefacts(rows, words, rules.selection)
    next_step(3)
    opened = openings(rows, rules.corpus.fewest_documents)
    next_step(4)
    own = own_emissions(rows, emissions, rules.corpus.emitted_percent) if emissions else None
    next_step(5)
    return Looked(near=repeated, artefacts=damaged, openings=opened, own=own)


def near(rows: pl.DataFrame, words: Words, rules: MixRules, kernels: Kernels) -> Near:
    """Near-duplicates among rows, whose `words` are given, by the mix's own rule; of two origins the human text stays."""
    first = pl.col("origin").replace_strict(_PRIORITY, return_dtype=pl.Int64)
    ordered = rows.select("row_id", "origin", first.alias("first")).with_row_index("place").sort("first", "row_id", maintain_order=True)
    moved = words.take(ordered["place"].cast(pl.Int64).to_numpy())
    found = near_duplicates(moved, rules.near_duplicate_jaccard_percent, rules.shingle_words, kernels)
    pairs = pl.DataFrame({"one": ordered["origin"][found.dropped], "other": ordered["origin"][found.kept]})
    counts = pairs.group_by("one", "other").len().sort("len", "one", "other", descending=[True, False, False])
    leaders = ordered["row_id"][found.kept].to_frame("row_id").group_by("row_id").len().sort("len", "row_id", descending=[True, False])
    return Near(
        counted=Counted(hits=len(found.dropped), rows=int((words.lengths >= rules.shingle_words).sum())),
        pairs={(one, other): rows for one, other, rows in counts.iter_rows()},
        clusters=tuple(leaders.head(CLUSTERS_SHOWN).iter_rows()),
    )


def artefacts(rows: pl.DataFrame, words: Words, rules: SelectionRules) -> Mapping[str, Mapping[str, int]]:
    """Rule of damage -> origin -> rows in which it was found, by the rules that a mix is filtered with."""
    seen = rows.select("origin", *((rule.found > 0).alias(rule.name) for rule in TEXT_RULES))
    seen = seen.with_columns(pl.Series(LOOPING, _loops(words, rules)))
    sums = {one["origin"]: one for one in seen.group_by("origin").agg(pl.exclude("origin").sum()).to_dicts()}
    names = [*(rule.name for rule in TEXT_RULES), LOOPING]
    return {name: {origin: sums[origin][name] for origin in ORIGINS if origin in sums and sums[origin][name]} for name in names}


def _loops(words: Words, rules: SelectionRules) -> np.ndarray[Any, np.dtype[np.bool_]]:
    repeated, of = repeated_runs(words)
    return np.asarray((of >= FEWEST_RUNS) & (repeated * 100 >= rules.looping_percent * of), dtype=np.bool_)


def tokens_of(rows: pl.DataFrame) -> Mapping[str, int]:
    """Origin -> tokens of a sample's rows."""
    sums = dict(rows.group_by("origin").agg(pl.col("tokens").sum()).iter_rows())
    return {origin: sums[origin] for origin in ORIGINS if origin in sums}
