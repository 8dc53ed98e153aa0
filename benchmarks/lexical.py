"""The lexical suite (distinct-1..3, bigram entropy, type-token ratio) against collections.Counter and polars, in one run, as ratios.

Every contestant starts from the same texts already cut into words; ours from word numbers, which one pass over the texts made and which is
timed on its own line. CPU seconds of this process; a figure counts only if the values agree to 1e-9.

`least_cpu_s` is what no way of ours can do without: the words as one run of bytes, before any is numbered, and four sorts of as many
numbers (of single words and of words of a text in 32 bits, of pairs and triples in 64), before any is counted.
"""

import json
import math
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, TypeVar

import numpy as np
import polars as pl

from governance.collapse import diversity
from governance.collapse.ngrams import grouped_counts
from governance.collapse.samples import HumanWords, Samples, SampleSet, no_numbers, number_words, set_of

TEXTS, LENGTH, VOCABULARY = 8000, 128, 30_000
Found = TypeVar("Found")


def corpus(texts: int) -> list[list[str]]:
    rng = np.random.Generator(np.random.Philox(1))
    chances = 1 / np.arange(1, VOCABULARY + 1)
    drawn = rng.choice(VOCABULARY, size=(texts, LENGTH), p=chances / chances.sum())
    names = [f"word{i}" for i in range(VOCABULARY)]
    return [[names[w] for w in row] for row in drawn]


def numbered(said: list[list[str]]) -> SampleSet:
    numbers = no_numbers()
    words = number_words(chain.from_iterable(said), numbers)
    return set_of(words, np.array([len(t) for t in said]), np.arange(len(said)) // 4, len(numbers))


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


def least(said: list[list[str]], drawn: Sequence[np.ndarray[Any, Any]]) -> int:
    """The joining and the sorts alone."""
    joined = "\n".join(chain.from_iterable(said)).encode()
    return len(joined) + sum(np.sort(numbers).size for numbers in drawn)


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
    number_s, samples = timed(lambda: numbered(said), 3)
    five_fold = numbered(corpus(5 * TEXTS))
    frame = pl.DataFrame({"text": np.repeat(np.arange(TEXTS), LENGTH), "a": [w for text in said for w in text]})
    our_s, our = timed(lambda: ours(samples), 5)
    counter_s, counted = timed(lambda: by_counter(said), 2)
    polars_s, grouped = timed(lambda: by_polars(frame), 3)
    five_s, _ = timed(lambda: ours(five_fold), 3)
    rng = np.random.Generator(np.random.Philox(2))
    drawn = [rng.integers(0, 2**bits, TEXTS * LENGTH).astype(kind) for bits, kind in ((22, "i4"), (28, "i4"), (37, "i8"), (52, "i8"))]
    least_s, _ = timed(lambda: least(said, drawn), 5)
    assert np.allclose(our, counted, atol=1e-9)
    assert np.allclose(our, grouped, atol=1e-9)
    tokens = TEXTS * LENGTH / 1e6
    print(
        json.dumps(
            {
                "ours_mtok_per_cpu_s": round(tokens / our_s, 2),
                "numbering_cpu_s": round(number_s, 3),
                "ours_cpu_s": round(our_s, 3),
                "least_cpu_s": round(least_s, 3),
                "counter_over_least": round(counter_s / least_s, 1),
                "counter_over_ours": round(counter_s / our_s, 1),
                "counter_over_ours_with_numbering": round(counter_s / (our_s + number_s), 1),
                "polars_over_ours": round(polars_s / our_s, 1),
                "five_fold_cost": round(five_s / our_s, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
