"""The desk that every act on releases works at: the ledger, the registry, the models, the serving pointer."""

import os
from collections.abc import Callable, Container
from dataclasses import dataclass, field, replace
from pathlib import Path

from governance.actions.recorder import Ledger
from governance.actions.serving import Pointer, Share, drop_pointer, read_pointer, write_pointer
from governance.errors import DependencyError, IntegrityError
from governance.ports.model_store import ModelStore
from governance.ports.policy_history import NoHistory, PolicyHistory
from governance.ports.registry import Registry
from governance.ports.signer import NobodysKeys, Verifier
from governance.release.state import Release, State
from governance.release.terms import Terms
from governance.release.views import CHAMPION, AliasDrift, drift, wanted_champion

HASH_FIRST_BYTES = 10 * 10**9
"""Up to this size a release is hashed in full before a rollback moves anything: about 8 s at 1.2 GB/s (DESIGN, decision 5)."""

Steps = Callable[[str], None]
"""Called with the name of each point between two steps; a test raises there, as if the process had been killed."""


def go_on(step: str) -> None:
    """Steps that never stop."""


def unproved(version: int) -> None:
    """Nobody to hold the ledger against."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReleaseDesk:
    """One model line's ledger and views, and what wiring chose for them.

    `root` is the workspace, `pointer` the file that serving reads, `scrubs` the folder that says when a model was last hashed in full.
    """

    model: str
    ledger: Ledger
    registry: Registry
    store: ModelStore
    root: Path
    pointer: Path
    scrubs: Path
    hash_first_bytes: int = HASH_FIRST_BYTES
    freeze_after_rollback: bool = True
    steps: Steps = go_on
    verifier: Verifier = field(default_factory=NobodysKeys)
    """Whose keys count where a signature of an approval is verified."""
    policy_history: PolicyHistory = field(default_factory=NoHistory)
    """Who committed the policy."""
    terms: Callable[[], Terms] | None = None
    """What a promotion is held to, read when somebody asks: the way back does not wait for a policy. None = never asked."""
    prove: Callable[[int], object] = unproved
    """Holds the ledger against its witnesses, and a version against what was registered before it was trained; a promotion and an approval
    wait for it, the way back never does."""


def now(desk: ReleaseDesk, state: State) -> State:
    """The state as views show it at this moment: a canary whose window is over stands no more."""
    return replace(state, canaries=state.canaries.at(desk.ledger.clock.now()))


def wanted_pointer(desk: ReleaseDesk, state: State) -> Pointer | None:
    """The pointer that lets serve what the state says, with the canary beside it; None where nothing serves."""
    version, canary = wanted_champion(state), now(desk, state).canaries.standing
    if version is None:
        return None
    release = state.releases[version]
    pointer = Pointer(version=version, path=_path(desk, release), digest=release.checkpoint)
    if canary is None:
        return pointer
    beside = state.releases[canary.version]
    path, digest = _path(desk, beside), beside.checkpoint
    return replace(pointer, canary=Share(version=beside.version, path=path, digest=digest, percent=canary.percent, until=canary.until))


def _path(desk: ReleaseDesk, release: Release) -> str:
    """The folder of a release; one inside the workspace is named from its root."""
    folder = desk.store.path(release.checkpoint)
    inside = os.path.relpath(folder, desk.root)
    return folder.as_posix() if inside.startswith("..") else Path(inside).as_posix()


def point(desk: ReleaseDesk, state: State) -> bool:
    """Let serve what the state says; True where the pointer had to be written."""
    wanted = wanted_pointer(desk, state)
    if wanted is None:
        there = desk.pointer.exists()
        drop_pointer(desk.pointer)
        return there
    if shown_pointer(desk) == wanted:
        return False
    write_pointer(desk.pointer, wanted)
    return True


def move_champion(desk: ReleaseDesk, version: int) -> None:
    """Set the alias `champion`, whatever it was."""
    desk.registry.set_alias(desk.model, CHAMPION, version)


def move_aliases(desk: ReleaseDesk, state: State, gone: Container[int] = ()) -> tuple[AliasDrift, ...]:
    """Make our aliases show the state, but for versions that are `gone`; returns what had to be moved."""
    found = drift(now(desk, state), desk.registry.aliases(desk.model), gone)
    for alias in found:
        if alias.wanted is None:
            desk.registry.drop_alias(desk.model, alias.alias)
        else:
            desk.registry.set_alias(desk.model, alias.alias, alias.wanted)
    return found


def read_back_alias(desk: ReleaseDesk, version: int) -> None:
    """The registry shows this champion. Raises: DependencyError where it answers another one after it was set."""
    shown = desk.registry.aliases(desk.model).get(CHAMPION)
    if shown != version:
        raise DependencyError(f"alias {CHAMPION} reads back {shown}, set to {version}", where="registry", fix="heirloom recover")


def read_back_pointer(desk: ReleaseDesk, release: Release) -> None:
    """Serving reads this release. Raises: IntegrityError where the pointer holds something else after it was written."""
    shown = read_pointer(desk.pointer)
    if shown is None or (shown.version, shown.digest) != (release.version, release.checkpoint):
        raise IntegrityError("reads back something else than was written", where=str(desk.pointer), fix="heirloom recover")


def shown_pointer(desk: ReleaseDesk) -> Pointer | None:
    """What the pointer says; None where there is none, or none that can be read."""
    try:
        return read_pointer(desk.pointer)
    except IntegrityError:
        return None  # a broken pointer counts as a wrong one: it is written anew
