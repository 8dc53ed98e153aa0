"""The lexical suite (distinct-1..3, bigram entropy, type-token ratio) against collections.Counter and polars, in one run, as ratios.

Every contestant starts from the same texts already cut into words; ours from word numbers, which one pass over the texts made and which is
timed on its own line. CPU seconds of this process; a figure counts only if the values agree to 1e-9.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import chain
from typing import TypeVar

import numpy as np
import polars as pl

from governance.adapters.compiled import PAYS_FROM_TEXTS, fastest
from governance.collapse import diversity
from governance.collapse.ngrams import grouped_counts
from governance.collapse.samples import HumanWords, Samples, SampleSet, set_of
from governance.provenance.kernels import NUMPY, Kernels

TEXTS, LENGTH, VOCABULARY = 8000, 128, 30_000
Found = TypeVar("Found")


def corpus(texts: int) -> list[list[str]]:
    rng = np.random.Generator(np.random.Philox(1))
    chances = 1 / np.arange(1, VOCABULARY + 1)
    drawn = rng.choice(VOCABULARY, size=(texts, LENGTH), p=chances / chances.sum())
    names = [f"word{i}" for i in range(VOCABULARY)]
    return [[names[w] for w in row] for row in drawn]


def numbered(said: list[list[str]], kernels: Kernels) -> SampleSet:
    words, vocabulary = kernels.number_words(list(chain.from_iterable(said)))
    return set_of(words, np.array([len(t) for t in said]), np.arange(len(said)) // 4, len(vocabulary))


def ours(samples: SampleSet) -> list[float]:
    nobody = Samples(
        sets={},
        vocabulary=(),
        human=HumanWords(counts=np.zeros(0, np.int64), rare=np.zeros(0, bool)),
        temperature=1.0,
        prompt_count=1,
        budget_words=0,
    )
    suite = [partial(diversity.distinct, order=n) for n in (1, 2, 3)] + [partial(diversity.entropy, order=2), diversity.type_token_ratio]
    return [statistic(samples, nobody).value for statistic in suite]


def by_counter(said: list[list[str]]) -> list[float]:
    values, entropy = [], 0.0
    for order in (1, 2, 3):
        found = Counter(tuple(text[i : i + order]) for text in said for i in range(len(text) - order + 1))
        total = found.total()
        values.append(len(found) / total)
        if order == 2:
            entropy = -sum(c / total * math.log2(c / total) for c in found.values())
    return [*values, entropy, sum(len(set(t)) for t in said) / sum(map(len, said))]


def by_polars(frame: pl.DataFrame) -> list[float]:
    values, entropy = [], 0.0
    shifted = frame.with_columns(b=pl.col("a").shift(-1).over("text"), c=pl.col("a").shift(-2).over("text"))
    for names in (["a"], ["a", "b"], ["a", "b", "c"]):
        counts = shifted.drop_nulls(names).group_by(names).len()["len"]
        total = counts.sum()
        values.append(len(counts) / total)
        if len(names) == 2:
            share = counts / total
            entropy = -float((share * share.log(2)).sum())
    return [*values, entropy, frame.group_by("text").agg(pl.col("a").n_unique())["a"].sum() / len(frame)]


def timed(work: Callable[[], Found], times: int = 1) -> tuple[float, Found]:
    """CPU seconds of the best of some runs, none of which finds counts that an earlier one kept, and what the last returned."""
    spent = []
    for _ in range(times):
        grouped_counts.cache_clear()
        start = time.process_time()
        result = work()
        spent.append(time.process_time() - start)
    return min(spent), result


def main() -> None:
    said = corpus(TEXTS)
    fastest(PAYS_FROM_TEXTS).number_words(["loaded"])
    by_dict_s, _ = timed(lambda: numbered(said, NUMPY), 5)
    number_s, samples = timed(lambda: numbered(said, fastest(PAYS_FROM_TEXTS)), 5)
    five_fold = numbered(corpus(5 * TEXTS), NUMPY)
    frame = pl.DataFrame({"text": np.repeat(np.arange(TEXTS), LENGTH), "a": [w for text in said for w in text]})
    our_s, our = timed(lambda: ours(samples), 5)
    counter_s, counted = timed(lambda: by_counter(said), 2)
    polars_s, grouped = timed(lambda: by_polars(frame), 3)
    five_s, _ = timed(lambda: ours(five_fold), 3)
    assert np.allclose(our, counted, atol=1e-9)
    assert np.allclose(our, grouped, atol=1e-9)
    tokens = TEXTS * LENGTH / 1e6
    print(
        json.dumps(
            {
                "ours_mtok_per_cpu_s": round(tokens / our_s, 2),
                "numbering_compiled": fastest(PAYS_FROM_TEXTS) is not NUMPY,
                "numbering_cpu_s": round(number_s, 3),
                "numbering_by_dict_cpu_s": round(by_dict_s, 3),
                "ours_cpu_s": round(our_s, 3),
                "counter_over_ours": round(counter_s / our_s, 1),
                "counter_over_ours_with_numbering": round(counter_s / (our_s + number_s), 1),
                "counter_over_ours_with_numbering_by_dict": round(counter_s / (our_s + by_dict_s), 1),
                "polars_over_ours": round(polars_s / our_s, 1),
                "five_fold_cost": round(five_s / our_s, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
