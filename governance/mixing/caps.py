"""The two limits of a mix, as integers: how many synthetic tokens human tokens carry, and how many anchor tokens the rest needs."""


def synthetic_limit(human_tokens: int, cap_percent: int) -> int:
    """The most synthetic tokens s with s * 100 <= cap_percent * (human + s). Anchors never make room for synthetic text."""
    return cap_percent * human_tokens // (100 - cap_percent)


def human_need(synthetic_tokens: int, cap_percent: int) -> int:
    """The fewest human tokens that carry so many synthetic ones: the inverse of `synthetic_limit`."""
    return -(-synthetic_tokens * (100 - cap_percent) // cap_percent)


def anchor_need(other_tokens: int, anchor_percent: int) -> int:
    """The fewest anchor tokens a with a * 100 >= anchor_percent * (a + other)."""
    return -(-anchor_percent * other_tokens // (100 - anchor_percent))


def holds(*, anchor: int, human: int, synthetic: int, cap_percent: int, anchor_percent: int, uncounted: int = 0) -> bool:
    """True where tokens of the three roles meet both limits; the cap with and without anchors.

    `uncounted` are tokens of synthetic rows beyond the ones that the cap counts (see `governance.mixing.weights`): they make no room.
    """
    capped = synthetic * 100 <= cap_percent * (human + synthetic)
    return capped and anchor * 100 >= anchor_percent * (anchor + human + synthetic + uncounted)
