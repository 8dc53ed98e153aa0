"""The numbers that texts are drawn by: one stream per prompt, whatever model reads them and whatever they are batched with."""

import numpy as np
import numpy.typing as npt

DRAW_STREAM = 0x64726177
"""Upper half of the second Philox key word, so that no other use of a seed draws the same numbers."""


def uniforms(seed: int, prompt: int, count: int) -> npt.NDArray[np.float64]:
    """The first `count` numbers in [0, 1) of prompt number `prompt`: a function of (seed, prompt); fewer are a prefix of more."""
    key = np.array([seed, (DRAW_STREAM << 32) + prompt], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key)).random(count)
