"""The green-list watermark of Kirchenbauer et al. 2023 (arXiv 2301.10226) as values: what a mark is, and what counting its tokens says.

The token before decides, with a secret key, which share of the vocabulary is green; a marked author prefers green tokens by `bias`, in
nats. Whoever has the key counts: text that nobody marked has about its share of green tokens, marked text has more.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST_KEY = 2**63 - 1
"""torch seeds its generators with signed numbers of 64 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A watermark: the share of the vocabulary that is green, by how many nats it is preferred, and the key, which is never shown."""

    key: int = field(repr=False)
    green_percent: int = 25
    bias: float = 2.0

    def __post_init__(self) -> None:
        if not 1 <= self.key <= LARGEST_KEY:
            raise ValueError(f"key: is not in 1..{LARGEST_KEY}")
        if not 1 <= self.green_percent <= 90:
            raise ValueError(f"green_percent: {self.green_percent} is not a percentage in 1..90")
        if not 0 < self.bias <= 10:
            raise ValueError(f"bias: {self.bias} is not in (0, 10]")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Greens:
    """Per text how many distinct pairs of neighbouring tokens there are, and in how many of them the second one is green.

    Pairs are counted once a text: a repeated phrase would be counted as evidence again and again.
    """

    pairs: NDArray[np.int64]
    green: NDArray[np.int64]
    green_percent: int

    @property
    def z(self) -> NDArray[np.float64]:
        """Standard deviations by which the green pairs exceed their share; NaN for a text without a pair.

        One key makes the same common pair green in every text, so that unmarked texts lean to one side together: whoever decides by a z
        compares it with the z of text that is known to be human, never with a table of the normal distribution.
        """
        share = self.green_percent / 100
        with np.errstate(invalid="ignore", divide="ignore"):
            found = (self.green - share * self.pairs) / np.sqrt(self.pairs * share * (1 - share))
        return np.asarray(found, dtype=np.float64)


def count_green(tokens: Sequence[Sequence[int]], green_after: Callable[[int], Any], mark: Mark) -> Greens:
    """Count texts of tokens; `green_after` says for a token, token by token of the vocabulary, which ones are green behind it."""
    pairs = [sorted(set(pairwise(text))) for text in tokens]
    green = [sum(bool(green_after(before)[token]) for before, token in text) for text in pairs]
    lengths = np.array([len(text) for text in pairs], dtype=np.int64)
    return Greens(pairs=lengths, green=np.array(green, dtype=np.int64), green_percent=mark.green_percent)
