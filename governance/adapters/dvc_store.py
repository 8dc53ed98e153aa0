"""Models as DVC keeps them: `models/DIGEST/` beside its manifest and its `.dvc` file, cached, and pushed to the workspace's remote.

DVC carries the bytes; our sha256 manifest says whether they are true.
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from governance.adapters.dvc_commands import add_files, init_dvc, remote_folder, run_dvc
from governance.adapters.dvc_objects import TrackedFolder, object_path
from governance.digest import Manifest, read_document, swap_folder, write_document
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.ports.workspace import DIGEST_DIGITS, Workspace

LOCK_SECONDS = 600
DIGEST = re.compile(rf"[0-9a-f]{{{DIGEST_DIGITS},64}}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DvcModelStore:
    """Checkpoint folders by digest (see `governance.ports.model_store.ModelStore`); a digest may be cut to its first 16 hex digits."""

    workspace: Workspace

    def put(self, folder: Path) -> str:
        manifest = Manifest.of(folder)
        digest = manifest.digest
        place = self.workspace.model(digest)
        with self._held(digest):
            if not self._kept(digest):
                init_dvc(self.workspace.root)
                if place.resolve() != folder.resolve():
                    _copy_whole(folder, place, manifest)
                write_document(self._manifest_path(digest), manifest.document())
                self._forget_untrue(digest)
                add_files(self.workspace.root, [place])
                self._check_remote(digest)
        return digest

    def path(self, digest: str) -> Path:
        self.manifest(digest)
        return self.workspace.model(digest)

    def differences(self, digest: str) -> list[str]:
        return list(self.manifest(digest).differences(self.workspace.model(digest)))

    def glance(self, digest: str) -> list[str]:
        return list(self.manifest(digest).glance(self.workspace.model(digest)))

    def size(self, digest: str) -> int:
        return self.manifest(digest).size

    def rebuild(self, digest: str, folder: Path) -> None:
        with self._held(digest):
            self._assembled(digest, folder)

    def restore(self, digest: str) -> Path:
        place = self.workspace.model(digest)
        with self._held(digest):
            part = place.with_name(f".{place.name}.part")
            self._assembled(digest, part)
            _swap(part, place)
        return place

    def _assembled(self, digest: str, folder: Path) -> None:
        """Every file from the cache, or from the remote where the cache has none that is true."""
        manifest, tracked = self.manifest(digest), self._tracked(digest)
        said, failure = _assemble(tracked, manifest, folder), None
        if said:
            failure = self._fetch(digest, tracked)
            said = _assemble(tracked, manifest, folder)
        if said:
            shutil.rmtree(folder)
            raise self._unrestorable(digest, tracked, said) from failure

    def manifest(self, digest: str) -> Manifest:
        if not DIGEST.fullmatch(digest):
            raise IntegrityError(f"{digest!r} is no digest of a model", where=str(self.workspace.models))
        path = self._manifest_path(digest)
        if not path.is_file():
            raise IntegrityError(f"model {digest[:DIGEST_DIGITS]} was never kept here", where=str(self.workspace.models))
        manifest = _read_manifest(path)
        if not manifest.digest.startswith(digest):
            raise IntegrityError(f"the manifest is {manifest.digest[:DIGEST_DIGITS]}", where=str(path), expected=digest[:DIGEST_DIGITS])
        return manifest

    def _manifest_path(self, digest: str) -> Path:
        place = self.workspace.model(digest)
        return place.with_name(f"{place.name}.json")

    def _dvc_path(self, digest: str) -> Path:
        place = self.workspace.model(digest)
        return place.with_name(f"{place.name}.dvc")

    def _tracked(self, digest: str) -> TrackedFolder:
        return TrackedFolder.read(self._dvc_path(digest), self.workspace.root / ".dvc" / "cache")

    def _kept(self, digest: str) -> bool:
        """True where folder, cache and remote hold this model already, so that nothing has to be added or pushed."""
        remote = remote_folder(self.workspace.root)
        if remote is None or not self._dvc_path(digest).is_file() or not self._manifest_path(digest).is_file():
            return False
        tracked = self._tracked(digest)
        return not self.differences(digest) and not tracked.missing_or_altered() and not tracked.missing_on(remote)

    def _forget_untrue(self, digest: str) -> None:
        """Remove what DVC would take as done: a read-only object in the cache, and a listing on the remote, stand for their content."""
        if not self._dvc_path(digest).is_file():
            return
        tracked, remote = self._tracked(digest), remote_folder(self.workspace.root)
        if remote is not None and tracked.missing_on(remote):
            object_path(remote, tracked.listing).unlink(missing_ok=True)
        tracked.drop_altered()

    def _check_remote(self, digest: str) -> None:
        """A push that lacks a file only warns: look for each object on the remote."""
        remote = remote_folder(self.workspace.root)
        if remote is None:
            said = json.loads(run_dvc(self.workspace.root, "status", "--cloud", "--json", self._target(digest)))
            absent = sorted(said)
        else:
            absent = self._tracked(digest).missing_on(remote)
        if absent:
            raise DependencyError(
                f"{len(absent)} objects of model {digest[:DIGEST_DIGITS]} did not arrive",
                where=str(remote or "the remote"),
                fix="dvc push, then repeat the command",
                examples=absent,
            )

    def _fetch(self, digest: str, tracked: TrackedFolder) -> DependencyError | None:
        """Replace what the cache lacks or holds wrongly by the remote's objects; what dvc said where a local remote lacks them too.

        Raises: DependencyError when the remote itself cannot be asked.
        """
        remote = remote_folder(self.workspace.root)
        if remote is not None and not remote.is_dir():
            raise DependencyError("the remote is missing", where=str(remote), fix="mount it again, or copy it back from a backup")
        tracked.drop_altered()
        try:
            run_dvc(self.workspace.root, "fetch", "--quiet", self._target(digest))
        except DependencyError as error:
            if remote is None:
                raise
            return error
        return None

    def _unrestorable(self, digest: str, tracked: TrackedFolder, said: list[str]) -> IntegrityError:
        names = tracked.objects() or {}
        lost = [f"{phrase.split(' ', 1)[0]} (object {names.get(phrase.split(' ', 1)[0], tracked.listing)})" for phrase in said]
        return IntegrityError(
            f"neither the cache nor the remote holds the true bytes: {'; '.join(said[:5])}",
            where=str(self.workspace.model(digest)),
            expected=f"the files of model {digest[:DIGEST_DIGITS]}",
            fix="copy .dvc/remote from a backup, or go to another release: heirloom rollback --to VERSION",
            examples=lost,
        )

    def _target(self, digest: str) -> str:
        return self._dvc_path(digest).relative_to(self.workspace.root).as_posix()

    @contextmanager
    def _held(self, digest: str) -> Iterator[None]:
        from filelock import FileLock, Timeout

        place = self.workspace.state / "locks" / f"model-{digest[:DIGEST_DIGITS]}"
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            with FileLock(place, timeout=LOCK_SECONDS):
                yield
        except Timeout as error:
            raise ConflictError(f"another process holds model {digest[:DIGEST_DIGITS]}", where=str(place)) from error


def _read_manifest(path: Path) -> Manifest:
    try:
        return Manifest.from_document(read_document(path))
    except (KeyError, TypeError) as error:
        raise IntegrityError(f"is no manifest: {error}", where=str(path)) from error


def _assemble(tracked: TrackedFolder, manifest: Manifest, part: Path) -> list[str]:
    """Copy the cached objects of a folder into an empty one, and say what is then not as the manifest says."""
    _emptied(part)
    names = tracked.objects() or {}
    for file in manifest.files:
        source = object_path(tracked.cache, names.get(file.path, "-"))
        if source.is_file():
            target = part / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy_file(source, target)
    return list(manifest.differences(part))


def _copy_whole(folder: Path, place: Path, manifest: Manifest) -> None:
    """Put a verified copy of a folder in its place, whole or not at all."""
    part = _emptied(place.with_name(f".{place.name}.part"))
    for file in manifest.files:
        target = part / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        _copy_file(folder / file.path, target)
    if said := manifest.differences(part):
        raise IntegrityError(f"changed while it was copied: {'; '.join(said[:5])}", where=str(folder))
    _swap(part, place)


def _copy_file(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    with target.open("rb") as stream:
        os.fsync(stream.fileno())


def _emptied(folder: Path) -> Path:
    if folder.exists():
        shutil.rmtree(folder)
    folder.mkdir(parents=True)
    return folder


def _swap(part: Path, place: Path) -> None:
    """The new folder in the place of whatever was there; where a kill leaves none, the next restore mends it."""
    if place.is_symlink() or place.is_file():
        place.unlink()
    swap_folder(part, place)
