"""The n-gram trainer: probabilities that sum to one, a real collapse, counts that follow the plan."""

import subprocess
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from trainer_bench import SMALL, job_of, mix_of, sentences

from governance.adapters.ngram_lm.counts import contexts_of, count_blocks, no_counts
from governance.adapters.ngram_lm.drawing import Inverse, coldest, nuclei
from governance.adapters.ngram_lm.words import learn_words
from governance.adapters.trainers.ngram import TRAINER
from governance.ports.language_model import Decoding

blocks_strategy = st.lists(st.lists(st.integers(0, 6), min_size=5, max_size=5), min_size=1, max_size=8)


@given(text=st.text(max_size=60), known=st.lists(st.text(max_size=20), max_size=5))
def test_any_text_comes_back_from_its_tokens(text: str, known: list[str]) -> None:
    words = learn_words([*known, *known], 300)
    assert words.decode(words.encode(text)) == text


@given(blocks=blocks_strategy, before=st.integers(0, 6), last=st.integers(0, 6))
def test_probabilities_are_positive_sum_to_one_and_agree_with_the_score(blocks: list[list[int]], before: int, last: int) -> None:
    counts = count_blocks(np.array(blocks, dtype=np.int32), np.ones(len(blocks)), 8).plus(no_counts(8), 0.7)
    dense = counts.distribution(before, last)
    assert dense.min() > 0
    assert dense.sum() == pytest.approx(1)
    one_by_one = counts.probabilities(np.full(8, before), np.full(8, last), np.arange(8))
    assert np.allclose(dense, one_by_one)


@given(blocks=blocks_strategy)
def test_a_block_planned_twice_counts_as_two_blocks(blocks: list[list[int]]) -> None:
    array = np.array(blocks, dtype=np.int32)
    twice = count_blocks(np.concatenate([array, array]), np.ones(2 * len(array)), 8)
    weighted = count_blocks(array, np.full(len(array), 2.0), 8)
    for mine, theirs in zip(twice.tables, weighted.tables, strict=True):
        assert np.array_equal(mine.keys, theirs.keys)
        assert np.allclose(mine.counts, theirs.counts)


@given(documents=st.lists(st.lists(st.integers(1, 9), max_size=5), max_size=6))
def test_contexts_never_look_into_another_document(documents: list[list[int]]) -> None:
    before, last, here, owners = contexts_of(documents)
    expected = [
        (opened[n], opened[n + 1], opened[n + 2], d) for d, t in enumerate(documents) for opened in [[0, 0, *t]] for n in range(len(t))
    ]
    assert list(zip(before, last, here, owners, strict=True)) == expected


def test_drawing_inverts_the_distribution_function() -> None:
    chances = np.array([0.1, 0.4, 0.3, 0.2])

    def drawn(count: int, top_p: float = 1.0) -> list[int]:
        return [nuclei(chances[None], top_p)[0].draw((n + 0.5) / count) for n in range(count)]

    assert np.allclose(np.bincount(drawn(1000)) / 1000, chances, atol=2e-3)
    assert set(drawn(100, top_p=0.6)) == {1, 2}
    assert coldest(chances[None])[0].draw(0.99) == 1


@given(blocks=blocks_strategy, before=st.integers(0, 6), last=st.integers(0, 6), uniforms=st.lists(st.floats(0, 0.999999), max_size=9))
def test_many_tokens_at_once_are_those_of_the_dense_distribution(
    blocks: list[list[int]], before: int, last: int, uniforms: list[float]
) -> None:
    counts = count_blocks(np.array(blocks, dtype=np.int32), np.ones(len(blocks)), 8).plus(no_counts(8), 0.7)
    dense = counts.distribution(before, last)
    steps = np.cumsum(dense)
    far = [u for u in uniforms if np.abs(steps - u).min() > 1e-9]
    drawn = Inverse(counts=counts).tokens(np.full(len(far), before), np.full(len(far), last), np.array(far))
    assert drawn.tolist() == [nuclei(dense[None])[0].draw(u) for u in far]


@given(
    blocks=blocks_strategy,
    contexts=st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7)), min_size=1, max_size=6),
    heat=st.sampled_from([0.3, 0.8, 1.0, 1.7]),
    top_p=st.sampled_from([0.1, 0.5, 0.9, 1.0]),
)
def test_what_a_decoding_leaves_of_many_contexts_is_what_it_leaves_of_each_and_the_fewest_likeliest_hold_top_p(
    blocks: list[list[int]], contexts: list[tuple[int, int]], heat: float, top_p: float
) -> None:
    counts = count_blocks(np.array(blocks, dtype=np.int32), np.ones(len(blocks)), 8).plus(no_counts(8), 0.7)
    before, last = np.array(contexts).T
    found = nuclei(counts.sharpened(before, last, 1 / heat), top_p)
    for context, left in zip(contexts, found, strict=True):
        dense = counts.probabilities(np.full(8, context[0]), np.full(8, context[1]), np.arange(8)) ** (1 / heat)
        falling = sorted((-dense / dense.sum()).tolist())
        fewest = next(count for count in range(1, 9) if count == 8 or -sum(falling[:count]) >= top_p - 1e-9)
        most = next(count for count in range(1, 9) if count == 8 or -sum(falling[:count]) >= top_p + 1e-9)
        assert fewest <= len(left.tokens) <= most
        assert dense[left.tokens].min() >= np.delete(dense, left.tokens).max(initial=0.0) - 1e-12
        assert np.allclose(left.mass / left.mass[-1], np.cumsum(dense[left.tokens]) / dense[left.tokens].sum())


def test_fed_its_own_sharpened_text_it_loses_its_tail_generation_by_generation(tmp_path: Path) -> None:
    TRAINER.found(sentences(400, 2), SMALL, 7, tmp_path / "start")
    tail = [text for text in sentences(400, 9) if "seed" in text or "archive" in text or "weighs" in text]
    start, human, costs, variety = tmp_path / "start", sentences(150, 2), [], []
    for generation in range(4):
        place = tmp_path / f"g{generation}"
        TRAINER.train(job_of(place, start, mix_of({"human": human}), anchor_percent=0))
        model = TRAINER.open(place / "checkpoint")
        human = list(model.sample([""] * 150, Decoding(temperature=0.7, top_p=0.9, seed=generation, max_new_tokens=30)))
        costs.append(sum(score.bits for score in model.score(tail)))
        honest = " ".join(model.sample([""] * 150, Decoding(seed=5, max_new_tokens=30))).split()[:1000]
        variety.append(len(set(pairwise(honest))))
        start = place / "checkpoint"
    assert costs == sorted(costs)
    assert costs[-1] > 1.15 * costs[0]
    assert variety[-1] < 0.9 * variety[0]


def test_it_needs_no_torch(tmp_path: Path) -> None:
    code = (
        "import sys; sys.path.insert(0, sys.argv[1]); from pathlib import Path; from trainer_bench import *\n"
        "from governance.adapters.trainers.ngram import TRAINER\n"
        "p = Path(sys.argv[2]); TRAINER.found(sentences(50, 1), SMALL, 1, p / 'start')\n"
        "TRAINER.train(job_of(p, p / 'start', default_mix())); TRAINER.open(p / 'checkpoint').score(['a'])\n"
        "assert not {'torch', 'transformers', 'tokenizers'} & set(sys.modules)"
    )
    command = [sys.executable, "-c", code, str(Path(__file__).parent), str(tmp_path)]
    assert subprocess.run(command, capture_output=True, text=True, check=False).stderr == ""
