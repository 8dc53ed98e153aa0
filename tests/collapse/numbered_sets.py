"""Small sample sets of word numbers, drawn by Hypothesis or written by hand."""

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from governance.collapse.samples import HumanWords, Samples, SampleSet, set_of

VOCABULARY = 9


@st.composite
def sample_sets(draw) -> tuple[SampleSet, list[list[int]], list[int]]:
    prompts = sorted(draw(st.lists(st.integers(0, 4), min_size=3, max_size=12).filter(lambda p: len(set(p)) > 1)))
    prompts = [sorted(set(prompts)).index(p) for p in prompts]
    said = [draw(st.lists(st.integers(0, VOCABULARY - 1), max_size=9)) for _ in prompts]
    return made(said, prompts), said, prompts


def made(said: list[list[int]], prompts: list[int], vocabulary: int = VOCABULARY) -> SampleSet:
    flat = np.array([w for text in said for w in text], dtype=np.int64)
    return set_of(flat, np.array([len(t) for t in said], dtype=np.int64), np.array(prompts, dtype=np.int64), vocabulary)


def context(
    human: list[int], documents: Sequence[list[int]] = (), *, vocabulary: tuple[str, ...] = (), slices: tuple[str, ...] = ()
) -> Samples:
    counts = np.array(human, dtype=np.int64)
    written = made(list(documents), list(range(len(documents))), len(human)) if documents else None
    return Samples(
        sets={},
        vocabulary=vocabulary or tuple(f"wort{i}" for i in range(len(human))),
        human=HumanWords(counts=counts, rare=counts == 1, documents=written, slices=slices),
        temperature=1.0,
        prompt_count=5,
        budget_words=0,
    )
