"""Likelihood curvature: exact against the written-out distributions, and it sees what a model sharpened."""

from pathlib import Path

import numpy as np
import pytest
from trainer_bench import SMALL, default_mix, job_of, sentences

from governance.adapters.ngram_lm.curvature import moments
from governance.adapters.ngram_lm.model import Ngram
from governance.plugins import discover
from governance.ports.curvature import CurvatureReader
from governance.ports.language_model import Decoding, LanguageModel
from governance.ports.trainer import Trainer

TRAINERS = discover("governance.adapters.trainers", "TRAINER")


@pytest.fixture(scope="module", params=sorted(TRAINERS))
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LanguageModel:
    import torch

    torch.set_num_threads(1)
    trainer: Trainer = TRAINERS[request.param]
    folder = tmp_path_factory.mktemp(trainer.name)
    trainer.found(sentences(150, 2), SMALL, 7, folder / "start")
    trainer.train(job_of(folder, folder / "start", default_mix(shards=2)))
    return trainer.open(folder / "checkpoint")


def test_every_trainer_of_ours_reads_curvature_one_number_a_text_whatever_stands_beside_it(model: LanguageModel):
    texts = ["", "a", *sentences(20, 9), "naïve 日本語 🦤", sentences(1, 3)[0] * 40]
    assert isinstance(model, CurvatureReader)
    together = model.curvatures(texts)
    apart = np.array([model.curvatures([text])[0] for text in texts])
    assert np.isnan(together[0])
    assert np.isfinite(together[1:]).all()
    np.testing.assert_allclose(together, apart, rtol=1e-3, atol=1e-3)


def test_own_text_at_temperature_1_lies_around_0_and_sharpened_text_above(model: LanguageModel):
    assert isinstance(model, CurvatureReader)
    plain, sharp = (
        model.curvatures(list(model.sample([""] * 150, Decoding(temperature=heat, max_new_tokens=40, seed=5)))) for heat in (1.0, 0.6)
    )
    assert abs(np.nanmean(plain)) < 1  # read back, a text may fall into other tokens than it was drawn in
    assert np.nanmean(sharp) > np.nanmean(plain) + 1


def test_the_moments_of_the_ngram_model_are_those_of_its_written_out_distributions(tmp_path: Path):
    trainer: Trainer = TRAINERS["ngram"]
    trainer.found(sentences(60, 2), SMALL, 7, tmp_path / "start")
    trainer.train(job_of(tmp_path, tmp_path / "start", default_mix(shards=1)))
    model = trainer.open(tmp_path / "checkpoint")
    assert isinstance(model, Ngram)
    size, keys = model.counts.vocabulary, model.counts.tables[1].keys
    contexts = np.unique(np.concatenate([keys[:30], np.array([0, 5 * size + 9])]))
    mean, square = moments(model.counts, contexts)
    written = [model.counts.distribution(int(c) // size, int(c) % size) for c in contexts]
    np.testing.assert_allclose(mean, [(p * np.log(p)).sum() for p in written], rtol=1e-9)
    np.testing.assert_allclose(square, [(p * np.log(p) ** 2).sum() for p in written], rtol=1e-9)
