"""The desk a stage works at, over the folders of a workspace; it hands out only what the stage declared."""

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.adapters.executors.here import HereExecutor
from governance.collapse.encoder import Encoder
from governance.digest import digest_document, read_document
from governance.errors import IntegrityError
from governance.ports.batch import BatchDoor
from governance.ports.executor import Executor
from governance.ports.model_store import ModelStore
from governance.ports.trainer import Trainer
from governance.ports.workspace import Workspace
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.watermark import Mark
from governance.section import part_of, read_section
from governance.stages.stage import Stage

Progress = Callable[[str], Callable[[int, int, str], None]]
FREEZE_AGAIN = "heirloom retrain freezes the cycle again"


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderDesk:
    """A desk for one stage of the cycle at hand (see `governance.ports.desk.Desk`)."""

    workspace: Workspace
    stage: Stage
    store: ModelStore
    trainers: Mapping[str, Trainer]
    door: BatchDoor
    bars: Progress
    marks: Callable[[Mapping[str, Any]], Mark]
    encoders: Callable[[str], Encoder]
    compute: Callable[[int], Kernels] = lambda _: NUMPY
    engine: Executor = field(default_factory=HereExecutor)

    def need(self, key: str) -> Any:
        if not any(key == declared or key.startswith(f"{declared}.") for declared in self.stage.needs):
            raise KeyError(f"stage {self.stage.name} does not declare that it needs {key}")
        try:
            return part_of(read_document(self.workspace.cycle_document), key)
        except KeyError as error:
            raise IntegrityError(f"says nothing of {key}", where=str(self.workspace.cycle_document), fix=FREEZE_AGAIN) from error

    def reads(self, name: str) -> Path:
        if name not in self.stage.reads:
            raise KeyError(f"stage {self.stage.name} does not declare that it reads {name}")
        path = self.workspace.place(name)
        if not path.exists():
            raise IntegrityError("is missing", where=str(path), fix="heirloom retrain repeats the stages before this one")
        return path

    def writes(self, name: str) -> Path:
        if name not in self.stage.writes:
            raise KeyError(f"stage {self.stage.name} does not declare that it writes {name}")
        path = self.workspace.place(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
        return path

    def scratch(self) -> Path:
        folder = self._scratch()
        folder.mkdir(parents=True, exist_ok=True)
        return folder

    def clear(self) -> None:
        """Forget the resumable state: the stage has written what it promised."""
        shutil.rmtree(self._scratch(), ignore_errors=True)

    def _scratch(self) -> Path:
        needed = {key: self.need(key) for key in self.stage.needs}
        return self.workspace.scratch / f"{self.stage.name}-{digest_document(needed)[:16]}"

    def model(self, digest: str) -> Path:
        if said := self.store.differences(digest):
            raise IntegrityError(
                "; ".join(said[:5]),
                where=str(self.workspace.model(digest)),
                expected=f"the files of model {digest[:16]}",
                fix="heirloom reconcile restores a model from DVC",
            )
        return self.store.path(digest)

    def trainer(self, name: str) -> Trainer:
        return self.trainers[name]

    def batch_door(self) -> BatchDoor:
        return self.door

    def kernels(self, texts: int) -> Kernels:
        return self.compute(texts)

    def executor(self) -> Executor:
        return self.engine

    def encoder(self, digest: str) -> Encoder:
        return self.encoders(digest)

    def mark(self, pinned: Mapping[str, Any]) -> Mark:
        return self.marks(pinned)

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return self.bars(title)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)
