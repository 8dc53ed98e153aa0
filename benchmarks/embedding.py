"""Embedding spread in closed form and the Vendi score from the small matrix against all pairs and the large one, in one run, as ratios."""

import json
import time
from collections.abc import Callable

import numpy as np

from governance.collapse.embedding import mean_distance
from governance.collapse.vendi import kernel_score, vendi_score

TEXTS, DIMENSIONS, MANY = 2000, 256, 100_000


def drawn(texts: int) -> np.ndarray:
    """Unit vectors around a common direction, as texts of one language are."""
    rng = np.random.Generator(np.random.Philox(4))
    vectors = rng.normal(size=(texts, DIMENSIONS)) * (1 / np.sqrt(1 + np.arange(DIMENSIONS))) + 0.1
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def spread(vectors: np.ndarray) -> float:
    total = vectors.sum(axis=0)
    return mean_distance(float(total @ total), float(len(vectors)))


def spread_of_all_pairs(vectors: np.ndarray) -> float:
    cosines = vectors @ vectors.T
    return float((1 - cosines[np.triu_indices(len(vectors), 1)]).mean())


def vendi_of_all_pairs(vectors: np.ndarray) -> float:
    """The published form: the n x n kernel and its eigenvalues."""
    return kernel_score(vectors @ vectors.T / len(vectors))


def timed(work: Callable[[], float], times: int = 1) -> tuple[float, float]:
    spent, result = [], 0.0
    for _ in range(times):
        start = time.process_time()
        result = work()
        spent.append(time.process_time() - start)
    return min(spent), result


def main() -> None:
    vectors, many = drawn(TEXTS), drawn(MANY)
    spread_s, near = timed(lambda: spread(vectors), 20)
    pairs_s, far = timed(lambda: spread_of_all_pairs(vectors))
    vendi_s, small = timed(lambda: vendi_score(vectors), 5)
    kernel_s, large = timed(lambda: vendi_of_all_pairs(vectors))
    many_spread_s, _ = timed(lambda: spread(many))
    many_vendi_s, _ = timed(lambda: vendi_score(many))
    assert abs(near - far) <= 1e-9, (near, far)
    assert abs(small - large) <= 1e-9 * large, (small, large)
    print(
        json.dumps(
            {
                "spread_all_pairs_over_ours": round(pairs_s / spread_s),
                "vendi_all_pairs_over_ours": round(kernel_s / vendi_s),
                "spread_difference": abs(near - far),
                "vendi_relative_difference": abs(small - large) / large,
                "spread_cpu_s_of_100k_texts": round(many_spread_s, 3),
                "vendi_cpu_s_of_100k_texts": round(many_vendi_s, 2),
            }
        )
    )


if __name__ == "__main__":
    main()
