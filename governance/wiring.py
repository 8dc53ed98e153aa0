"""The only place that picks adapters: a workspace on disk -> a shop in which every port has its tool."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from governance.actions.label import Seal
from governance.actions.recorder import Ledger
from governance.actions.witnessing import Notary
from governance.adapters.bars import bars
from governance.adapters.compiled import fastest
from governance.adapters.embedding_cache import open_encoder
from governance.adapters.environment import PLATFORM_KEY, be_quiet, who_acts
from governance.adapters.executors.here import HereExecutor
from governance.adapters.folder_desk import FolderDesk
from governance.adapters.kill_points import kill_points
from governance.adapters.runners import DvcRunner, HereRunner
from governance.errors import UsageError
from governance.plugins import discover
from governance.policy import Policy, read_policy, refuse_overrides
from governance.ports.batch import BatchDoor
from governance.ports.clock import Clock, SystemClock
from governance.ports.executor import Executor
from governance.ports.generator import Generator
from governance.ports.label_store import LabelStore
from governance.ports.memory_store import MemoryStore
from governance.ports.model_store import ModelStore
from governance.ports.registry import Registry
from governance.ports.row_store import RowStore
from governance.ports.runner import Runner
from governance.ports.signer import Signer, Verifier
from governance.ports.source import Source
from governance.ports.trainer import Trainer
from governance.ports.workspace import Workspace
from governance.provenance.watermark import Mark
from governance.release.ledger import Event
from governance.release.terms import Terms
from governance.settings import RAY, Settings, read_settings
from governance.stages.gate_version import gate_version
from governance.stages.table import stage_named

if TYPE_CHECKING:
    from governance.adapters.emission_file import EmissionFile

SIGNING_KEY = "HEIRLOOM_SIGNING_KEY"


@dataclass(frozen=True)
class Shop:
    """A workspace with its tools. Each tool is made when it is first asked for, so that a rollback never waits for a trainer."""

    workspace: Workspace
    clock: Clock
    actor: str

    @cached_property
    def policy(self) -> Policy:
        return read_policy(self.workspace.policy)

    @cached_property
    def settings(self) -> Settings:
        return read_settings(self.workspace.settings)

    @cached_property
    def ledger(self) -> Ledger:
        from governance.adapters.ledger_place import ledger_store

        store = ledger_store(self.workspace, self.settings.ledger, self.secret_place)
        return Ledger(store=store, clock=self.clock, actor=self.actor, acknowledged=self._acknowledged)

    @property
    def begun(self) -> bool:
        """True where anything was decided in this workspace yet. Reading does not make a ledger."""
        return self.ledger.store.head() is not None

    @cached_property
    def notary(self) -> Notary:
        """The platform's key, and who keeps what it signs of the ledger."""
        from governance.adapters.witnesses.named import notary_of

        return notary_of(self.workspace, self.ledger.store, self.clock, self.platform_key, self.settings.ledger.witnesses)

    @property
    def platform_key(self) -> Path | None:
        """The platform's key where a server mounts it; None = the workspace's own. Raises: UsageError where it lies in the workspace."""
        named = os.environ.get(PLATFORM_KEY) or self.settings.signing.platform_key
        return self.secret_place(named) if named else None

    def _acknowledged(self, event: Event) -> None:
        self.notary.acknowledged(event)

    @cached_property
    def store(self) -> ModelStore:
        from governance.adapters.dvc_store import DvcModelStore

        return DvcModelStore(workspace=self.workspace)

    @cached_property
    def registry(self) -> Registry:
        from governance.adapters.mlflow_credentials import mlflow_user
        from governance.adapters.mlflow_registry import MlflowRegistry

        who = mlflow_user(self.settings.registry, self.secret_place)
        return MlflowRegistry(tracking_uri=self.tracking_uri, artifact_root=self.workspace.registry_artifacts, credentials=who)

    @property
    def tracking_uri(self) -> str:
        """Where MLflow keeps its records: the setting, or the workspace's own SQLite file."""
        return self.settings.registry.tracking_uri or f"sqlite:///{self.workspace.registry}"

    @cached_property
    def trainers(self) -> Mapping[str, Trainer]:
        return discover("governance.adapters.trainers", "TRAINER")

    @cached_property
    def generators(self) -> Mapping[str, Generator]:
        return discover("governance.adapters.generators", "GENERATOR")

    @cached_property
    def sources(self) -> Mapping[str, Source]:
        return discover("governance.adapters.sources", "SOURCE")

    @cached_property
    def door(self) -> BatchDoor:
        from governance.adapters.batch.door import FileBatchDoor

        return FileBatchDoor()

    @property
    def emissions(self) -> "EmissionFile":
        """What our models wrote: entered before the rows are handed to anybody."""
        from governance.adapters.emission_file import EmissionFile

        return EmissionFile(folder=self.workspace.emissions, clock=self.clock)

    @property
    def memory(self) -> MemoryStore:
        """What earlier batches brought in."""
        from governance.adapters.memory_folder import MemoryFolder

        return MemoryFolder(folder=self.workspace.memory)

    @property
    def rows(self) -> RowStore:
        """What releases were trained on."""
        from governance.adapters.row_folder import RowFolder

        return RowFolder(folder=self.workspace.rows)

    @property
    def labels(self) -> LabelStore:
        """What people said of rows."""
        from governance.adapters.label_folder import LabelFolder

        return LabelFolder(folder=self.workspace.labels, clock=self.clock)

    @property
    def seal(self) -> Seal:
        """What makes a label somebody's here and now."""
        signed_only = self.policy.labels.signed_only(self.policy.line.environment)
        return Seal(signer=self.signer, verifier=self.verifier, signed_only=signed_only)

    @property
    def signer(self) -> Signer | None:
        """The key of whoever acts; None where none is named. Raises: UsageError where it lies in the workspace."""
        from governance.adapters.ssh_signatures import SshSigner

        named = os.environ.get(SIGNING_KEY) or self.settings.signing.key
        if not named:
            return None
        return SshSigner(key=self.secret_place(named, fix="move it to ~/.ssh"))

    def secret_place(self, named: str, *, fix: str = "move it to a folder of your own, such as ~/.config/heirloom") -> Path:
        """Where a secret lies that a setting or the environment names.

        Raises: UsageError where that is in the workspace, from where it would go wherever the workspace goes.
        """
        place = Path(named).expanduser().absolute()
        if self.workspace.root.resolve() in place.resolve().parents:
            raise UsageError("lies in the workspace", where=str(place), expected="a key outside of it", fix=fix)
        return place

    @property
    def verifier(self) -> Verifier:
        """The keys that the workspace takes for its people's."""
        from governance.adapters.remembered_signatures import RememberingVerifier
        from governance.adapters.ssh_signatures import SshVerifier

        allowed = self.workspace.root / self.settings.signing.allowed_signers
        return RememberingVerifier(inner=SshVerifier(allowed=allowed), allowed=allowed)

    @property
    def runner(self) -> Runner:
        return DvcRunner(workspace=self.workspace)

    @property
    def here_runner(self) -> Runner:
        return HereRunner(desk=self.desk)

    @property
    def source(self) -> Source:
        """The source plug-in that heirloom.toml names. Raises: UsageError listing what there is."""
        name = self.settings.source_name
        if name not in self.sources:
            raise UsageError(f"{name!r} is no source", where="heirloom.toml source.name", expected=", ".join(self.sources))
        return self.sources[name]

    @property
    def trainer(self) -> Trainer:
        """The trainer that the policy names. Raises: UsageError listing what there is."""
        name = self.policy.training.trainer
        if name not in self.trainers:
            raise UsageError(f"{name!r} is no trainer", where="policy.toml training.trainer", expected=", ".join(self.trainers))
        return self.trainers[name]

    @cached_property
    def gate_version(self) -> str:
        """The version of the gate that judges here now."""
        return gate_version(self.policy.gates, self.policy.probe)

    @property
    def terms(self) -> Terms:
        """What a promotion is held to here and now."""
        return Terms(
            rules=self.policy.promotion,
            policy_sha256=self.policy.digest,
            environment=self.policy.line.environment,
            margins_calibrated=self.policy.gates.calibrated and self.ledger.state().calibrated(self.gate_version),
        )

    @property
    def executor(self) -> Executor:
        """Where the rows of large files are worked on: the setting `engine`."""
        engine = self.settings.engine
        if engine.name == RAY:
            from governance.adapters.executors.ray_data import RayExecutor

            return RayExecutor(address=engine.address or None)
        return HereExecutor()

    def mark(self, pinned: Mapping[str, Any]) -> Mark:
        """The watermark of our teachers, as a cycle was frozen with it.

        Raises: UsageError where its key is gone; IntegrityError where the key is another one, or others can read it.
        """
        from governance.adapters.watermark_key import pinned_mark

        return pinned_mark(self.secret_place(self.settings.teacher.watermark_key), pinned)

    def desk(self, stage: str) -> FolderDesk:
        """The desk of one stage of the cycle at hand."""
        return FolderDesk(
            workspace=self.workspace,
            stage=stage_named(stage),
            store=self.store,
            trainers=self.trainers,
            door=self.door,
            bars=bars,
            marks=self.mark,
            encoders=partial(open_encoder, self.settings.encoder.folder, self.workspace),
            compute=fastest,
            engine=self.executor,
        )


def find_workspace(given: Path | None, here: Path) -> Path:
    """The given folder, or the nearest folder from `here` upwards that holds a policy.toml.

    Raises: UsageError where there is none.
    """
    if given is not None:
        if not (given / "policy.toml").is_file():
            raise UsageError("is no workspace: it holds no policy.toml", where=str(given), fix=f"heirloom init {given}")
        return given.resolve()
    found = workspace_above(here)
    if found is None:
        raise UsageError("no policy.toml in this folder or above", fix="heirloom init DIR makes a workspace; --workspace DIR names one")
    return found


def workspace_above(here: Path) -> Path | None:
    """The nearest folder from `here` upwards that is a workspace; None for what works outside of any."""
    found = next((folder for folder in (here, *here.parents) if (folder / "policy.toml").is_file()), None)
    return found.resolve() if found else None


def open_shop(root: Path, *, actor: str | None = None) -> Shop:
    """The shop of a workspace, with telemetry off. Raises: PolicyError where the environment tries to change the policy."""
    be_quiet()
    refuse_overrides(os.environ)
    return Shop(workspace=Workspace(root=root), clock=SystemClock(), actor=actor or who_acts())


def steps() -> Callable[[str], None]:
    """The hook between the steps of an action: nothing, except under a drill or a test."""
    return kill_points()
