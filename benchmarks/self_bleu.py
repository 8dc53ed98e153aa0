"""Exact leave-one-out self-BLEU against nltk and sacrebleu, in one run, as ratios; a figure counts only where the values agree."""

import json
import time
import warnings
from collections.abc import Callable

import numpy as np

from governance.collapse.bleu import bleu_scores

TEXTS, MANY, LENGTH, VOCABULARY = 400, 100_000, 64, 5000


def drawn(texts: int) -> np.ndarray:
    rng = np.random.Generator(np.random.Philox(2))
    chances = 1 / np.arange(1, VOCABULARY + 1)
    return rng.choice(VOCABULARY, size=(texts, LENGTH), p=chances / chances.sum()).astype(np.int64)


def ours(words: np.ndarray) -> np.ndarray:
    texts = len(words)
    return bleu_scores(words.ravel(), np.full(texts, LENGTH), np.zeros(texts, dtype=np.int64), VOCABULARY)


def by_nltk(words: np.ndarray) -> np.ndarray:
    from nltk.translate.bleu_score import SmoothingFunction, sentence_bleu

    said, smooth = words.tolist(), SmoothingFunction().method1
    return np.array([sentence_bleu(said[:i] + said[i + 1 :], text, smoothing_function=smooth) for i, text in enumerate(said)])


def by_sacrebleu(words: np.ndarray) -> np.ndarray:
    import sacrebleu

    scorer = sacrebleu.BLEU(tokenize="none", smooth_method="floor", smooth_value=0.1, effective_order=True, force=True)
    said = [" ".join(f"w{w}" for w in text) for text in words.tolist()]
    return np.array([scorer.sentence_score(text, said[:i] + said[i + 1 :]).score / 100 for i, text in enumerate(said)])


def timed(work: Callable[[], np.ndarray]) -> tuple[float, np.ndarray]:
    start = time.process_time()
    result = work()
    return time.process_time() - start, result


def main() -> None:
    warnings.simplefilter("ignore")
    words = drawn(TEXTS)
    our_s, our = min((timed(lambda: ours(words)) for _ in range(5)), key=lambda pair: pair[0])
    nltk_s, slow = timed(lambda: by_nltk(words))
    sacre_s, sacre = timed(lambda: by_sacrebleu(words))
    many_s, _ = timed(lambda: ours(drawn(MANY)))
    apart = float(np.abs(our - slow).max())
    assert apart <= 1e-12, apart
    print(
        json.dumps(
            {
                "ours_cpu_s": round(our_s, 4),
                "nltk_over_ours": round(nltk_s / our_s),
                "sacrebleu_over_ours": round(sacre_s / our_s),
                "largest_difference_from_nltk": apart,
                "largest_difference_from_sacrebleu": float(np.abs(our - sacre).max()),
                "cpu_s_of_100k_texts": round(many_s, 1),
            }
        )
    )


if __name__ == "__main__":
    main()
