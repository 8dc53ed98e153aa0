"""Where the bytes of models live: content-addressed folders that can be verified and restored."""

from pathlib import Path
from typing import Protocol

from governance.digest import Manifest


class ModelStore(Protocol):
    """Checkpoint folders by the sha256 name of their manifest (`governance.digest.Manifest`)."""

    def put(self, folder: Path) -> str:
        """Keep a copy of a checkpoint folder, here and on the remote, and return its digest; idempotent."""

    def path(self, digest: str) -> Path:
        """The folder of a kept model. It is not verified.

        Raises: IntegrityError when this digest was never kept.
        """

    def differences(self, digest: str) -> list[str]:
        """What is not as recorded, a phrase a file; empty means every byte was hashed and is true."""

    def glance(self, digest: str) -> list[str]:
        """What names and sizes alone show to be wrong, a phrase a file; nothing is hashed, so empty proves nothing about the bytes."""

    def manifest(self, digest: str) -> Manifest:
        """The files of a kept model, each with its sha256; the manifest itself is verified by its name.

        Raises: IntegrityError when this digest was never kept, or its manifest was altered.
        """

    def size(self, digest: str) -> int:
        """Bytes of a kept model, by its manifest, whose name is verified."""

    def rebuild(self, digest: str, folder: Path) -> None:
        """Put the model together in another folder, from the sources that `restore` has; what lies here is neither read nor changed.

        Raises: as `restore`; then nothing is left in the folder.
        """

    def restore(self, digest: str) -> Path:
        """Bring the folder back from the cache or the remote and verify every byte by sha256.

        Raises: IntegrityError naming the file where no source holds the true bytes; DependencyError when the remote cannot be asked.
        """
