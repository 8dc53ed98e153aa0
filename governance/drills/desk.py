"""A desk over one generation's folder: the shipped stages work at it as they work at a cycle's."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from governance.adapters.executors.here import HereExecutor
from governance.collapse.encoder import Encoder
from governance.collapse.sentinels import SENTINELS_FILE
from governance.digest import digest_document
from governance.drills.breeding import Breeder, Generation
from governance.drills.shelf import PLANTED, SENTINELS
from governance.errors import UsageError
from governance.ports.batch import BatchDoor
from governance.ports.executor import Executor
from governance.ports.trainer import Trainer
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.watermark import Mark
from governance.section import part_of, read_section


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrillDesk:
    """Files of a generation, shards of the drill, a cycle document in memory, and a trainer that opens each model once."""

    place: Path
    shards: Path
    cycle: Mapping[str, Any]
    breeder: Breeder
    generations: Mapping[str, Generation]

    def need(self, key: str) -> Any:
        return part_of(self.cycle, key)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        if name == SENTINELS_FILE:
            return self.shards / PLANTED
        return (self.shards if name.startswith("shards/") else self.place) / name

    def writes(self, name: str) -> Path:
        path = self.place / name
        path.unlink(missing_ok=True)
        return path

    def scratch(self) -> Path:
        return self.place / "scratch"

    def model(self, digest: str) -> Path:
        return self.generations[digest].checkpoint

    def trainer(self, name: str) -> Trainer:
        """The breeder's own trainer, whatever the policy calls it; what it opens remembers its answers."""
        del name
        by_folder = {generation.checkpoint: generation for generation in self.generations.values()}
        own = self.reads("checkpoint")
        return replace(self.breeder.trainer, open=lambda folder: self.breeder.open(by_folder[folder if folder in by_folder else own]))

    def batch_door(self) -> BatchDoor:
        raise UsageError("a drill opens no batch", where="drill", fix="hand it rows")

    def kernels(self, texts: int) -> Kernels:
        del texts
        return NUMPY

    def executor(self) -> Executor:
        return HereExecutor()

    def encoder(self, digest: str) -> Encoder:
        raise UsageError(
            f"a drill holds no sentence encoder {digest[:12]}", where="drill", fix="leave policy.probe.encoder empty in a drill"
        )

    def mark(self, pinned: Mapping[str, Any]) -> Mark:
        raise UsageError(f"a drill holds no watermark key {str(pinned.get('fingerprint'))[:12]}", where="drill", fix="judge without a mark")

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        del title
        return lambda _done, _total, _words: None


def cycle_document(
    *, seed: int, baseline: Generation, champion: Generation, shards: Mapping[str, str], policy: Mapping[str, Any]
) -> dict[str, Any]:
    """What a frozen cycle would say of one candidate of a course. No noise was pooled over controls: a drill has no earlier cycles."""
    founded = {"version": 1, "digest": baseline.digest}
    return {
        "kind": "retraining",
        "seed": seed,
        "number": champion.number + 2,
        "shards": {name: digest for name, digest in shards.items() if name != SENTINELS},
        "champion": {"version": champion.number + 1, "digest": champion.digest},
        "baseline": founded,
        "best_ever": founded,
        "history": {"releases": [{"version": number + 1, "levels": {}} for number in range(1, champion.number + 1)]},
        "extension": None,
        "retrain_noise": {},
        "sentinels": {"sha256": shards[SENTINELS]},
        "policy": dict(policy),
        "policy_sha256": digest_document(policy),
    }
