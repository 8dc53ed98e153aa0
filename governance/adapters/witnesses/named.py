"""The witnesses that heirloom.toml names, and the notary over them; the folder in the workspace's state is always among them."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

from governance.actions.witnessing import Notary, rekey, witness
from governance.adapters.environment import PLATFORM_KEY
from governance.adapters.platform_key import PlatformKeyFile
from governance.adapters.witnesses.folder import FolderWitness
from governance.adapters.witnesses.git_ref import GitWitness, repository_above
from governance.digest import sync_folder
from governance.errors import PolicyError
from governance.policy import read_policy
from governance.ports.clock import Clock
from governance.ports.ledger_store import LedgerStore
from governance.ports.witness import Witness
from governance.ports.workspace import Workspace
from governance.release.platform_key import NamedKey
from governance.settings import read_settings

GIT = "git"
BEGUN_ANEW = "demo"
"""The environment in which a line is often begun anew on purpose: its repository would hold every such line against the next."""


def notary_of(workspace: Workspace, store: LedgerStore, clock: Clock, key: Path | None, names: tuple[str, ...]) -> Notary:
    """The notary of a workspace, with the key that is named or else the workspace's own; what nobody could keep is told on stderr."""
    seal = PlatformKeyFile(key=key or workspace.platform_key, signers=workspace.platform_signers, own=key is None)
    return Notary(store=store, clock=clock, seal=seal, witnesses=witnesses_of(workspace, names), say=_say)


def enlisted(workspace: Workspace) -> bool:
    """Make the platform's key of a new workspace and list it for whoever verifies; True where it was not listed before.

    A workspace whose settings name a key of a server, or whose key is gone, gets none here.
    """
    seal = PlatformKeyFile(key=workspace.platform_key, signers=workspace.platform_signers, own=True)
    if read_settings(workspace.settings).signing.platform_key or os.environ.get(PLATFORM_KEY):
        return False
    if (workspace.ledger.exists() or workspace.checkpoints.exists()) and not seal.key.exists():
        return False
    public, before = seal.public(make=True), len(seal.listed())
    seal.enlist(public)
    return len(seal.listed()) > before


def rekeyed(workspace: Workspace, notary: Notary, named: Path | None, reason: str) -> NamedKey:
    """Another key in the place of the platform's: the one that is named now, or where none is a new one; then a checkpoint by it.

    The old key that lies in the workspace signs its successor, and goes once the ledger names that. Killed anywhere, the same call
    finishes.
    """
    here = PlatformKeyFile(key=workspace.platform_key, signers=workspace.platform_signers, own=True)
    fresh = replace(here, key=here.key.parent.with_name("platform.new") / here.key.name)
    found = rekey(notary, notary.seal if named else fresh, reason, here if here.key.is_file() else None)
    shutil.rmtree(here.key.parent, ignore_errors=True)
    if named is None:
        fresh.key.parent.rename(here.key.parent)
    sync_folder(workspace.state)
    witness(notary)
    return found


def witnesses_of(workspace: Workspace, names: tuple[str, ...]) -> tuple[Witness, ...]:
    """The workspace's own folder, then those that are named. A policy that cannot be read names no line, so git is left out then."""
    found: list[Witness] = [FolderWitness(folder=workspace.checkpoints, make=True)]
    line = _line(workspace)
    for name in names:
        if name == GIT:
            repository = repository_above(workspace.root)
            if repository is not None and line and not line.startswith(f"{BEGUN_ANEW}/"):
                found.append(GitWitness(repository=repository, line=line))
        elif name.startswith(f"{GIT}:"):
            if line:
                place = workspace.root / Path(name.removeprefix(f"{GIT}:")).expanduser()
                found.append(GitWitness(repository=place, line=line, label=name))
        else:
            found.append(FolderWitness(folder=workspace.root / Path(name).expanduser(), label=name))
    return tuple(found)


def _line(workspace: Workspace) -> str:
    """Environment and model, as a part of the name of a ref: a repository may hold several lines."""
    try:
        line = read_policy(workspace.policy).line
    except PolicyError:
        return ""
    return f"{line.environment}/{line.model}"


def _say(words: str) -> None:
    sys.stderr.write(f"{words}\n")
