"""Self-ROUGE without comparing texts two by two against rouge_score over all pairs, in one run, as a ratio; only where the values agree."""

import itertools
import json
import time
from collections.abc import Callable

import numpy as np

from governance.collapse.rouge import rouge_sums
from governance.collapse.samples import set_of

TEXTS, MANY, VOCABULARY, ORDER = 200, 100_000, 5000, 2
SHORTEST, LONGEST = 16, 64


def drawn(texts: int) -> list[np.ndarray]:
    """Texts of Zipf words, of uneven lengths: their F1 have many denominators."""
    rng = np.random.Generator(np.random.Philox(3))
    chances = 1 / np.arange(1, VOCABULARY + 1)
    lengths = rng.integers(SHORTEST, LONGEST + 1, texts)
    words = rng.choice(VOCABULARY, size=int(lengths.sum()), p=chances / chances.sum()).astype(np.int64)
    return np.split(words, np.cumsum(lengths)[:-1])


def ours(texts: list[np.ndarray]) -> float:
    count = len(texts)
    samples = set_of(np.concatenate(texts), np.array([len(t) for t in texts]), np.zeros(count, dtype=np.int64), VOCABULARY)
    return float(rouge_sums(samples, ORDER)[0]) / (count * (count - 1))


def by_rouge_score(texts: list[np.ndarray]) -> float:
    """Its F1 is symmetric, so half of the ordered pairs are enough: the peer is not asked for work that it need not do."""
    from rouge_score.rouge_scorer import RougeScorer

    scorer, name = RougeScorer([f"rouge{ORDER}"], use_stemmer=False), f"rouge{ORDER}"
    said = [" ".join(f"w{w}" for w in text) for text in texts]
    found = [scorer.score(one, other)[name].fmeasure for one, other in itertools.combinations(said, 2)]
    return sum(found) / len(found)


def timed(work: Callable[[], float]) -> tuple[float, float]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def main() -> None:
    texts, many = drawn(TEXTS), drawn(MANY)
    our_s, our = min(timed(lambda: ours(texts)) for _ in range(5))
    peer_s, peer = timed(lambda: by_rouge_score(texts))
    tenth_s, _ = min(timed(lambda: ours(many[: MANY // 10])) for _ in range(5))
    many_s, _ = min(timed(lambda: ours(many)) for _ in range(3))
    assert abs(our - peer) <= 1e-12, (our, peer)
    print(
        json.dumps(
            {
                "ours_cpu_s": round(our_s, 4),
                "rouge_score_over_ours": round(peer_s / our_s),
                "goal": 200,
                "difference": abs(our - peer),
                "cpu_s_of_100k_texts": round(many_s, 1),
                "ten_fold_cost_up_to_100k": round(many_s / tenth_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
