"""The registry as MLflow shows it: one experiment and one registered model a model line, one run and one version a cycle.

Runs are named by id in every call: an active run is thread-local and would open runs of its own inside tasks. The registry is a view: it
can be edited, lost or forged without changing what is true, which is in the ledger.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from governance.adapters.mlflow_credentials import FileCredentials
from governance.adapters.mlflow_opening import SQLITE, database_lock, open_client, translated
from governance.adapters.mlflow_runs import (
    MODEL_FOLDER,
    add_to_run,
    experiment_of,
    fill,
    page_of,
    replace_folder,
    run_of,
    version_of,
    version_tagged,
    versions_of,
)
from governance.errors import IntegrityError, UsageError
from governance.ports.registry import Candidate
from governance.release.page import Page

if TYPE_CHECKING:
    from mlflow.entities.model_registry import ModelVersion
    from mlflow.store.artifact.artifact_repo import ArtifactRepository
    from mlflow.tracking import MlflowClient

T = TypeVar("T")
REPORT = "review/report.html"
GONE = "RESOURCE_DOES_NOT_EXIST"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,62}")
"""A model's name becomes a folder's name and stands in filters, so it holds nothing that either would misread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowRegistry:
    """See `governance.ports.registry.Registry`. Nothing is imported or opened before the first call."""

    tracking_uri: str
    """`sqlite:///PATH` for the embedded registry, `http://...` for a server."""
    artifact_root: Path
    """Where runs of an embedded registry keep their files; for a server, where copies fetched from it are kept."""
    model: str | None = None
    """The only model that may be registered here; None takes any."""
    credentials: FileCredentials | None = None
    """Who we are on a server that asks."""

    def __post_init__(self) -> None:
        if self.model is not None and not NAME.fullmatch(self.model):
            raise ValueError(f"model: {self.model!r} is not a name of letters, digits, '.', '_' and '-'")

    @property
    def embedded(self) -> bool:
        return self.tracking_uri.startswith(SQLITE)

    def register(self, candidate: Candidate) -> int:
        self._check_name(candidate.model)
        with self._calling(f"registering {candidate.run_name}") as client, self._alone():
            if found := version_tagged(client, candidate):
                return int(found.version)
            experiment = experiment_of(client, candidate.model, self.artifact_root.resolve() / candidate.model if self.embedded else None)
            run = run_of(client, experiment, candidate)
            if run.info.status != "FINISHED":
                fill(client, run, candidate, self._inside(f"{run.info.artifact_uri}/{MODEL_FOLDER}") if self.embedded else None)
            return int(version_of(client, run, candidate).version)

    def aliases(self, model: str) -> Mapping[str, int]:
        with self._calling("reading aliases") as client:
            registered = unless_gone(lambda: client.get_registered_model(model))
            return {alias: int(version) for alias, version in registered.aliases.items()} if registered else {}

    def set_alias(self, model: str, alias: str, version: int) -> None:
        with self._calling(f"moving @{alias} to version {version}") as client:
            client.set_registered_model_alias(model, alias, str(version))

    def drop_alias(self, model: str, alias: str) -> None:
        if alias in self.aliases(model):
            with self._calling(f"dropping @{alias}") as client:
                client.delete_registered_model_alias(model, alias)

    def pages(self, model: str) -> Mapping[int, Page]:
        with self._calling("reading the pages of all versions") as client:
            return {int(found.version): page_of(found) for found in versions_of(client, model)}

    def describe(self, model: str, version: int, description: str) -> None:
        with self._calling(f"writing the description of version {version}") as client:
            client.update_model_version(model, str(version), description)

    def append(self, model: str, version: int, *, metrics: Mapping[str, float], step: int, artifacts: Mapping[str, Path]) -> None:
        with self._calling(f"adding to version {version}") as client:
            add_to_run(client, client.get_run(client.get_model_version(model, str(version)).run_id), metrics, step, artifacts)

    def set_tags(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        with self._calling(f"writing tags of version {version}") as client:
            for name, value in tags.items():
                client.set_model_version_tag(model, str(version), name, value)

    def drop_tag(self, model: str, version: int, key: str) -> None:
        with self._calling(f"taking the tag {key} off version {version}") as client:
            unless_gone(lambda: client.delete_model_version_tag(model, str(version), key))

    def line_tags(self, model: str) -> Mapping[str, str]:
        with self._calling("reading the tags of the model") as client:
            registered = unless_gone(lambda: client.get_registered_model(model))
            return {key: str(value) for key, value in registered.tags.items() if key.startswith("heirloom.")} if registered else {}

    def set_line_tag(self, model: str, key: str, value: str) -> None:
        with self._calling(f"writing the tag {key}") as client:
            if unless_gone(lambda: client.get_registered_model(model)):
                client.set_registered_model_tag(model, key, value)

    def checkpoint(self, model: str, version: int) -> Path | None:
        with self._calling(f"finding the checkpoint of version {version}") as client:
            found = unless_gone(lambda: client.get_model_version(model, str(version)))
            if found is None:
                return None
            return self._here(found) if self.embedded else self._fetched(client, found)

    def put_checkpoint(self, model: str, version: int, folder: Path) -> None:
        with self._calling(f"replacing the checkpoint of version {version}") as client:
            found = client.get_model_version(model, str(version))
            if self.embedded:
                replace_folder(folder, self._inside(found.source))
            else:
                _artifacts(client, found).delete_artifacts(MODEL_FOLDER)
                client.log_artifacts(found.run_id, str(folder), MODEL_FOLDER)

    def report_url(self, model: str, version: int) -> str:
        with self._calling(f"finding the report of version {version}") as client:
            found = client.get_model_version(model, str(version))
            if self.embedded:
                return str(self._inside(found.source).parent / REPORT)
            experiment = client.get_run(found.run_id).info.experiment_id
            return f"{self.tracking_uri.rstrip('/')}/#/experiments/{experiment}/runs/{found.run_id}/artifacts/{REPORT}"

    def _check_name(self, model: str) -> None:
        if self.model not in (None, model):
            raise UsageError(f"the candidate is of model {model!r}", where="the registry", expected=str(self.model))
        if not NAME.fullmatch(model):
            raise UsageError(f"{model!r} is no name of a model", where="the registry", expected="letters, digits, '.', '_' and '-'")

    @contextmanager
    def _calling(self, doing: str) -> Iterator["MlflowClient"]:
        with translated(doing, self.tracking_uri):
            if self.credentials is not None:
                self.credentials.present()
            yield open_client(self.tracking_uri, self.artifact_root)

    def _alone(self) -> AbstractContextManager[None]:
        return database_lock(Path(self.tracking_uri.removeprefix(SQLITE))) if self.embedded else nullcontext()

    def _inside(self, source: str) -> Path:
        """The folder that an address of the embedded registry names.

        Raises: IntegrityError when it lies outside the artifact root.
        """
        path = Path(source).resolve()
        if not path.is_relative_to(self.artifact_root.resolve()):
            raise IntegrityError("an address in the registry leads outside its artifacts", where=source, expected=str(self.artifact_root))
        return path

    def _here(self, found: "ModelVersion") -> Path | None:
        place = self._inside(found.source)
        return place if place.is_dir() else None

    def _fetched(self, client: "MlflowClient", found: "ModelVersion") -> Path | None:
        run = unless_gone(lambda: client.get_run(found.run_id))
        if run is None or not client.list_artifacts(found.run_id, MODEL_FOLDER):
            return None
        place = self.artifact_root / "fetched" / found.run_id
        place.mkdir(parents=True, exist_ok=True)
        return Path(client.download_artifacts(found.run_id, MODEL_FOLDER, str(place)))


def unless_gone(call: Callable[[], T]) -> T | None:
    """What a call answers; None where MLflow says that the thing does not exist."""
    from mlflow.exceptions import MlflowException

    try:
        return call()
    except MlflowException as error:
        if error.error_code == GONE:
            return None
        raise


def _artifacts(client: "MlflowClient", found: "ModelVersion") -> "ArtifactRepository":
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    run = client.get_run(found.run_id)
    return get_artifact_repository(run.info.artifact_uri, tracking_uri=client.tracking_uri)
