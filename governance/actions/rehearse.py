"""Before a promotion the way back from it is walked once in a scratch place: true bytes from the store, a pointer, both read back."""

import os
import shutil
import tempfile
import time
from pathlib import Path

from governance.actions.outcomes import RehearsalOutcome
from governance.actions.release_desk import ReleaseDesk
from governance.actions.serving import Pointer, read_pointer, write_pointer
from governance.digest import Manifest
from governance.errors import DependencyError, IntegrityError
from governance.release import kinds
from governance.release.fold import promoted
from governance.release.state import Release, State

PREFIX = ".rehearsal-"
"""Of a folder beside the serving pointer: the same disk, and nothing that serving reads. The process that made it follows."""
SPARE = 1.05
"""Room that is asked for, in sizes of the release: file systems keep some for themselves."""


def way_back(state: State, version: int) -> Release | None:
    """Where `heirloom rollback` would go once this version serves; None where there is nothing before it."""
    if version not in state.releases:
        return None
    previous = promoted(state, version, state.seq + 1).previous
    return None if previous is None else state.releases[previous]


def rehearse(desk: ReleaseDesk, version: int) -> RehearsalOutcome | None:
    """Rebuild what a rollback from this version would go to from the store's own copies, read it back, and record what it took.

    The folder that serves is neither read nor touched, so an altered or missing one is not what is proved here: `promote` hashes that.
    None where there is no way back yet.

    Raises: IntegrityError where no source holds the true bytes; DependencyError where the disk has no room for a copy, or the remote
    cannot be asked. Then nothing is recorded, and the version is not to be promoted.
    """
    target = way_back(desk.ledger.state(), version)
    if target is None:
        return None
    desk.pointer.parent.mkdir(parents=True, exist_ok=True)
    _clear(desk.pointer.parent)
    with tempfile.TemporaryDirectory(prefix=f"{PREFIX}{os.getpid()}-", dir=desk.pointer.parent) as place:
        begun = time.perf_counter()
        manifest = _walked(desk, target, Path(place))
        spent = round(1000 * (time.perf_counter() - begun))
    body = {
        "version": version,
        "to": target.version,
        "checkpoint": target.checkpoint,
        "files": len(manifest.files),
        "bytes": manifest.size,
        "milliseconds": spent,
    }
    event = desk.ledger.record(kinds.ROLLBACK_REHEARSED, body)
    return RehearsalOutcome(
        version=version, to=target.version, files=len(manifest.files), size=manifest.size, milliseconds=spent, seq=event.seq
    )


def _walked(desk: ReleaseDesk, target: Release, place: Path) -> Manifest:
    _check_room(place, desk.store.size(target.checkpoint))
    folder, file = place / "model", place / desk.pointer.name
    desk.store.rebuild(target.checkpoint, folder)
    manifest = Manifest.of(folder)
    if manifest.digest != target.checkpoint:
        raise IntegrityError(
            f"release {target.version} was rebuilt as {manifest.digest[:16]}",
            where=target.checkpoint[:16],
            expected="the recorded bytes: without them there is no way back from the version that was to be promoted",
            fix="restore the DVC cache or remote from a backup, then promote again",
        )
    pointer = Pointer(version=target.version, path=folder.name, digest=target.checkpoint)
    write_pointer(file, pointer)
    if read_pointer(file) != pointer:
        raise IntegrityError("reads back something else than was written", where=str(file), fix="look after the disk, then promote again")
    return manifest


def _clear(folder: Path) -> None:
    """Remove what rehearsals of processes left that were killed."""
    for left in folder.glob(f"{PREFIX}*"):
        pid = left.name.removeprefix(PREFIX).partition("-")[0]
        if not (pid.isdigit() and _lives(int(pid))):
            shutil.rmtree(left, ignore_errors=True)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True  # another user's
    return True


def _check_room(place: Path, size: int) -> None:
    free, wanted = shutil.disk_usage(place).free, int(SPARE * size)
    if free < wanted:
        raise DependencyError(
            f"{wanted - free:,} bytes are missing to rehearse the way back",
            where=str(place),
            expected=f"{wanted:,} free bytes: the release that a rollback would go to is rebuilt there",
            fix="free some space, then promote again",
        )
