"""What nobody knows is said, and never rounded away."""

import pytest

from governance.provenance.descent import Bounds, Descent, human_text, synthetic_text, uncounted_text, unknown_text
from governance.provenance.descent_words import depth_words, share_words, token_words

PAST = uncounted_text(Bounds(low=100, high=400))


@pytest.mark.parametrize(
    ("descent", "tokens", "share", "depth"),
    [
        (human_text(1000), "1,000 tokens", "0.0 %", "0"),
        (
            human_text(600) + unknown_text(400),
            "1,000 tokens, 400 of them unknown",
            "0.0 to 40.0 %",
            "at least 0, the past before adoption is unknown",
        ),
        (PAST, "a past that nobody counted", "10.0 to 40.0 %", "at least 1, the past before adoption is unknown"),
        (
            human_text(1000) + PAST,
            "1,000 tokens, beside a past that nobody counted",
            "0.0 to 40.0 %",
            "at least 1, the past before adoption is unknown",
        ),
        (uncounted_text(Bounds(low=0, high=0)) + human_text(5), "5 tokens, beside a past that nobody counted", "0.0 %", "0"),
        (synthetic_text(10, passages=2000, depth=2), "10 tokens", "100.0 %", "2"),
    ],
)
def test_a_descent_in_words(descent: Descent, tokens: str, share: str, depth: str) -> None:
    assert (token_words(descent), share_words(descent.share), depth_words(descent)) == (tokens, share, depth)
