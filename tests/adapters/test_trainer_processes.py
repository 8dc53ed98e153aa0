"""A batch divided over micro-batches and over real processes trains as the whole batch does, and the log says so."""

import signal
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
import torch
from safetensors.torch import load_file, save_file
from test_trainer_transformer import run
from trainer_bench import SMALL, default_mix, job_of

from governance.adapters.torch_lm.planned_trainer import refuse_strangers
from governance.adapters.torch_lm.processes import curve_document, curve_of, error_document, error_of, job_document
from governance.adapters.torch_lm.processes import job_of as job_read
from governance.adapters.trainers.transformer import TRAINER
from governance.digest import Manifest, canonical_bytes
from governance.errors import DependencyError, IntegrityError
from governance.ports.trainer import TrainingCurve
from governance.training.batch_log import verify_log
from governance.training.batches import Caps

pytestmark = pytest.mark.usefixtures("one_thread")
DIVIDED = replace(SMALL, accumulation_steps=3)
"""Batches of 16 blocks in 3 parts of 6, 5 and 5: a mean of means would not be the mean."""


@pytest.fixture(scope="module")
def whole(start: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, TrainingCurve]:
    """One process, one micro-batch a step."""
    place = tmp_path_factory.mktemp("whole")
    return place, TRAINER.train(job_of(place, start, default_mix(shards=2)))


def assert_trained_alike(place: Path, curve: TrainingCurve, whole: tuple[Path, TrainingCurve]) -> None:
    expected, straight = whole
    assert curve.steps == straight.steps
    assert curve.losses == pytest.approx(straight.losses, rel=1e-5)
    assert curve.gradient_norms == pytest.approx(straight.gradient_norms, rel=1e-4)
    assert curve.learning_rates == straight.learning_rates
    assert (place / "batches.parquet").read_bytes() == (expected / "batches.parquet").read_bytes()
    verify_log(pl.read_parquet(place / "batches.parquet"), Caps(anchor_percent=15, synthetic_cap_percent=35))
    ours, theirs = (load_file(folder / "checkpoint" / "model.safetensors") for folder in (place, expected))
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-4) for name in theirs)


def test_accumulated_micro_batches_of_unequal_size_train_as_the_whole_batch(
    start: Path, whole: tuple[Path, TrainingCurve], tmp_path: Path
) -> None:
    curve = TRAINER.train(job_of(tmp_path, start, default_mix(shards=2), DIVIDED))
    assert_trained_alike(tmp_path, curve, whole)


def test_an_accumulating_run_goes_on_from_a_save_with_the_batches_that_were_trained(start: Path, tmp_path: Path) -> None:
    straight = TRAINER.train(job_of(tmp_path, start, default_mix(), DIVIDED))
    before = (tmp_path / "batches.parquet").read_bytes()
    again = TRAINER.train(job_of(tmp_path, start, default_mix(), DIVIDED))
    assert again.resumed_from_step > 0
    assert again.losses == straight.losses
    assert (tmp_path / "batches.parquet").read_bytes() == before


@pytest.mark.slow
def test_two_processes_under_torchrun_and_gloo_train_as_one(start: Path, whole: tuple[Path, TrainingCurve], tmp_path: Path) -> None:
    seen: list[tuple[int, int, float]] = []
    recipe = replace(DIVIDED, processes=2)
    curve = TRAINER.train(job_of(tmp_path, start, default_mix(shards=2), recipe, progress=lambda *told: seen.append(told)))
    assert_trained_alike(tmp_path, curve, whole)
    assert [told[0] for told in seen] == list(curve.steps)
    assert [told[2] for told in seen] == list(curve.losses)
    assert not (tmp_path / "scratch" / "processes").exists()


@pytest.mark.slow
def test_what_stops_a_rank_is_told_in_its_own_words(start: Path, tmp_path: Path) -> None:
    import shutil

    shutil.copytree(start, tmp_path / "start")
    weights = load_file(tmp_path / "start" / "model.safetensors")
    weights["transformer.ln_f.weight"][0] = float("nan")
    save_file(weights, tmp_path / "start" / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(IntegrityError, match="loss is nan at step 1"):
        TRAINER.train(job_of(tmp_path, tmp_path / "start", default_mix(), replace(SMALL, processes=2)))
    assert not (tmp_path / "checkpoint").exists()


@pytest.mark.slow
def test_two_processes_whose_parent_is_killed_go_on_and_end_with_the_same_bytes(start: Path, tmp_path: Path) -> None:
    import shutil

    places = tmp_path / "whole", tmp_path / "cut"
    for place in places:
        shutil.copytree(start, place / "start")
    assert run(places[0], -1, processes=2).returncode == 0
    assert run(places[1], 7, processes=2).returncode == -signal.SIGKILL
    resumed = run(places[1], -1, processes=2)
    assert resumed.returncode == 0, resumed.stderr
    assert int(resumed.stdout.split()[0]) >= 4
    assert Manifest.of(places[1] / "checkpoint") == Manifest.of(places[0] / "checkpoint")
    assert (places[1] / "batches.parquet").read_bytes() == (places[0] / "batches.parquet").read_bytes()


def test_a_job_a_curve_and_an_error_come_through_a_pipe_unchanged(start: Path, tmp_path: Path) -> None:
    job = job_of(tmp_path, start, default_mix(), DIVIDED)
    read = job_read(job_document(job))
    assert replace(read, progress=job.progress) == job
    curve = TrainingCurve(steps=(1, 2), losses=(3.0, 0.1), learning_rates=(0.0, 1e-4), gradient_norms=(1.0, 0.5), resumed_from_step=1)
    assert curve_of(curve_document(curve)) == curve
    assert canonical_bytes(curve_document(curve))
    error = error_of(error_document(DependencyError("gone", where="disk", expected="a disk", fix="buy one", examples=["a", "b"])))
    assert (type(error), error.message()) == (
        DependencyError,
        DependencyError("gone", where="disk", expected="a disk", fix="buy one", examples=["a", "b"]).message(),
    )


@pytest.mark.parametrize(("ranks", "mode", "processes"), [(2, "not_parallel", 2), (2, "distributed", 1), (1, "not_parallel", 2)])
def test_ranks_that_nobody_asked_for_or_that_train_apart_are_refused(ranks: int, mode: str, processes: int) -> None:
    with pytest.raises(IntegrityError, match=r"policy\.training\.recipe\.processes"):
        refuse_strangers(ranks, mode, processes)
    refuse_strangers(2, "distributed", 2)
    refuse_strangers(1, "not_parallel", 1)


def test_a_training_process_that_dies_without_a_word_is_a_dependency_that_broke(
    start: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", "/bin/false")
    with pytest.raises(DependencyError, match="a training process ended with 1"):
        TRAINER.train(job_of(tmp_path, start, default_mix(), replace(SMALL, processes=2)))
