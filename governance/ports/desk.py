"""The desk a stage works at: the files it declared, the sections of cycle.json it declared, and the tools that wiring chose."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol

from governance.collapse.encoder import Encoder
from governance.ports.batch import BatchDoor
from governance.ports.executor import Executor
from governance.ports.trainer import Trainer
from governance.provenance.kernels import Kernels
from governance.provenance.watermark import Mark


class Desk(Protocol):
    """Asking for anything that the stage did not declare is a bug and raises KeyError."""

    def need(self, key: str) -> Any:
        """A declared part of cycle.json by dotted key, such as `policy.mixing` or `seed`."""

    def reads(self, name: str) -> Path:
        """A declared input: `admitted.parquet` is in the cycle's folder, `shards/tail.parquet` in the workspace."""

    def writes(self, name: str) -> Path:
        """A declared output in the cycle's folder. Its parent exists; the file or folder does not."""

    def scratch(self) -> Path:
        """A folder that survives a kill and is no output: for resumable state."""

    def model(self, digest: str) -> Path:
        """The verified folder of a kept model. Raises IntegrityError naming the altered file."""

    def trainer(self, name: str) -> Trainer: ...

    def batch_door(self) -> BatchDoor: ...

    def kernels(self, texts: int) -> Kernels:
        """The inner loops for so many texts, compiled where that can be and pays; their results never differ."""

    def executor(self) -> Executor:
        """Where the rows of large files are worked on."""

    def encoder(self, digest: str) -> Encoder:
        """The sentence encoder with this digest, its vectors kept between calls.

        Raises: UsageError where no folder is set; IntegrityError where the folder holds another one.
        """

    def mark(self, pinned: Mapping[str, Any]) -> Mark:
        """The watermark that cycle.json pins by the fingerprint of its key, with the key.

        Raises: UsageError where the key is gone; IntegrityError where it is another one.
        """

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        """A bar on stderr: call with (done, in all, a few words)."""

    def section(self, key: str, kind: type[Any]) -> Any:
        """`read_section(kind, need(key), key)`."""


SHARDS: Mapping[str, str] = {
    "anchors": "shards/anchors.parquet",
    "tail": "shards/tail.parquet",
    "human": "shards/human.parquet",
    "prompts": "shards/prompts.parquet",
}
"""Name of a pinned shard -> its place in the workspace."""
