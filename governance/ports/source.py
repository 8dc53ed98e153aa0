"""Where rows come from: a source lays out the pinned shards and the first batches. Later batches arrive in the inbox."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from governance.ports.batch import BatchDoor
from governance.ports.desk import SHARDS


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a source laid out in a workspace. Paths are relative to the workspace (posix), digests are the sha256 of the file."""

    source: str
    shards: Mapping[str, str]
    """Name of the shard (anchors, tail, human, prompts) -> digest."""
    batches: Mapping[str, str] = field(default_factory=dict)
    """Path of a batch, such as `inbox/base.parquet` -> digest, in the order in which they are meant."""
    base: str | None = None
    """The batch of the founding cycle: human rows only."""
    documents: Mapping[str, int] = field(default_factory=dict)
    """Shard or batch -> rows in it."""
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Why a document is in no shard and no batch -> how many."""

    def __post_init__(self) -> None:
        if set(self.shards) != set(SHARDS):
            raise ValueError(f"shards: {sorted(self.shards)} are not {sorted(SHARDS)}")
        if self.base is not None and self.base not in self.batches:
            raise ValueError(f"base: {self.base} is not one of the batches")

    def document(self) -> dict[str, Any]:
        """The layout as JSON."""
        return {
            "schema": "heirloom/prepared/1",
            "source": self.source,
            "shards": dict(self.shards),
            "batches": [{"path": path, "sha256": digest} for path, digest in self.batches.items()],
            "base": self.base,
            "documents": dict(self.documents),
            "dropped": dict(self.dropped),
        }

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Prepared":
        """The inverse of `document`: `Prepared.from_document(p.document()) == p`."""
        return cls(
            source=document["source"],
            shards=document["shards"],
            batches={entry["path"]: entry["sha256"] for entry in document["batches"]},
            base=document["base"],
            documents=document["documents"],
            dropped=document["dropped"],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A plug-in: `SOURCE` in governance/adapters/sources/NAME.py. It owns its settings, the table [source] of heirloom.toml."""

    name: str
    prepare: Callable[[Path, Mapping[str, Any], BatchDoor], Prepared]
    """(workspace, settings, row door): lay everything out, whole or not at all. A second call changes nothing and says the same.

    Raises: IntegrityError naming a pinned shard that was altered since; PolicyError for impossible settings.
    """
