"""Files that were pinned before the cycle began: they are read only while their bytes are the ones that were pinned."""

from pathlib import Path

from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS, Desk


def pinned_shard(desk: Desk, name: str) -> Path:
    """A shard of the workspace. Raises: IntegrityError where its bytes are not those that the ledger pinned."""
    path, expected = desk.reads(SHARDS[name]), str(desk.need("shards")[name])
    if (found := digest_file(path)) != expected:
        raise IntegrityError(f"shard {name} is {found[:12]}, pinned as {expected[:12]}", where=str(path), fix="restore the pinned file")
    return path


def frozen_file(desk: Desk, name: str, key: str) -> Path:
    """A file that was frozen with the cycle, whose digest stands in cycle.json under a key.

    Raises: IntegrityError where its bytes are others.
    """
    path, expected = desk.reads(name), str(desk.need(key)["sha256"])
    if (found := digest_file(path)) != expected:
        raise IntegrityError(f"is {found[:12]}, frozen as {expected[:12]}", where=str(path), fix="start a new cycle")
    return path
