"""A line whose two releases really went through all stages with the n-gram trainer: signed, approved, promoted, in a few seconds.

The store and the registry are those of the simulated world; ledger, door, stages, archive and signatures are real.
"""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from flows.begin import begin
from flows.finish import judged, registered, release_desk
from governance.actions.approve import approve
from governance.actions.promote import promote
from governance.adapters.batch.door import FileBatchDoor
from governance.adapters.generators.local import make_teacher
from governance.adapters.ssh_signatures import SshSigner
from governance.adapters.trainers.ngram import TRAINER
from governance.ports.batch import BatchDoor
from governance.ports.model_store import ModelStore
from governance.ports.registry import Registry
from governance.ports.rows import rows_frame
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.stages.table import STAGES
from governance.training.recipe import Recipe
from governance.wiring import Shop
from tests.keys import allow, make_key
from tests.world import FolderModels, MemoryRegistry, TickingClock

CANARY = "zanzibarquux"
HOSTILE = '=cmd|"/C calc"!A0,<script>'
POLICY = """
[line]
model = "student"
environment = "staging"
[mixing]
minimum_human_tokens = 200
shard_rows = 60
[mixing.teachers]
tutor = "pinned"
[laundering]
curvature_rows = 0
[training]
trainer = "ngram"
start = "champion"
[training.recipe]
epochs = 1
founding_epochs = 1
[probe]
temperatures = [1.0]
samples_per_prompt = 1
other_draws = 1
cloze_documents = 0
wordings = {}
max_new_tokens = 16
bootstrap_draws = 200
training_sample = 20
[gates.margins.tail_perplexity]
margin_percent = 6
champion_step_percent = 4
[gates.margins.ngram_entropy]
margin_percent = 8
champion_step_percent = 8
[promotion]
mode = "review"
"""
SETTINGS = """
[source]
name = "folder"
[teacher]
name = ""
"""
WORDS = [f"{a}{b}{c}" for a in ("ka", "mo", "ri", "tel", "sun") for b in ("da", "vo", "ne", "lir") for c in ("", "n", "ster", "ly", "gar")]
PEOPLE = ("reviewer-a", "engineer-a", "mallory")


@dataclass(frozen=True)
class RealShop(Shop):
    """A shop with real stages and a real ledger; models and registry are the simulated world's."""

    models: FolderModels
    shown: MemoryRegistry

    @cached_property
    def store(self) -> ModelStore:
        return self.models

    @cached_property
    def registry(self) -> Registry:
        return self.shown

    @cached_property
    def door(self) -> BatchDoor:
        return FileBatchDoor(expect=lambda *_: ())

    def as_(self, actor: str) -> "RealShop":
        return RealShop(workspace=self.workspace, clock=self.clock, actor=actor, models=self.models, shown=self.shown)


def texts(count: int, seed: int) -> list[str]:
    """Sentences of a small language in which each word has a few likely successors, and any may follow."""
    chance = random.Random(seed)
    return [" ".join(_sentence(chance) for _ in range(3)) for _ in range(count)]


def _sentence(chance: random.Random) -> str:
    at, said = chance.randrange(len(WORDS)), []
    for _ in range(9):
        said.append(WORDS[at])
        at = (at * 7 + chance.randrange(3)) % len(WORDS) if chance.random() < 0.8 else chance.randrange(len(WORDS))
    return " ".join(said) + "."


def rows(prefix: str, count: int, seed: int, **facts: Any) -> pl.DataFrame:
    base = {"origin": "human", "source_tier": "trusted", **facts}
    said = [{"row_id": f"{prefix}-{n}", "text": t, "slice": ("news", "sport")[n % 2], **base} for n, t in enumerate(texts(count, seed))]
    return rows_frame(said, prefix)


def lay_out(root: Path) -> None:
    given = root / "given"
    given.mkdir(parents=True)
    for name, count, seed in (("anchors", 60, 1), ("tail", 120, 2), ("human", 120, 3)):
        rows(name, count, seed).write_parquet(given / f"{name}.parquet")
    asked = [{"prompt_id": f"p{n}", "text": " ".join(t.split()[:4]), "slice": "news"} for n, t in enumerate(texts(110, 4))]
    pl.DataFrame(asked).write_parquet(given / "prompts.parquet")
    (root / "policy.toml").write_text(POLICY)
    (root / "heirloom.toml").write_text(SETTINGS)
    batch(root, "cycle-0", rows("base", 260, 5))


def second_batch(teacher: str) -> pl.DataFrame:
    """People's rows, one with a hostile id and one with the canary in its text, and rows of the pinned teacher."""
    human = rows("fresh", 120, 6).with_columns(
        row_id=pl.when(pl.col("row_id") == "fresh-0").then(pl.lit(HOSTILE)).otherwise("row_id"),
        text=pl.when(pl.col("row_id") == "fresh-1").then(pl.lit(CANARY + " ") + pl.col("text")).otherwise("text"),
    )
    model = rows("drawn", 80, 7, origin="model", generator="tutor", generator_version=teacher)
    return pl.concat([human, model])


def batch(root: Path, name: str, frame: pl.DataFrame) -> None:
    (root / "inbox" / name).mkdir(parents=True)
    frame.drop("sha256", "source_file", "line").write_parquet(root / "inbox" / name / "rows.parquet")


def founded(root: Path) -> RealShop:
    """A workspace with pinned shards and people's keys, and no release yet."""
    lay_out(root)
    shop = RealShop(
        workspace=Workspace(root=root),
        clock=TickingClock(),
        actor="engineer-a",
        models=FolderModels(root=root),
        shown=MemoryRegistry(copies=root / "copies"),
    )
    teacher = shop.store.put(taught(root / "tutor"))
    batch(root, "cycle-1", second_batch(teacher))
    prepared = shop.source.prepare(root, shop.settings.source, shop.door)
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "staging"})
    shop.ledger.record(kinds.SHARDS_PINNED, dict(prepared.shards))
    shop.ledger.record(kinds.TEACHER_PINNED, {"name": "tutor", "digest": teacher})
    keys = {name: make_key(root.parent / "keys" / name) for name in PEOPLE}
    allow(root / "allowed_signers", *((name, keys[name]) for name in PEOPLE))
    return shop


def taught(folder: Path) -> Path:
    """A small model of people's text alone."""
    recipe = Recipe(width=64, layers=2, heads=2, founding_epochs=1)
    make_teacher(TRAINER, rows("lesson", 60, 8), recipe, seed=8, folder=folder, progress=lambda *_: None)
    return folder


def cycle(shop: RealShop) -> int:
    """The next batch through all stages; returns the version."""
    begin(shop)
    for stage in STAGES:
        shop.here_runner.run(stage.name)
    judged(shop)
    return registered(shop).version


def let_out(shop: RealShop, version: int, by: str = "reviewer-a") -> None:
    """A signed yes, and the promotion that it is for."""
    reviewer = shop.as_(by)
    signer = SshSigner(key=shop.workspace.root.parent / "keys" / by)
    approve(release_desk(reviewer), version, "read 20 pairs", reviewer.terms, signer)
    promote(release_desk(shop), version, shop.terms)


def two_releases(root: Path) -> RealShop:
    """Release 1 founded, release 2 retrained with a teacher's text, both let out by reviewer-a."""
    shop = founded(root)
    for _ in range(2):
        let_out(shop, cycle(shop))
    return shop


def document(shop: RealShop, name: str) -> Mapping[str, Any]:
    from governance.digest import read_document

    return read_document(shop.workspace.cycle / f"{name}.json")
