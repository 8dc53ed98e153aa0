"""The green lists of transformers' watermark, looked up instead of drawn anew for every token."""

from functools import lru_cache
from typing import Any

import numpy as np

from governance.provenance.watermark import Mark

KEPT_BYTES = 1 << 27
"""Green lists kept at a time: a list is a byte per token of the vocabulary."""


class GreenLists:
    """Which tokens are green after a token, by `WatermarkLogitsProcessor` (scheme `lefthash`, one token of context) on the CPU."""

    def __init__(self, mark: Mark, vocabulary: int) -> None:
        from transformers import WatermarkLogitsProcessor

        self.mark, self.vocabulary = mark, vocabulary
        settings = settings_of(mark)
        self.processor = WatermarkLogitsProcessor(vocab_size=vocabulary, device="cpu", **settings)
        self.after = lru_cache(maxsize=max(256, KEPT_BYTES // vocabulary))(self._after)

    def factors(self, previous: Any) -> Any:
        """For each row's last token, what every next token's probability is multiplied by before it is normalised."""
        import torch

        green = torch.stack([self.after(token) for token in previous.tolist()])
        return 1.0 + green * (float(np.exp(self.mark.bias)) - 1.0)

    def _after(self, token: int) -> Any:
        import torch

        return self.processor(torch.tensor([[token]]), torch.zeros(1, self.vocabulary))[0] > 0


def settings_of(mark: Mark) -> dict[str, Any]:
    """A mark as `WatermarkingConfig` takes it."""
    return {
        "greenlist_ratio": mark.green_percent / 100,
        "bias": mark.bias,
        "hashing_key": mark.key,
        "seeding_scheme": "lefthash",
        "context_width": 1,
    }


@lru_cache(maxsize=4)
def green_lists(mark: Mark, vocabulary: int) -> GreenLists:
    """The lists of a mark over a vocabulary, kept from call to call."""
    return GreenLists(mark, vocabulary)
