"""A shop in which a teacher can write in a second: real door, real n-gram models; models and ledger in memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import polars as pl

from governance.actions.recorder import Ledger
from governance.adapters.batch.door import FileBatchDoor
from governance.adapters.generators.local import make_teacher
from governance.adapters.trainers.ngram import TRAINER
from governance.ports.batch import BatchDoor
from governance.ports.model_store import ModelStore
from governance.ports.rows import rows_frame
from governance.ports.workspace import Workspace
from governance.training.recipe import Recipe
from governance.wiring import Shop
from tests.world import FolderModels, MemoryLedger, TickingClock

POLICY = """
[line]
model = "student"
[training]
trainer = "ngram"
[mixing.teachers]
tutor = "pinned"
"""
SETTINGS = """
[source]
name = "folder"
[teacher]
name = "tutor"
checkpoint = "{checkpoint}"
"""
WORDS = [
    "river",
    "mill",
    "stone",
    "bridge",
    "market",
    "letter",
    "winter",
    "harbour",
    "lantern",
    "garden",
    "copper",
    "thread",
    "window",
    "orchard",
    "engine",
]


@dataclass(frozen=True)
class QuickShop(Shop):
    """A shop whose slow tools are those of the simulated world; two of one folder share nothing but what is handed on."""

    events: MemoryLedger
    models: FolderModels

    @cached_property
    def ledger(self) -> Ledger:
        return Ledger(store=self.events, clock=self.clock, actor=self.actor)

    @cached_property
    def store(self) -> ModelStore:
        return self.models

    @cached_property
    def door(self) -> BatchDoor:
        return FileBatchDoor(expect=lambda *_: ())

    def again(self) -> "QuickShop":
        """The same workspace as another process sees it: settings and policy are read anew."""
        return QuickShop(workspace=self.workspace, clock=self.clock, actor=self.actor, events=self.events, models=self.models)


def human_rows(count: int = 20, slices: Sequence[str] = ("news", "sport"), task: str = "article") -> pl.DataFrame:
    rows = []
    for n in range(count):
        said = " ".join(WORDS[(n * k + k) % len(WORDS)] for k in range(1, 9))
        text = f"People wrote {said} number {n} by hand. They took care of {said}. It shows at {said}."
        rows.append({"row_id": f"h{n}", "text": text, "origin": "human", "slice": slices[n % len(slices)], "task": task})
    return rows_frame(rows, "given").drop("sha256", "source_file", "line")


def make_shop(root: Path, checkpoint: Path, *, policy: str = "", settings: str = "") -> QuickShop:
    """A workspace with a batch of twenty human rows; `policy` and `settings` are added to the files."""
    (root / "inbox" / "cycle-1").mkdir(parents=True, exist_ok=True)
    (root / "policy.toml").write_text(POLICY + policy)
    (root / "heirloom.toml").write_text(SETTINGS.replace("{checkpoint}", str(checkpoint)) + settings)
    human_rows().write_parquet(batch_of(root) / "human.parquet")
    return QuickShop(
        workspace=Workspace(root=root), clock=TickingClock(), actor="ann", events=MemoryLedger(), models=FolderModels(root=root)
    )


def batch_of(root: Path) -> Path:
    return root / "inbox" / "cycle-1"


def make_checkpoint(folder: Path, rows_read: int = 40) -> Path:
    """A real checkpoint of an n-gram teacher; one that read other rows has other weights."""
    rows = rows_frame(human_rows(rows_read).to_dicts(), "given")
    make_teacher(TRAINER, rows, Recipe(width=64, layers=2, heads=2, founding_epochs=1), seed=8, folder=folder, progress=lambda *_: None)
    return folder
