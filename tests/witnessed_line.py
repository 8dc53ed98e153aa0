"""A small line with a real ledger, a real platform key and real witnesses: a folder beside it, another folder, and a git repository."""

import shutil
import sqlite3
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from governance.actions.proving import Proof, prove
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.release.ledger import Event, follow
from governance.wiring import Shop
from tests.world import TickingClock

POLICY = '[line]\nmodel = "student"\nenvironment = "staging"\n'
SETTINGS = '[ledger]\nwitnesses = ["git", "far"]\n'
DIGEST = "ab" * 32


@dataclass
class Line:
    """`shop()` is a fresh process of it. `decide()` records a verdict, after which the platform signs and the witnesses keep."""

    root: Path
    clock: TickingClock = field(default_factory=TickingClock)

    @classmethod
    def made(cls, root: Path, *, policy: str = POLICY, settings: str = SETTINGS) -> "Line":
        root.mkdir(parents=True)
        (root / "policy.toml").write_text(policy)
        (root / "heirloom.toml").write_text(settings)
        (root / "far").mkdir()
        subprocess.run(["git", "init", "-q", "--template=", str(root)], check=True)
        return cls(root=root)

    def copy(self, root: Path) -> "Line":
        shutil.copytree(self.root, root)
        return Line(root=root, clock=self.clock)

    def shop(self, actor: str = "engineer-a") -> Shop:
        return Shop(workspace=Workspace(root=self.root), clock=self.clock, actor=actor)

    @property
    def path(self) -> Path:
        return Workspace(root=self.root).ledger

    @property
    def near(self) -> Path:
        return Workspace(root=self.root).checkpoints

    def found(self) -> None:
        self.shop().ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "staging"})

    def note(self, text: str = "seen") -> None:
        self.shop().ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": text})

    def decide(self, number: int, verdict: str = "pass") -> None:
        self.shop().ledger.record(kinds.CYCLE_JUDGED, verdict_of(number, verdict))

    def events(self) -> Sequence[Event]:
        return SqliteLedger(path=self.path).events()

    def prove(self) -> Proof:
        shop = self.shop()
        return prove(shop.notary, shop.ledger.events())

    def replace(self, events: Sequence[Event]) -> None:
        """Another ledger file in the place of this one, as somebody with the disk can write it: every chain in it is unbroken."""
        self.path.unlink(missing_ok=True)
        store = SqliteLedger(path=self.path)
        for event in events:
            store.append(event)

    def edit(self, statement: str) -> None:
        """Change rows of the ledger file behind its back."""
        with sqlite3.connect(self.path) as connection:
            connection.executescript(f"DROP TRIGGER no_update; DROP TRIGGER no_delete; {statement};")


def verdict_of(number: int, verdict: str = "pass") -> dict[str, object]:
    return {
        "cycle": number,
        "cycle_digest": f"cycle-{number}",
        "batch_digest": f"rows-{number}",
        "policy_sha256": "policy",
        "verdict": verdict,
        "reason": "",
        "decision_sha256": DIGEST,
        "checkpoint": DIGEST,
    }


def rewritten(events: Sequence[Event], bodies: dict[int, dict[str, object]]) -> list[Event]:
    """The same story with other bodies at some seqs, and a chain of its own that holds."""
    found: list[Event] = []
    for event in events:
        body = bodies.get(event.seq, dict(event.body))
        found.append(follow(found[-1] if found else None, kind=event.kind, actor=event.actor, at=event.at, body=body))
    return found
