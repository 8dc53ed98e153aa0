"""The same watermark for the n-gram model, without torch: its green lists are drawn from Philox streams of (key, token before)."""

from functools import lru_cache

import numpy as np
import numpy.typing as npt

from governance.provenance.watermark import Mark


def factors(mark: Mark, before: int, vocabulary: int) -> npt.NDArray[np.float64]:
    """What every next token's probability is multiplied by before it is normalised."""
    found: npt.NDArray[np.float64] = np.where(green_after(mark, before, vocabulary), np.exp(mark.bias), 1.0)
    return found


@lru_cache(maxsize=8192)
def green_after(mark: Mark, before: int, vocabulary: int) -> npt.NDArray[np.bool_]:
    """Which tokens are green after a token."""
    order = np.random.Generator(np.random.Philox(key=np.array([mark.key, before], dtype=np.uint64))).permutation(vocabulary)
    green = np.zeros(vocabulary, dtype=bool)
    green[order[: vocabulary * mark.green_percent // 100]] = True
    return green
