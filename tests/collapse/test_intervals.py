"""Intervals hold what they promise: shown by simulation with fixed seeds, for documents and for sets."""

import math
from functools import partial

import numpy as np
import pytest
from scipy import stats

from governance.collapse import bleu, diversity
from governance.collapse.intervals import Comparison, bootstrap_se, compare_logs, generator, jackknife_se, t_quantile
from governance.collapse.sampled import compare_left_out
from governance.collapse.samples import SampleSet, set_of

STATISTICS = {
    "distinct_2": partial(diversity.distinct, order=2),
    "distinct_3": partial(diversity.distinct, order=3),
    "type_token_ratio": diversity.type_token_ratio,
    "ngram_entropy": partial(diversity.entropy, order=2),
    "self_bleu": bleu.self_bleu,
}


def written(
    rng: np.random.Generator, *, prompts: int, steepness: float, draws: int = 4, length: int = 30, vocabulary: int = 5000
) -> SampleSet:
    """Zipf words, a sixth of them from sixty words of the prompt, a tenth of them said twice: texts of one prompt are alike."""
    chances = (1 / np.arange(1, vocabulary + 1) ** steepness).cumsum()
    size = (prompts, draws * length)
    words = np.searchsorted(chances, rng.random(size) * chances[-1])
    topics = rng.integers(0, vocabulary, (prompts, 60))
    own = topics[np.arange(prompts)[:, None], rng.integers(0, 60, size)]
    words = np.where(rng.random(size) < 0.15, own, words)
    words[:, 1:] = np.where(rng.random(size)[:, 1:] < 0.1, words[:, :-1], words[:, 1:])
    return set_of(words.ravel(), np.full(prompts * draws, length), np.repeat(np.arange(prompts), draws), vocabulary)


def coverage(runs: int, prompts: int) -> dict[str, float]:
    """Share of runs whose 95 % interval of the log ratio of two known laws holds its mean over all runs."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in STATISTICS}
    for run in range(runs):
        rng = np.random.Generator(np.random.Philox(run))
        one, other = (written(rng, prompts=prompts, steepness=s) for s in (1.0, 1.05))
        for name, statistic in STATISTICS.items():
            found = compare_left_out(statistic(one, None), statistic(other, None), 0.0, prompts)
            seen[name].append((math.log1p(found.change), found.se))
    width = t_quantile(0.975, prompts - 1)
    shares = {}
    for name, pairs in seen.items():
        logs, errors = np.array(pairs).T
        shares[name] = float((np.abs(logs - logs.mean()) <= width * errors).mean())
    return shares


def test_intervals_of_sets_cover_the_truth_as_promised():
    runs = 300
    slack = 2.6 * math.sqrt(0.95 * 0.05 / runs)
    for name, share in coverage(runs, 60).items():
        assert 0.95 - slack <= share <= 0.95 + slack, name


@pytest.mark.slow
def test_intervals_of_sets_cover_the_truth_in_93_to_97_percent():
    for name, share in coverage(4000, 100).items():
        assert 0.93 <= share <= 0.97, (name, share)


def test_the_plain_jackknife_overstates_counts_of_distinct_things_and_the_correction_mends_it():
    logs, plain, corrected = [], [], []
    for run in range(200):
        taken = diversity.distinct(written(np.random.Generator(np.random.Philox(run)), prompts=60, steepness=1.0), None, order=1)
        logs.append(taken.value)
        plain.append(jackknife_se(taken.value, taken.without))
        corrected.append(jackknife_se(taken.value, taken.without, taken.without_two))
    truth = np.std(logs)
    assert np.mean(plain) > 1.1 * truth
    assert abs(np.mean(corrected) / truth - 1) < 0.12


def test_the_jackknife_of_a_mean_is_its_standard_error():
    values = np.random.Generator(np.random.Philox(3)).normal(size=40)
    without = (values.sum() - values) / 39
    pairs = (values.sum() - values[:, None] - values[None, :]) / 38
    expected = values.std(ddof=1) / math.sqrt(40)
    assert jackknife_se(values.mean(), without) == pytest.approx(expected, rel=1e-12)
    assert jackknife_se(values.mean(), without, pairs) == pytest.approx(expected, rel=1e-9)


def test_the_bootstrap_of_a_mean_is_its_standard_error():
    values = np.random.Generator(np.random.Philox(4)).normal(size=200)
    found = bootstrap_se(values, np.ones(200), 4000, generator(1, "a mean"))
    assert found == pytest.approx(values.std() / math.sqrt(200), rel=0.05)


def test_a_large_bootstrap_is_cut_into_pieces_of_bounded_memory():
    values = np.ones(9000)
    assert bootstrap_se(values, values, 1000, generator(1, "pieces")) == 0


def test_every_purpose_has_a_stream_of_its_own_and_keeps_it():
    assert generator(1, "tail").integers(2**62) == generator(1, "tail").integers(2**62)
    assert len({int(generator(seed, name).integers(2**62)) for seed in (1, 2) for name in ("tail", "human")}) == 4


@pytest.mark.parametrize("degrees", [5, 8, 11, 30, 99, 1000])
@pytest.mark.parametrize("probability", [0.9, 0.95, 0.975, 0.995])
def test_quantiles_are_those_of_student(degrees, probability):
    assert t_quantile(probability, degrees) == pytest.approx(stats.t.ppf(probability, degrees), rel=2e-3)


def test_four_degrees_of_freedom_are_too_few():
    with pytest.raises(ValueError, match="fewer than 5"):
        t_quantile(0.95, 4)


def test_retrain_noise_widens_an_interval_that_documents_alone_would_close():
    found = compare_logs(0.01, 0.0, 0.004, units=100_000, degrees=99_999)
    assert found.high - found.low > 0.012


def test_a_ruined_model_still_gives_json_numbers():
    found = compare_logs(5000.0, 3.0, 0.0, units=100, degrees=99)
    assert math.isfinite(found.high)
    assert Comparison.from_document(found.document()) == found


@pytest.mark.parametrize("wrong", [{"change": math.nan}, {"high": math.inf}, {"low": 0.5}])
def test_a_comparison_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match=r"finite|outside"):
        Comparison(**{"change": 0.1, "low": 0.0, "high": 0.2, "se": 0.1, "noise": 0.0, "n": 9} | wrong)
