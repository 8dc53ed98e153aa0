"""A folder as a witness: a file a checkpoint, named by where the ledger ended, never written over and never removed by us."""

import re
from dataclasses import dataclass
from pathlib import Path

from governance.digest import read_document, write_document
from governance.errors import DependencyError, IntegrityError
from governance.release.checkpoint import SignedCheckpoint, Testimony

OURS = re.compile(r"\d{10}-[0-9a-f]{16}\.json")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderWitness:
    """See `governance.ports.witness.Witness`. `make` is True for the workspace's own folder; any other is made by people, once, so that a
    disk that is not mounted is not taken for an empty one.
    """

    folder: Path
    label: str = "folder"
    make: bool = False

    @property
    def name(self) -> str:
        return self.label

    def keep(self, one: SignedCheckpoint) -> None:
        place = self.folder / f"{one.name}.json"
        try:
            if self.make:
                self.folder.mkdir(parents=True, exist_ok=True)
            elif not self.folder.is_dir():
                raise self._missing()
            if not _holds(place, one):
                write_document(place, one.document())
        except OSError as error:
            raise DependencyError(f"cannot be written: {error.strerror}", where=str(self.folder)) from error

    def testimony(self) -> Testimony:
        if not self.folder.is_dir():
            return Testimony(witness=self.name, silent="" if self.make else self._missing().found)
        kept, unreadable = [], []
        try:
            for place in sorted(path for path in self.folder.iterdir() if OURS.fullmatch(path.name)):
                try:
                    kept.append(_read(place))
                except IntegrityError:
                    unreadable.append(place.name)
        except OSError as error:
            return Testimony(witness=self.name, silent=f"cannot be read: {error.strerror}")
        return Testimony(witness=self.name, checkpoints=tuple(kept), unreadable=tuple(unreadable))

    def _missing(self) -> DependencyError:
        return DependencyError(
            "is no folder", where=str(self.folder), expected="a folder that is there", fix=f"mkdir -p {self.folder}, once"
        )


def _read(place: Path) -> SignedCheckpoint:
    """The checkpoint in a file. Raises: IntegrityError where it holds none, or one of another name."""
    one = SignedCheckpoint.from_document(read_document(place))
    if f"{one.name}.json" != place.name:
        raise IntegrityError("holds another checkpoint", where=str(place))
    return one


def _holds(place: Path, one: SignedCheckpoint) -> bool:
    """True where this place keeps a checkpoint of the same seq and head; half a file, copied here by somebody, is none."""
    if not place.exists():
        return False
    try:
        there = _read(place)
    except IntegrityError:
        return False
    return (there.seq, there.head, there.key) == (one.seq, one.head, one.key)
