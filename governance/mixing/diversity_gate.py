"""The diversity gate: model text that says less than people's at the same length does not enter the mix.

It is asked before near-duplicates and templates are thinned: a filter that takes the copies out of a flood makes what is left look diverse.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.errors import RefusedError
from governance.mixing.diversity import FEWEST_PAIRS, POINTS, RUN_WORDS, Comparison, Reading, Side, compare
from governance.mixing.selection_rules import DROP, REFUSE, SelectionRules
from governance.mixing.sieve import BY_POLICY, Sieve
from governance.provenance.hashing import Places, seeded_keys
from governance.provenance.words import AnyWords, Words, read_words
from governance.threads import side_by_side

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
    names, codes = _grouped(sieve, at)
    founders = _founders(sieve, at, codes, words)
    enough = np.bincount(codes[founders], minlength=len(names)) >= 2 * FEWEST_PAIRS
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(names) + 1)).tolist()
    groups = [(names[code], order[edges[code] : edges[code + 1]]) for code in np.flatnonzero(enough).tolist()]
    if (small := np.flatnonzero(~enough[codes])).size:
        groups.append(((OTHERS,) * len(_GROUP), small))
    people, keys = _People.of(sieve, words, anchors, seed), sieve.keys(at, seed)
    strata = np.array([people.numbers.get(slice_, _ANY) for _, _, slice_ in names], dtype=np.int64)

    def judged(group: tuple[tuple[str, ...], Places]) -> Judgement:
        name, own = group
        first = own[founders[own]]
        first = first[np.argsort(keys[first])[:_MOST_ROWS]]
        rows = pl.DataFrame({"key": keys[first], "stratum": strata[codes[first]]})
        return Judgement(group=name, at=at[own], compared=_judged(words.take(at[first]).packed(), rows, people, rules))

    return side_by_side(judged, groups)


def _grouped(sieve: Sieve, at: Places) -> tuple[list[tuple[str, ...]], Places]:
    """(groups in order, the number of its group for each of these rows)."""
    numbers: dict[tuple[str, ...], int] = {}
    parts = []
    for part in sieve.pieces(*_GROUP, at=at):
        rows = part.with_columns(pl.col("generator", "slice").fill_null("none"))
        named = rows.unique(maintain_order=True)
        found = [numbers.setdefault(tuple(map(str, key)), len(numbers)) for key in named.iter_rows()]
        coded = named.with_columns(pl.Series("code", found, dtype=pl.Int32))
        parts.append(rows.join(coded, on=_GROUP, how="left", maintain_order="left")["code"].to_numpy())
    names = sorted(numbers)
    ranks = np.zeros(len(names), dtype=np.int32)
    ranks[[numbers[name] for name in names]] = np.arange(len(names))
    return names, ranks[np.concatenate(parts)]


def _founders(sieve: Sieve, at: Places, codes: Places, words: AnyWords) -> NDArray[np.bool_]:
    """For each of these rows whether it counts: not without a phrase, and not if it has phrases of another row of its group by right,
    because it was made from it or from the same parent.
    """
    founders: NDArray[np.bool_] = words.take(at).lengths >= RUN_WORDS
    made = [part.explode("row_id").drop_nulls("row_id") for part in _numbered(sieve, at, codes, "parent_ids")]
    parents = pl.concat(made)
    if parents.is_empty():
        return founders
    for part in _numbered(sieve, at, codes, "row_id"):
        founders[parents.join(part, on=["row_id", "code"], how="semi")["number"].to_numpy()] = False
    founders[parents.filter(pl.col("number") != pl.col("number").min().over("row_id", "code"))["number"].to_numpy()] = False
    return founders


def _numbered(sieve: Sieve, at: Places, codes: Places, name: str) -> Iterator[pl.DataFrame]:
    """A column of these rows as `row_id`, with the `number` of each among them and the `code` of its group, some after the others."""
    done = 0
    for part in sieve.pieces(name, at=at):
        here = np.arange(done, done + part.height)
        done += part.height
        yield part.select(pl.col(name).alias("row_id"), pl.Series("number", here), pl.Series("code", codes[here]))


@dataclass(frozen=True, slots=True, kw_only=True)
class _People:
    """Human rows and anchors, at most `_MOST_ROWS` of a stratum; `numbers` has the stratum of every slice in which they wrote enough."""

    side: Side
    numbers: Mapping[str, int]

    @classmethod
    def of(cls, sieve: Sieve, words: AnyWords, anchors: pl.DataFrame, seed: int) -> "_People":
        rows, counts = _least(sieve, anchors, seed)
        enough = sorted(name for name, count in counts.items() if count >= 2 * FEWEST_PAIRS)
        numbers = {name: number for number, name in enumerate(enough, start=_ANY + 1)}
        parts = [(rows.head(_MOST_ROWS), _ANY)]
        parts += [(rows.filter(pl.col("slice") == name).head(_MOST_ROWS), number) for name, number in numbers.items()]
        found = pl.concat([part.with_columns(pl.lit(number, dtype=pl.Int64).alias("stratum")) for part, number in parts])
        ours, anchored = found.filter(~pl.col("anchor")), found.filter("anchor")
        said = words.take(ours["at"].to_numpy()).packed().followed_by(read_words(anchors["text"][anchored["at"]].to_list()))
        return cls(side=_side(said, pl.concat([ours, anchored])), numbers=numbers)


def _least(sieve: Sieve, anchors: pl.DataFrame, seed: int) -> tuple[pl.DataFrame, Counter[str]]:
    """(the human rows and anchors of least key of every slice, by key, no more than are asked for; how many there are of each slice).

    An anchor that is a row of the batch too counts once.
    """
    at, done, counts = np.flatnonzero(sieve.human.to_numpy()), 0, Counter[str]()
    left = _keyed(anchors, seed, np.arange(anchors.height), anchor=True).unique("row_id", keep="first", maintain_order=True)
    least = left[:0]
    for part in sieve.pieces("row_id", "slice", at=at):
        rows = _keyed(part, seed, at[done : done + part.height], anchor=False)
        done += part.height
        counts.update(dict(rows.group_by("slice").len().iter_rows()))
        left = left.join(part, on="row_id", how="anti", maintain_order="left")
        least = _first_keys(pl.concat([least, rows]))
    counts.update(left["slice"].to_list())
    return _first_keys(pl.concat([least, left])), counts


def _first_keys(rows: pl.DataFrame) -> pl.DataFrame:
    return rows.sort("key").filter(pl.int_range(pl.len()).over("slice") < _MOST_ROWS)


def _keyed(rows: pl.DataFrame, seed: int, at: Places, *, anchor: bool) -> pl.DataFrame:
    keys = pl.Series("key", seeded_keys(rows["row_id"], seed), dtype=pl.UInt64)
    return rows.select(pl.Series("at", at), "row_id", pl.col("slice").fill_null("none"), pl.lit(anchor).alias("anchor"), keys)


def _side(words: Words, rows: pl.DataFrame) -> Side:
    """The rows that have a phrase at all."""
    long_enough = np.flatnonzero(words.lengths >= RUN_WORDS)
    keys, strata = (rows[name].to_numpy()[long_enough] for name in ("key", "stratum"))
    return Side(words=words.take(long_enough), keys=keys, strata=strata)


def _judged(words: Words, rows: pl.DataFrame, people: _People, rules: SelectionRules) -> Comparison | None:
    """The founders of one group, in the order of their keys, beside people's rows of the same slices."""
    return compare(_side(words, rows), people.side, loss_percent=rules.diversity_loss_percent, alike_percent=rules.diversity_alike_percent)


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
