"""Every byte of a checkpoint is what was recorded, or is made so from a source that still holds the true bytes."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from governance.actions.release_desk import ReleaseDesk
from governance.actions.scrub import scrubbed
from governance.digest import Manifest
from governance.errors import DependencyError, IntegrityError
from governance.release.state import Release, State
from governance.release.targets import others

STORE, REGISTRY = "store", "registry"


@dataclass(frozen=True, slots=True, kw_only=True)
class Assurance:
    """The folder is true: so many files were hashed. `restored_from` is empty, `store` or `registry`; `found` is what was wrong before.

    `pending` says that names and sizes are right and the last scrub held, and that the bytes are to be hashed as soon as serving has moved.
    """

    files: int
    pending: bool = False
    restored_from: str = ""
    found: tuple[str, ...] = ()


def problems(desk: ReleaseDesk, release: Release) -> tuple[str, ...]:
    """What is not as recorded in the kept checkpoint of a release; empty means that every byte was hashed and is true."""
    try:
        return tuple(desk.store.differences(release.checkpoint))
    except IntegrityError as error:
        return (error.found,)


def verify_bytes(desk: ReleaseDesk, release: Release) -> Assurance:
    """The checkpoint is true as it lies there. Raises: IntegrityError naming the files."""
    if found := problems(desk, release):
        raise IntegrityError(
            f"the checkpoint of version {release.version} is not what was recorded: {found[0]}",
            where=release.checkpoint[:16],
            examples=found,
            fix="it is not used; heirloom retrain makes another candidate",
        )
    return Assurance(files=_count(desk.store.path(release.checkpoint)))


def assure(desk: ReleaseDesk, state: State, release: Release) -> Assurance:
    """The checkpoint is true, restored from the store's cache or remote, or from the registry's copy, where it was not.

    Raises: IntegrityError naming the altered files and the next release whose bytes are true, where no source has them.
    """
    found = problems(desk, release)
    if not found:
        return Assurance(files=_count(desk.store.path(release.checkpoint)))
    tried = []
    sources: tuple[tuple[str, Callable[[ReleaseDesk, Release], None]], ...] = ((STORE, _restore), (REGISTRY, _adopt))
    for name, bring in sources:
        try:
            bring(desk, release)
        except (IntegrityError, DependencyError) as error:
            tried.append(f"{name}: {error.found}")
            continue
        if not problems(desk, release):
            return Assurance(files=_count(desk.store.path(release.checkpoint)), restored_from=name, found=found)
        tried.append(f"{name}: the bytes it gave are not the recorded ones")
    raise IntegrityError(
        f"release {release.version} is not what was recorded ({found[0]}) and is not used",
        where=release.checkpoint[:16],
        expected=f"true bytes from the store or the registry ({'; '.join(tried)})",
        examples=found,
        fix=_next_verified(desk, state, release),
    )


def assure_soon(desk: ReleaseDesk, state: State, release: Release) -> Assurance:
    """Like `assure`, but a release too large to be hashed first is believed by its manifest, sizes and last scrub until it serves.

    Raises: IntegrityError as `assure`.
    """
    try:
        large = desk.store.size(release.checkpoint) > desk.hash_first_bytes
        if large and scrubbed(desk.scrubs, release.checkpoint) and not desk.store.glance(release.checkpoint):
            return Assurance(files=_count(desk.store.path(release.checkpoint)), pending=True)
    except IntegrityError:
        return assure(desk, state, release)  # no true manifest here: the sources may have one
    return assure(desk, state, release)


def mend_copy(desk: ReleaseDesk, release: Release) -> bool:
    """Make the registry's own copy true from the kept bytes; True where it had to be replaced.

    Raises: DependencyError where the registry cannot be reached or has no such version any more.
    """
    copy = desk.registry.checkpoint(desk.model, release.version)
    if copy is not None and _is(copy, release.checkpoint):
        return False
    desk.registry.put_checkpoint(desk.model, release.version, desk.store.path(release.checkpoint))
    return True


def _restore(desk: ReleaseDesk, release: Release) -> None:
    desk.store.restore(release.checkpoint)


def _adopt(desk: ReleaseDesk, release: Release) -> None:
    copy = desk.registry.checkpoint(desk.model, release.version)
    if copy is None or not _is(copy, release.checkpoint):
        raise IntegrityError("has no true copy", where=f"registry version {release.version}")
    desk.store.put(copy)


def _is(folder: Path, digest: str) -> bool:
    try:
        return Manifest.of(folder).digest == digest
    except IntegrityError:
        return False  # missing, or links in it: not the recorded bytes in any case


def _next_verified(desk: ReleaseDesk, state: State, release: Release) -> str:
    for other in others(state, release):
        if not problems(desk, other):
            return f"next verified release: heirloom rollback --to {other.version}"
    return "no other release has true bytes here: restore models/ and the DVC remote from a backup"


def _count(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))
