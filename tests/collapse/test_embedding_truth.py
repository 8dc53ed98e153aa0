"""What is read from vectors, against scipy, published numbers and all pairs."""

import json
from pathlib import Path

import numpy as np
import pytest
from numbered_sets import context, made

from governance.collapse import embedding, manifold
from governance.collapse.evidence import Floats, Unmeasured
from governance.collapse.samples import Samples, SampleSet, cut_set
from governance.collapse.vendi import kernel_score, vendi, vendi_score

GOLDEN = Path(__file__).parents[3] / "shared" / "fixtures" / "golden_vectors.json"
WORDS = 400
PROMPTS, DRAWS = 12, 12


def zipf(seed: int, texts: int, length: int, steepness: float = 1.0) -> list[list[int]]:
    chances = 1 / np.arange(1, WORDS + 1) ** steepness
    rng = np.random.Generator(np.random.Philox(seed))
    return rng.choice(WORDS, size=(texts, length), p=chances / chances.sum()).tolist()


def both_of(human: list[list[int]], slices: tuple[str, ...] = ()) -> Samples:
    vocabulary = tuple(f"{chr(97 + i % 26)}{chr(97 + i // 26)}wort{i * i}" for i in range(WORDS))
    return context([1] * WORDS, human, slices=slices, vocabulary=vocabulary)


@pytest.fixture(scope="module")
def planted() -> tuple[SampleSet, Samples]:
    said = zipf(1, PROMPTS * DRAWS, 15)
    said[5] = []
    human = zipf(2, 120, 30)
    human[7] = []
    return set_from(said), both_of(human, tuple(f"s{i % 3}" for i in range(120)))


def set_from(said: list[list[int]], without: int | None = None) -> SampleSet:
    prompts = [i // DRAWS for i in range(len(said))]
    kept = [i for i, p in enumerate(prompts) if p != without]
    renumbered = [prompts[i] - (without is not None and prompts[i] > without) for i in kept]
    return made([said[i] for i in kept], renumbered, WORDS)


def slow_frechet(one: Floats, other: Floats) -> float:
    from scipy.linalg import sqrtm

    (mean, spread), (other_mean, other_spread) = ((v.mean(axis=0), np.cov(v, rowvar=False)) for v in (one, other))
    return float(((mean - other_mean) ** 2).sum() + np.trace(spread + other_spread - 2 * np.real(sqrtm(spread @ other_spread))))


def slow_inside(points: Floats, cloud: Floats) -> float:
    from scipy.spatial.distance import cdist

    radii = np.sort(cdist(cloud, cloud), axis=1)[:, 3]
    return float((cdist(points, cloud) <= radii[None, :] + 1e-12).any(axis=1).mean())


def slow(name: str, samples: SampleSet, both: Samples) -> float:
    vectors = embedding.unit_vectors(samples, both.vocabulary)[samples.lengths > 0]
    cut = cut_set(both.human.documents, 15)
    human = embedding.unit_vectors(cut, both.vocabulary)[cut.lengths > 0]
    if name == "frechet":
        return slow_frechet(manifold.project(vectors), manifold.project(human))
    if name == "precision":
        return slow_inside(vectors, human)
    if name == "recall":
        return slow_inside(human, vectors)
    names = np.array(both.human.slices)[cut.lengths > 0]
    centres = [human[names == n].mean(axis=0) - human.mean(axis=0) for n in sorted(set(names))]
    nearest = [int(np.argmax([(v - human.mean(axis=0)) @ c / np.linalg.norm(c) for c in centres])) for v in vectors]
    shares = np.bincount(nearest) / len(nearest)
    return float(np.prod([p**-p for p in shares if p]))


@pytest.mark.parametrize("name", ["frechet", "precision", "recall", "topic_breadth"])
def test_values_and_values_without_groups_are_those_of_scipy_and_of_all_pairs(name, planted):
    samples, both = planted
    taken = getattr(manifold, name)(samples, both)
    assert taken.value == pytest.approx(slow(name, samples, both), abs=1e-9)
    if name == "recall":
        assert not len(taken.without)
        return
    said = zipf(1, PROMPTS * DRAWS, 15)
    said[5] = []
    for out in (0, 3, PROMPTS - 1):
        assert taken.without[out] == pytest.approx(slow(name, set_from(said, without=out), both), abs=1e-9)


def test_the_frechet_distance_of_one_dimension_has_a_closed_form():
    one, two = (manifold.Gaussian(mean=np.array([mean]), spread=np.array([[spread]])) for mean, spread in ((1.0, 4.0), (3.0, 9.0)))
    assert manifold.gaussian_distance(one, two) == pytest.approx((1 - 3) ** 2 + (2 - 3) ** 2)


def test_a_set_is_at_no_distance_from_itself_and_inside_itself():
    human = zipf(2, 120, 15)
    both = both_of(human)
    samples = set_from(human)
    assert manifold.frechet(samples, both).value == pytest.approx(0.0, abs=1e-12)
    assert manifold.precision(samples, both).value == manifold.recall(samples, both).value == 1.0


def test_the_projection_is_the_same_on_every_machine_and_keeps_lengths_on_average():
    signs = manifold.project(np.eye(256)) * 8
    assert set(np.unique(signs)) == {-1.0, 1.0}
    assert signs[0, :8].tolist() == [1, 1, -1, -1, 1, 1, -1, -1]
    lengths = np.linalg.norm(manifold.project(np.eye(256)), axis=1)
    assert lengths == pytest.approx(np.ones(256))
    assert (manifold.project(np.eye(64)) == np.eye(64)).all()


def test_the_vendi_score_is_that_of_the_package_of_its_authors():
    if not GOLDEN.exists():
        pytest.skip("golden vectors are not beside this checkout (shared/fixtures)")
    golden = json.loads(GOLDEN.read_text())["vendi_score"]
    assert kernel_score(np.array(golden["matrix"]["K"]) / 3) == pytest.approx(golden["matrix"]["score"], abs=5e-5)
    places = np.array(golden["kernel_exp_abs"]["samples"], dtype=float)
    kernel = np.exp(-np.abs(places[:, None] - places[None, :]))
    assert kernel_score(kernel / len(places)) == pytest.approx(golden["kernel_exp_abs"]["score"], abs=1.01e-4)  # printed cut off


def test_the_vendi_score_counts_copies_once_and_strangers_fully():
    assert vendi_score(np.eye(5)) == pytest.approx(5.0, abs=1e-12)
    assert vendi_score(np.repeat(np.eye(5), 3, axis=0)) == pytest.approx(5.0, abs=1e-12)
    assert vendi_score(np.tile(np.eye(5)[0], (9, 1))) == pytest.approx(1.0, abs=1e-12)


def test_the_vendi_score_of_the_small_matrix_is_that_of_the_large_one(planted):
    samples, both = planted
    vectors = embedding.unit_vectors(samples, both.vocabulary)[samples.lengths > 0]
    values = np.linalg.eigvalsh(vectors @ vectors.T / len(vectors))
    published = float(np.exp(-sum(v * np.log(v) for v in values if v > 1e-12)))
    for score in (vendi_score(vectors), kernel_score(vectors.T @ vectors / len(vectors)), vendi(samples, both).value):
        assert score == pytest.approx(published, abs=1e-9)


def test_the_vendi_score_without_a_group_is_right_to_first_order():
    said = zipf(4, 360, 15)
    both = both_of(zipf(2, 20, 15))
    taken = vendi(set_from(said), both)
    exact = np.array([vendi(set_from(said, without=out), both).value for out in range(30)])
    assert np.corrcoef(taken.without, exact)[0, 1] > 0.995
    assert np.std(taken.without) == pytest.approx(np.std(exact), rel=0.06)


@pytest.mark.parametrize("name", ["frechet", "precision", "recall", "topic_breadth"])
def test_without_human_documents_there_is_no_cloud(name):
    samples = set_from(zipf(1, 48, 15))
    for human in ([], [[]] * 20, zipf(2, 2, 15)):
        assert isinstance(getattr(manifold, name)(samples, both_of(human)), Unmeasured)


def test_documents_are_cut_to_the_length_of_samples():
    both = both_of(zipf(2, 30, 60))
    cloud = embedding.human_cloud(set_from(zipf(1, 48, 15)), both)
    assert cloud.vectors == pytest.approx(embedding.unit_vectors(cut_set(both.human.documents, 15), both.vocabulary))
    assert np.abs(cloud.vectors - embedding.unit_vectors(both.human.documents, both.vocabulary)).max() > 0.1
