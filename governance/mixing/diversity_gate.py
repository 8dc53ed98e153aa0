"""The diversity gate: model text that says less than people's at the same length does not enter the mix.

It is asked before near-duplicates and templates are thinned: a filter that takes the copies out of a flood makes what is left look diverse.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.errors import RefusedError
from governance.mixing.diversity import FEWEST_PAIRS, POINTS, RUN_WORDS, Comparison, Reading, Side, compare
from governance.mixing.selection_rules import DROP, REFUSE, SelectionRules
from governance.mixing.sieve import BY_POLICY, Sieve
from governance.provenance.hashing import Places, seeded_keys
from governance.provenance.words import AnyWords, Words, read_words

RULE = "low-diversity"
PASS, BLOCK, INCONCLUSIVE = "pass", "block", "inconclusive"
TOO_SMALL = "too small to judge"
OTHERS = "others"
"""Groups that are too small alone, judged together: a flood under many names is one flood."""
_GROUP = ["generator", "origin", "slice"]
_MOST_ROWS = 2_000
"""Rows of a group, and human rows of a stratum, that draws are made from."""
_ANY = 0
"""The stratum of slices in which people wrote too little: they are compared with human rows of all slices."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the gate says of one group (generator, origin, slice); `at` are the places of its rows in the sieve."""

    group: tuple[str, ...]
    at: Places
    compared: Comparison | None

    @property
    def verdict(self) -> str:
        """Block where any interval is beyond its limit, pass where all are inside."""
        if self.compared is None:
            return INCONCLUSIVE
        readings = self.compared.readings.values()
        if any(reading.beyond for reading in readings):
            return BLOCK
        return PASS if all(reading.inside for reading in readings) else INCONCLUSIVE

    @property
    def reason(self) -> str:
        """The readings that keep it from passing, in words."""
        if self.compared is None:
            return TOO_SMALL
        blocked = self.verdict == BLOCK
        told = {name: found for name, found in self.compared.readings.items() if (found.beyond if blocked else not found.inside)}
        return "; ".join(_told(name, found) for name, found in told.items())

    def document(self) -> dict[str, Any]:
        found = {"rows": self.at.size, "verdict": self.verdict, "reason": self.reason}
        return dict(zip(_GROUP, self.group, strict=True)) | found | (asdict(self.compared) if self.compared else {})


def without_uniform(
    sieve: Sieve, words: AnyWords, anchors: pl.DataFrame, rules: SelectionRules, seed: int
) -> tuple[Sieve, Sequence[Mapping[str, Any]]]:
    """Groups of synthetic rows (generator, origin and slice) that fail leave, or stay and are flagged where policy only wants a report.

    `words` are those of all rows, in the order of their places. Anchors are people's text beside the human rows of the batch.

    Raises: RefusedError naming the groups, where policy refuses a batch that has one.
    """
    judged = judgements(sieve, words.take(sieve.places), anchors, rules, seed)
    failed = [found for found in judged if found.verdict == BLOCK]
    if failed and rules.diversity == REFUSE:
        raise _refusal(sieve, failed)
    at = np.concatenate([np.zeros(0, dtype=np.int64), *(found.at for found in failed)])
    details = [found.reason for found in failed for _ in range(found.at.size)]
    order = np.argsort(at)
    told = [details[place] for place in order.tolist()]
    document = [found.document() for found in judged]
    if rules.diversity == DROP:
        return sieve.without(at[order], RULE, told), document
    return sieve.flagging(at[order], RULE, told, BY_POLICY), document


def judgements(sieve: Sieve, words: AnyWords, anchors: pl.DataFrame, rules: SelectionRules, seed: int) -> Sequence[Judgement]:
    """One for every generator, origin and slice with enough rows, and one for all others together; `words` are those of the rows in the
    sieve.
    """
    at = np.flatnonzero(~sieve.human.to_numpy())
    if not at.size:
        return []
    synthetic = sieve.chosen(at, *_GROUP, "parent_ids", "row_id").with_columns(pl.col("generator", "slice").fill_null("none"))
    rows = _with_founders(synthetic.with_columns(pl.Series("at", at)), words).sort(*_GROUP, "at")
    large = pl.col("founder").sum().over(_GROUP) >= 2 * FEWEST_PAIRS
    groups = [(tuple(map(str, key)), part) for key, part in rows.filter(large).group_by(_GROUP, maintain_order=True)]
    if (small := rows.filter(~large)).height:
        groups.append(((OTHERS,) * len(_GROUP), small))
    people = _People.of(sieve, words, anchors, seed)
    return [
        Judgement(group=key, at=part["at"].to_numpy().astype(np.int64), compared=_judged(part, words, people, rules, seed))
        for key, part in groups
    ]


def _with_founders(rows: pl.DataFrame, words: AnyWords) -> pl.DataFrame:
    """The rows with a column `founder`: false for those without a phrase, and for those that have phrases of another row of their group by
    right, because they were made from it or from the same parent.
    """
    phrased = words.lengths[rows["at"].to_numpy()] >= RUN_WORDS
    parents = rows.select("at", *_GROUP, row_id="parent_ids").explode("row_id").drop_nulls("row_id")
    children = parents.join(rows.select("row_id", *_GROUP), on=["row_id", *_GROUP], how="semi")["at"]
    siblings = parents.filter(pl.col("at") != pl.col("at").min().over("row_id", *_GROUP))["at"]
    related = pl.col("at").is_in(pl.concat([children, siblings]).unique().implode())
    return rows.with_columns((pl.Series(phrased) & ~related).alias("founder"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Human rows and anchors, at most `_MOST_ROWS` of a stratum; `numbers` has the stratum of every slice in which they wrote enough."""

    side: Side
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, sieve: Sieve, words: AnyWords, anchors: pl.DataFrame, seed: int) -> "_People":
        columns = (pl.int_range(pl.len(), dtype=pl.Int64).alias("at"), "row_id", pl.col("slice").fill_null("none"))
        human = sieve.columns("row_id", "slice").select(*columns, pl.lit(value=False).alias("anchor")).filter(sieve.human)
        rows = (
            pl.concat([human, anchors.select(*columns, pl.lit(value=True).alias("anchor"))]).unique("row_id", keep="first").sort("row_id")
        )
        rows = rows.with_columns(pl.Series("key", seeded_keys(rows["row_id"], seed), dtype=pl.UInt64)).sort("key")
        enough = rows.group_by("slice").len().filter(pl.col("len") >= 2 * FEWEST_PAIRS)["slice"].sort().to_list()
        numbers = {name: number for number, name in enumerate(enough, start=_ANY + 1)}
        parts = [(rows.head(_MOST_ROWS), _ANY)]
        parts += [(rows.filter(pl.col("slice") == name).head(_MOST_ROWS), number) for name, number in numbers.items()]
        found = pl.concat([part.with_columns(pl.lit(number, dtype=pl.Int64).alias("stratum")) for part, number in parts])
        ours, anchored = found.filter(~pl.col("anchor")), found.filter("anchor")
        said = words.take(ours["at"].to_numpy()).packed().followed_by(read_words(anchors["text"][anchored["at"]].to_list()))
        return cls(side=_side(said, pl.concat([ours, anchored])), numbers=numbers)


def _side(words: Words, rows: pl.DataFrame) -> Side:
    """The rows that have a phrase at all."""
    long_enough = np.flatnonzero(words.lengths >= RUN_WORDS)
    keys, strata = (rows[name].to_numpy()[long_enough] for name in ("key", "stratum"))
    return Side(words=words.take(long_enough), keys=keys, strata=strata)


def _judged(part: pl.DataFrame, words: AnyWords, people: _People, rules: SelectionRules, seed: int) -> Comparison | None:
    """The rows of one group beside people's rows of the same slices."""
    keys = pl.Series("key", seeded_keys(part["row_id"], seed), dtype=pl.UInt64)
    strata = pl.col("slice").replace_strict(people.numbers, default=_ANY, return_dtype=pl.Int64).alias("stratum")
    rows = part.with_columns(keys, strata).filter("founder").sort("key").head(_MOST_ROWS)
    side = _side(words.take(rows["at"].to_numpy().astype(np.int64)).packed(), rows)
    return compare(side, people.side, loss_percent=rules.diversity_loss_percent, alike_percent=rules.diversity_alike_percent)


def _told(name: str, found: Reading) -> str:
    per_cent = [number / 10 for number in (found.change, found.low, found.high, found.limit)]
    unit = " points" if name in POINTS else " %"
    return "{} {:+.1f}{} [{:+.1f}, {:+.1f}] against people's rows, limit {:+.0f}".format(name, per_cent[0], unit, *per_cent[1:])


def _refusal(sieve: Sieve, failed: Sequence[Judgement]) -> RefusedError:
    rows = sum(found.at.size for found in failed)
    worst = max(failed, key=lambda found: found.at.size)
    return RefusedError(
        f"{rows} synthetic rows in {len(failed)} groups fail the diversity gate; {' '.join(worst.group)}: {worst.reason}",
        where="mix",
        expected="model text as diverse as people's text of its slices, within policy.selection.diversity_loss_percent and _alike_percent",
        fix='take these rows out of the batch, or let the mix leave them out: policy.selection.diversity = "drop"',
        examples=sieve.chosen(np.concatenate([found.at for found in failed]), "row_id")["row_id"].sort().to_list(),
    )
