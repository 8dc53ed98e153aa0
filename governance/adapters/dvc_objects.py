"""What DVC keeps of one tracked folder: a listing and an object a file, each in the cache and on the remote under its md5.

DVC checks out an altered object without a word, and its md5 proves nothing: what is read here is believed only after our own sha256.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.digest import CHUNK_BYTES
from governance.errors import IntegrityError

LISTING = ".dir"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedFolder:
    """The objects behind one `.dvc` file of a folder. `listing` is the md5 name of the folder's listing, with `.dir` at its end."""

    listing: str
    cache: Path

    @classmethod
    def read(cls, dvc_file: Path, cache: Path) -> "TrackedFolder":
        """The tracked folder that a `.dvc` file names.

        Raises: IntegrityError when the file is missing or names no folder.
        """
        try:
            lines = dvc_file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise IntegrityError(f"cannot be read: {error}", where=str(dvc_file), fix="heirloom reconcile") from error
        names = [line.split("md5:", 1)[1].strip() for line in lines if "md5:" in line]
        listings = [name for name in names if name.endswith(LISTING)]
        if len(listings) != 1 or not _hexadecimal(listings[0].removesuffix(LISTING)):
            raise IntegrityError("names no folder", where=str(dvc_file), expected="an md5 that ends with .dir")
        return cls(listing=listings[0], cache=cache)

    def objects(self) -> Mapping[str, str] | None:
        """File name -> md5 of its object, from the cached listing; None where the listing is missing or is not what its name says."""
        path = object_path(self.cache, self.listing)
        if not path.is_file() or md5_file(path) != self.listing.removesuffix(LISTING):
            return None
        return {entry["relpath"]: entry["md5"] for entry in json.loads(path.read_bytes())}

    def missing_or_altered(self) -> list[str]:
        """Names of objects that the cache lacks, or holds under a name that is not theirs."""
        names = [self.listing, *(self.objects() or {}).values()]
        paths = [object_path(self.cache, name) for name in names]
        return [name for name, path in zip(names, paths, strict=True) if not path.is_file() or _altered(path, name)]

    def drop_altered(self) -> list[str]:
        """Remove from the cache every object of this folder that is not what its name says, and return their names."""
        names = [self.listing, *(self.objects() or {}).values()]
        altered = [name for name in names if _altered(object_path(self.cache, name), name)]
        for name in altered:
            object_path(self.cache, name).unlink()
        return altered

    def missing_on(self, remote: Path) -> list[str]:
        """Names of objects that the folder of a remote does not hold."""
        names = [self.listing, *(self.objects() or {}).values()]
        return [name for name in names if not object_path(remote, name).is_file()]


def object_path(root: Path, name: str) -> Path:
    """Where a cache or a local remote keeps an object."""
    return root / "files" / "md5" / name[:2] / name[2:]


def md5_file(path: Path) -> str:
    """DVC's name of a file's content; a name, never a proof."""
    seen = hashlib.md5(usedforsecurity=False)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            seen.update(chunk)
    return seen.hexdigest()


def _altered(path: Path, name: str) -> bool:
    return path.is_file() and md5_file(path) != name.removesuffix(LISTING)


def _hexadecimal(name: str) -> bool:
    return len(name) == 32 and all(digit in "0123456789abcdef" for digit in name)
