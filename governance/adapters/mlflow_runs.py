"""One cycle as one MLflow run and one model version; every step may be repeated after a kill and then adds nothing twice."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.digest import Manifest, swap_folder
from governance.errors import IntegrityError
from governance.ports.registry import Candidate
from governance.release.page import Page

if TYPE_CHECKING:
    from mlflow.entities import Run
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.tracking import MlflowClient

CYCLE_TAG = "heirloom.cycle_digest"
CHECKPOINT_TAG = "heirloom.checkpoint_digest"
MODEL_FOLDER = "model"
VERSIONS = 1000
"""Versions a call."""
BATCH = 400
"""Metric points a call: MLflow refuses more than 1,000."""


def identity(candidate: Candidate) -> Mapping[str, str]:
    """The tags by which a run and a version are found again."""
    return {CYCLE_TAG: candidate.cycle_digest, CHECKPOINT_TAG: candidate.checkpoint_digest}


def version_tagged(client: "MlflowClient", candidate: Candidate) -> "ModelVersion | None":
    """The oldest version that carries this cycle's digest."""
    wanted = f"name = '{candidate.model}' AND tags.`{CYCLE_TAG}` = '{candidate.cycle_digest}'"
    return min(client.search_model_versions(wanted), key=lambda version: int(version.version), default=None)


def versions_of(client: "MlflowClient", model: str) -> "Iterator[ModelVersion]":
    """Every version of a model that is there, page after page."""
    token: str | None = None
    while True:
        found = client.search_model_versions(f"name = '{model}'", max_results=VERSIONS, page_token=token)
        yield from found
        token = found.token
        if not token:
            return


def page_of(version: "ModelVersion") -> Page:
    """What a person reads on a version, with the tags that are ours."""
    ours = {key: str(value) for key, value in version.tags.items() if key.startswith("heirloom.")}
    return Page(description=version.description or "", tags=ours)


def experiment_of(client: "MlflowClient", model: str, location: Path | None) -> str:
    """The id of the experiment named after the model; one that a person deleted is brought back."""
    found = client.get_experiment_by_name(model)
    if found is None:
        return str(client.create_experiment(model, artifact_location=str(location) if location else None))
    if found.lifecycle_stage != "active":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


def run_of(client: "MlflowClient", experiment: str, candidate: Candidate) -> "Run":
    """The run with this cycle's digest that an earlier start made, or a new one."""
    wanted = f"tags.`{CYCLE_TAG}` = '{candidate.cycle_digest}'"
    for run in client.search_runs([experiment], wanted, max_results=1, order_by=["attributes.start_time ASC"]):
        return run
    return client.create_run(experiment, run_name=candidate.run_name, tags={**candidate.tags, **identity(candidate)})


def fill(client: "MlflowClient", run: "Run", candidate: Candidate, copy: Path | None) -> None:
    """Everything that the run shall show; it is FINISHED only when all of it is there.

    `copy` is where the run's checkpoint lies on this disk, None for a server.

    Raises: IntegrityError when the checkpoint is not the one that was judged.
    """
    _log_values(client, run, candidate)
    with tempfile.TemporaryDirectory() as folder:
        for inside, path in candidate.artifacts.items():
            _log_as(client, run.info.run_id, inside, path, Path(folder))
    _check(candidate.checkpoint, candidate.checkpoint_digest)
    if copy is None:
        client.log_artifacts(run.info.run_id, str(candidate.checkpoint), MODEL_FOLDER)
    else:
        replace_folder(candidate.checkpoint, copy)
        _check(copy, candidate.checkpoint_digest)
    client.set_terminated(run.info.run_id, "FINISHED")


def add_to_run(client: "MlflowClient", run: "Run", metrics: Mapping[str, float], step: int, artifacts: Mapping[str, Path]) -> None:
    """Values at a later step, which are then the newest of their names, and files in the place of those that had their names."""
    from mlflow.entities import Metric

    points = [Metric(name, value, run.info.start_time + step, step) for name, value in metrics.items()]
    for first in range(0, len(points), BATCH):
        client.log_batch(run.info.run_id, metrics=points[first : first + BATCH])
    with tempfile.TemporaryDirectory() as folder:
        for inside, path in artifacts.items():
            _log_as(client, run.info.run_id, inside, path, Path(folder))


def version_of(client: "MlflowClient", run: "Run", candidate: Candidate) -> "ModelVersion":
    """The version of a finished run, made where it is missing."""
    for version in client.search_model_versions(f"name = '{candidate.model}' AND run_id = '{run.info.run_id}'"):
        return version
    if not client.search_registered_models(f"name = '{candidate.model}'", max_results=1):
        client.create_registered_model(candidate.model)
    return client.create_model_version(
        candidate.model,
        source=f"{run.info.artifact_uri}/{MODEL_FOLDER}",
        run_id=run.info.run_id,
        tags={**candidate.tags, **identity(candidate)},
        description=candidate.description,
    )


def replace_folder(folder: Path, place: Path) -> None:
    """A copy of a folder in the place of whatever was there; a kill leaves the old one, the new one or none."""
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, part, copy_function=_copy)
    swap_folder(part, place)


def _copy(source: str, target: str) -> None:
    shutil.copyfile(source, target)
    with Path(target).open("rb") as stream:
        os.fsync(stream.fileno())


def _check(folder: Path, digest: str) -> None:
    found = Manifest.of(folder).digest
    if found != digest:
        raise IntegrityError(
            f"the checkpoint is {found[:16]}", where=str(folder), expected=digest[:16], fix="heirloom retrain makes it again"
        )


def _log_values(client: "MlflowClient", run: "Run", candidate: Candidate) -> None:
    from mlflow.entities import Metric, Param

    start = run.info.start_time
    points = [Metric(name, value, start, 0) for name, value in candidate.metrics.items()]
    points += [Metric(name, value, start + step, step) for name, curve in candidate.curves.items() for step, value in curve]
    client.log_batch(run.info.run_id, params=[Param(name, value) for name, value in candidate.params.items()])
    for first in range(0, len(points), BATCH):
        client.log_batch(run.info.run_id, metrics=points[first : first + BATCH])


def _log_as(client: "MlflowClient", run_id: str, inside: str, path: Path, folder: Path) -> None:
    """MLflow names an artifact by its file: one that is called otherwise on disk is copied under the name it shall have."""
    name, parent = Path(inside).name, Path(inside).parent.as_posix()
    named: Any = path
    if path.name != name:
        named = folder / name
        shutil.copyfile(path, named)
    client.log_artifact(run_id, str(named), None if parent == "." else parent)
