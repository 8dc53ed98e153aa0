"""A tiny corpus of reports in which common words are common and most names rare, for models that learn in milliseconds."""

import numpy as np

NAMES = [f"{first}{last}" for first in ("Ada", "Bo", "Cy", "Di", "Eve", "Flo") for last in ("berg", "dale", "ford", "holm", "lund", "wick")]
VERBS, PLACES = ("visits", "leaves", "paints", "counts"), ("market", "harbour", "school", "bridge", "mill", "station", "garden")


def corpus(seed: int, texts: int) -> list[str]:
    """Small reports in which common words are common and most names rare."""
    stream = np.random.Generator(np.random.Philox(seed))
    rank = 1 / np.arange(1, len(NAMES) + 1)
    names = stream.choice(NAMES, size=(texts, 5), p=rank / rank.sum())
    verbs, places = stream.choice(VERBS, size=(texts, 5)), stream.choice(PLACES, size=(texts, 5), p=[0.4, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03])
    return [
        " ".join(f"{name} {verb} the {place}." for name, verb, place in zip(*row, strict=True))
        for row in zip(names, verbs, places, strict=True)
    ]


def silent(_done: int, _total: int, _words: str) -> None:
    """Nobody watches."""
