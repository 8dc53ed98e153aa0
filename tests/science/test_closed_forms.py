"""The published closed forms: the figures their authors give, and worlds played without them that come out as they say."""

import json
import math
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from governance.drills.published import (
    accumulated_error,
    breakdown,
    chance_absent,
    error_floor,
    least_survival,
    play_gaussian,
    play_mix,
    play_regression,
    play_symbol,
    play_verifier,
    replaced_error,
    replaced_variance,
)

CURVES = Path(__file__).parents[3] / "shared" / "data" / "reference_curves"
needs_curves = pytest.mark.skipif(not CURVES.exists(), reason="the reference curves are not beside this checkout (shared/data)")
LINEAR = {"noise": 1.0, "dimensions": 10, "rows": 111}


def stream(key: int) -> np.random.Generator:
    return np.random.Generator(np.random.Philox(key))


def apart(found: np.ndarray, expected: float) -> float:
    """How many standard errors the mean of independent worlds is from what was expected."""
    return abs(found.mean() - expected) / (found.std(ddof=1) / math.sqrt(len(found)))


def test_the_figures_are_those_that_were_published():
    assert replaced_error(10, **LINEAR) == pytest.approx(1.0)
    assert accumulated_error(10, **LINEAR) == pytest.approx(0.155, abs=5e-4)
    assert accumulated_error(10**5, **LINEAR) == pytest.approx(0.1645, abs=5e-5)
    assert replaced_variance(100, 100) == pytest.approx(0.366, abs=5e-4)
    assert chance_absent(0.0005, 1000) == pytest.approx(0.6065, abs=5e-5)
    assert [round(breakdown(*chances), 3) for chances in ((1, 1), (0.9, 0.3), (0.7, 0.05))] == [0.5, 0.75, 0.933]
    assert error_floor(10**5, noise=1, dimensions=100, synthetic_share=0.1, distance=1) == pytest.approx(0.0110)


@pytest.mark.parametrize("accumulate", [False, True])
def test_errors_add_up_where_data_is_replaced_and_stay_bounded_where_it_accumulates(accumulate: bool):
    found = play_regression(10, **LINEAR, accumulate=accumulate, worlds=300, stream=stream(1))
    form, other = (accumulated_error, replaced_error) if accumulate else (replaced_error, accumulated_error)
    assert apart(found, form(10, **LINEAR)) < 3
    assert apart(found, other(10, **LINEAR)) > 10


def test_a_normal_distribution_that_learns_from_itself_narrows_as_it_should():
    found = play_gaussian(100, 100, 4000, stream(2))
    for generation in (1, 10, 50, 100):
        assert apart(found[:, generation - 1], replaced_variance(generation, 100)) < 3.5
    assert np.median(found[:, 99]) < replaced_variance(100, 100)


def test_a_rare_symbol_is_missed_as_often_as_the_discrete_model_says():
    drawn = stream(3).binomial(1000, 0.0005, 40_000)
    assert apart((drawn == 0).astype(float), chance_absent(0.0005, 1000)) < 3


@pytest.mark.parametrize(("count", "generations"), [(1, 2), (3, 5), (5, 10), (10, 10), (20, 10)])
def test_a_symbol_survives_at_least_as_often_as_the_bound(count: int, generations: int):
    alive = play_symbol(count, generations, 2000, 20_000, stream(4))[:, -1] > 0
    bound = least_survival(count, generations)
    assert alive.mean() > bound
    assert alive.mean() < 1 - (1 - bound) ** 3, "a bound that everything is far above would hold for any formula"


@pytest.mark.parametrize(("right", "wrong"), [(1.0, 1.0), (0.9, 0.3), (0.7, 0.05)])
def test_learning_from_verified_labels_breaks_down_where_the_theorem_says(right: float, wrong: float):
    edge = breakdown(right, wrong)
    assert play_verifier(edge - 0.03, right, wrong, 60_000, stream(5)) > 0.7
    assert play_verifier(edge + 0.03, right, wrong, 60_000, stream(6)) < 0.3


def test_a_synthetic_share_leaves_a_floor_that_more_rows_do_not_lower():
    mix = {"noise": 1.0, "dimensions": 10, "synthetic_share": 0.1, "distance": 1.0}
    few, many = (play_mix(rows, **mix, worlds=worlds, stream=stream(7)) for rows, worlds in ((1000, 200), (40_000, 20)))
    assert few.mean() == pytest.approx(error_floor(1000, **mix), rel=0.08)
    assert many.mean() == pytest.approx(error_floor(40_000, **mix), rel=0.08)
    assert many.mean() > 0.009


@needs_curves
@pytest.mark.parametrize(("samples", "generation"), [(10, 10), (32, 50), (100, 100), (316, 100)])
def test_the_published_gaussian_runs_lie_where_the_closed_form_says(samples: int, generation: int):
    replaced, accumulated = (_variances(setting, samples, generation) for setting in ("Replace", "Accumulate"))
    assert len(replaced) > 40
    assert apart(replaced, replaced_variance(generation, samples)) < 3
    assert accumulated.mean() > replaced.mean()
    assert apart(accumulated, 1.0) < 3


def _variances(setting: str, samples: int, generation: int) -> np.ndarray:
    return (
        pl.scan_parquet(CURVES / "gaussian_replace_accumulate.parquet")
        .filter(
            (pl.col("Setting") == setting)
            & (pl.col("Num. Samples per Iteration") == samples)
            & (pl.col("Model-Fitting Iteration") == generation)
        )
        .collect()["Fit Covariance (Numerical)"]
        .to_numpy()
    )


@needs_curves
def test_in_the_published_rerun_an_anchored_model_keeps_the_tail_and_mauve_does_not_see_it():
    rows = json.loads((CURVES / "wikitext2_recursive_baseline_vs_corrected.json").read_text())

    def curve(branch: str, reading: str) -> list[float]:
        return [row[reading] for row in rows if row["branch"] == branch and row["generation"] > 0]

    recursive, anchored = "Baseline recursive", "Corrected anchored"
    assert all(ours < theirs for ours, theirs in zip(curve(anchored, "perplexity"), curve(recursive, "perplexity"), strict=True))
    assert curve(anchored, "mauve")[-1] < curve(recursive, "mauve")[-1]
