"""A traced line that kept its rows and remembers what it admitted, as the end of a cycle leaves both."""

import shutil
from copy import copy
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.memory_folder import MemoryFolder
from governance.adapters.row_folder import RowFolder
from governance.digest import digest_text
from governance.ports.desk import SHARDS
from governance.ports.rows import rows_frame
from governance.provenance.earlier import trained_rows
from governance.provenance.memory import MEMORY_SCHEMA, nothing_known
from governance.provenance.passed import PASSED_SCHEMA
from governance.release import kinds
from tests.flows.traced_line import TracedLine
from tests.world import MemoryLedger, World


def secret(row_id: str) -> str:
    """The text of a row, which nothing may show."""
    return f"Secret words of {row_id}."


def rows_of(*ids: str, **more: Any) -> pl.DataFrame:
    return rows_frame([{"row_id": name, "text": secret(name), "origin": "human", **more} for name in ids], "batch")


class KeptLine(TracedLine):
    """Releases whose human rows are kept under their names; `remember` puts rows of a cycle into the memory."""

    def __init__(self, root: Path, *, on_disk: bool = False) -> None:
        super().__init__(root, on_disk=on_disk)
        self.rows = RowFolder(folder=root / ".heirloom" / "rows", batch_rows=2)
        self.memory = nothing_known()

    def copied(self, root: Path) -> "KeptLine":
        """The same line in another folder, of which nothing is shared; its ledger is in memory."""
        shutil.copytree(self.root, root, dirs_exist_ok=True)
        other = copy(self)
        other.root, other.rows = root, RowFolder(folder=root / ".heirloom" / "rows", batch_rows=2)
        other.world = World(root=root, ledger=MemoryLedger(kept=list(self.world.ledger.events())))
        other.world.models.manifests.update(self.world.models.manifests)
        return other

    def trained(self, number: int, start: int | None, *ids: str, kept: bool = True) -> int:
        """A promoted release that was trained on these rows, and remembers them."""
        version = self.release(number, start)
        self.remember(number, *ids)
        if kept:
            sha256 = self.rows.keep([trained_rows(rows_of(*ids), PASSED_SCHEMA.to_frame(), number)])
            digest = self.world.state().releases[version].cycle_digest
            body = {"cycle": number, "cycle_digest": digest, "rows": len(ids), "rows_sha256": sha256, "own": {}}
            self.record(kinds.ROWS_KEPT, body)
        return version

    def remember(self, cycle: int, *ids: str) -> None:
        nothing = {"depth": 0, "passages": 0, "generator": None, "generator_version": None}
        told = pl.DataFrame(
            [{"row_id": name, "sha256": digest_text(secret(name)), "origin": "human", "cycle": cycle, **nothing} for name in ids],
            schema=MEMORY_SCHEMA,
        )
        self.memory = pl.concat([self.memory.join(told, on="row_id", how="anti"), told]).sort("row_id")
        sha256 = MemoryFolder(folder=self.root / ".heirloom" / "memory").keep(self.memory)
        body = {"cycle": cycle, "cycle_digest": f"memory-{cycle}", "rows": self.memory.height, "forgotten": 0, "memory_sha256": sha256}
        self.record(kinds.MEMORY_EXTENDED, body)

    def shard(self, name: str, *ids: str) -> None:
        place = self.root / SHARDS[name]
        place.parent.mkdir(exist_ok=True)
        rows_of(*ids).write_parquet(place)

    def kept_ids(self) -> list[str]:
        """Every row that is kept, as the ledger names its file."""
        names = self.world.state().kept_rows.values()
        return sorted(row_id for name in names for frame in self.rows.frames(name, ["row_id"]) for row_id in frame["row_id"])
