"""What raters say of pairs, and what it adds up to: win rates with intervals, and how far raters agree."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from governance.provenance.corpus.shares import wilson

LEFT, RIGHT, SAME = "left", "right", "same"
CHOICES = (LEFT, RIGHT, SAME)
QUESTIONS: Mapping[str, str] = {
    "variety": "Which side says more different things, in more different ways?",
    "nuance": "Which side is more like our own writing: its nuance, its register, its local knowledge?",
    "novelty": "Which side has something in it that you could not have guessed?",
}
VOTE_SCHEMA = pl.Schema({"pair_id": pl.String, "rater": pl.String, "question": pl.String, "choice": pl.String})


@dataclass(frozen=True, slots=True, kw_only=True)
class WinRate:
    """How often the candidate was preferred to the other model; "same" counts half.

    The unit is a pair: the votes of several raters on one pair are one opinion, averaged. `low` and `high` are the 95 % Wilson interval on
    so many pairs (Wilson 1927), which is valid for averages too, because a value in [0, 1] varies no more than a coin of the same mean.
    `agreement` is Krippendorff's alpha (2011), nominal: 1 = always the same choice, 0 = as chance has it; None where no pair has two raters
    or nobody ever chose differently. `left_share` is how often the left side won among votes for a side: far from a half, position decided.
    """

    question: str
    part: str
    pairs: int
    votes: int
    raters: int
    rate: float
    low: float
    high: float
    agreement: float | None
    left_share: float | None

    def document(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


ALL = "all"


def win_rates(votes: pl.DataFrame, key: pl.DataFrame, slices: Mapping[str, str]) -> tuple[WinRate, ...]:
    """One rate a question over all pairs, and one a slice; `votes` has `VOTE_SCHEMA`, `key` says on which side the candidate stood.

    Questions that nobody answered are not among them.
    """
    said = votes.join(key, on="pair_id", how="inner").with_columns(
        pl.col("pair_id").replace_strict(slices, default="none", return_dtype=pl.String).alias("part"),
        pl.when(pl.col("choice") == SAME)
        .then(0.5)
        .otherwise(((pl.col("choice") == LEFT) == pl.col("candidate_left")).cast(pl.Float64))
        .alias("score"),
    )
    found = []
    for question in QUESTIONS:
        answered = said.filter(pl.col("question") == question)
        parts = [ALL, *sorted(answered["part"].unique())]
        found += [_rate(answered if part == ALL else answered.filter(pl.col("part") == part), question, part) for part in parts]
    return tuple(rate for rate in found if rate.votes)


def krippendorff(units: Sequence[Sequence[str]]) -> float | None:
    """Alpha of nominal choices, a sequence a unit; units with one choice say nothing of agreement.

    1 - observed over expected disagreement (Krippendorff 2011, "Computing Krippendorff's alpha-reliability").
    """
    paired = [unit for unit in units if len(unit) > 1]
    names = sorted({choice for unit in paired for choice in unit})
    counts = np.array([[unit.count(name) for name in names] for unit in paired], dtype=np.float64)
    if len(names) < 2:
        return None
    per_unit, per_name = counts.sum(axis=1), counts.sum(axis=0)
    number = counts.sum()
    apart = (per_unit**2 - (counts**2).sum(axis=1)) / (per_unit - 1)
    expected = (number**2 - (per_name**2).sum()) / (number - 1)
    return float(1 - apart.sum() / expected)


def _rate(said: pl.DataFrame, question: str, part: str) -> WinRate:
    by_pair = said.group_by("pair_id").agg(pl.col("score").mean(), pl.col("choice")).sort("pair_id")
    rate = float(by_pair["score"].mean() or 0.0)  # type: ignore[arg-type]
    low, high = wilson(rate, by_pair.height)
    sided = said.filter(pl.col("choice") != SAME)
    return WinRate(
        question=question,
        part=part,
        pairs=by_pair.height,
        votes=said.height,
        raters=said["rater"].n_unique(),
        rate=rate,
        low=low,
        high=high,
        agreement=krippendorff(by_pair["choice"].to_list()),
        left_share=float((sided["choice"] == LEFT).mean()) if sided.height else None,  # type: ignore[arg-type]
    )
