"""A simulated shop: ledger, registry, models and clock that satisfy the ports, with switches for what can go wrong.

A fault is set by a test and stays set until the test clears it. A kill is `Killed`, a BaseException: no `except` of ours can swallow it.
"""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from governance.actions.recorder import Ledger
from governance.actions.register import Finished, register
from governance.actions.release_desk import HASH_FIRST_BYTES, ReleaseDesk
from governance.digest import Manifest, digest_text
from governance.errors import ConflictError, DependencyError, IntegrityError
from governance.ports.policy_history import NoHistory, PolicyHistory
from governance.ports.registry import Candidate
from governance.ports.signer import NobodysKeys, Verifier
from governance.release.ledger import GENESIS, Event
from governance.release.page import Page
from governance.release.rules import PromotionRules
from governance.release.state import State
from governance.release.terms import Terms

MODEL, POLICY = "student", digest_text("policy")


class Killed(BaseException):
    """The process dies here."""


@dataclass
class TickingClock:
    """A second later at every look; `step` may be negative."""

    at: datetime = datetime(2026, 11, 20, 3, 7, tzinfo=UTC)
    step: timedelta = timedelta(seconds=1)

    def now(self) -> datetime:
        self.at += self.step
        return self.at


@dataclass
class MemoryLedger:
    """A LedgerStore in memory. `before_append` is called with each event that is about to be written: it may append, or raise."""

    kept: list[Event] = field(default_factory=list)
    before_append: Callable[[Event], None] = lambda event: None
    after_append: Callable[[Event], None] = lambda event: None

    def events(self) -> Sequence[Event]:
        return tuple(self.kept)

    def head(self) -> Event | None:
        return self.kept[-1] if self.kept else None

    def append(self, event: Event) -> None:
        self.before_append(event)
        head = self.head()
        if event.previous != (head.digest if head else GENESIS):
            raise ConflictError("the head is another one")
        self.kept.append(event)
        self.after_append(event)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.kept]


@dataclass
class MemoryRegistry:
    """A Registry and PageView. While `down` every call raises; `fails_on` names single calls that do; `ignores_moves` loses alias moves."""

    copies: Path
    down: bool = False
    fails_on: set[str] = field(default_factory=set)
    ignores_moves: bool = False
    versions: dict[int, str] = field(default_factory=dict)
    shown: dict[str, int] = field(default_factory=dict)
    tags: dict[int, dict[str, str]] = field(default_factory=dict)
    described: dict[int, str] = field(default_factory=dict)
    calls: list[str] = field(default_factory=list)
    line: dict[str, str] = field(default_factory=dict)
    later: dict[int, dict[str, float]] = field(default_factory=dict)
    """Version -> metrics that were added after it was registered."""

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if self.down or name in self.fails_on:
            raise DependencyError("cannot be reached in 2 tries", where="registry")

    def register(self, candidate: Candidate) -> int:
        self._call("register")
        for version, digest in self.versions.items():
            if digest == candidate.cycle_digest:
                return version
        version = len(self.versions) + 1
        self.versions[version] = candidate.cycle_digest
        self.tags[version] = {**candidate.tags, "heirloom.checkpoint_digest": candidate.checkpoint_digest}
        self.described[version] = candidate.description
        shutil.copytree(candidate.checkpoint, self.copies / str(version))
        return version

    def forget(self) -> None:
        """The registry is emptied by somebody."""
        self.versions.clear()
        self.shown.clear()
        shutil.rmtree(self.copies)

    def aliases(self, model: str) -> Mapping[str, int]:
        self._call("aliases")
        return dict(self.shown)

    def set_alias(self, model: str, alias: str, version: int) -> None:
        self._call("set_alias")
        if version not in self.versions:
            raise DependencyError(f"version {version} is gone", where="registry")
        if not self.ignores_moves:
            self.shown[alias] = version

    def drop_alias(self, model: str, alias: str) -> None:
        self._call("drop_alias")
        self.shown.pop(alias, None)

    def append(self, model: str, version: int, *, metrics: Mapping[str, float], step: int, artifacts: Mapping[str, Path]) -> None:
        self._call("append")
        self.later.setdefault(version, {}).update(metrics)

    def checkpoint(self, model: str, version: int) -> Path | None:
        self._call("checkpoint")
        copy = self.copies / str(version)
        return copy if version in self.versions and copy.is_dir() else None

    def put_checkpoint(self, model: str, version: int, folder: Path) -> None:
        self._call("put_checkpoint")
        if version not in self.versions:
            raise DependencyError(f"version {version} is gone", where="registry")
        shutil.rmtree(self.copies / str(version), ignore_errors=True)
        shutil.copytree(folder, self.copies / str(version))

    def report_url(self, model: str, version: int) -> str:
        self._call("report_url")
        return f"runs/{version}/review/report.html"

    def line_tags(self, model: str) -> Mapping[str, str]:
        self._call("line_tags")
        return dict(self.line)

    def set_line_tag(self, model: str, key: str, value: str) -> None:
        self._call("set_line_tag")
        self.line[key] = value

    def pages(self, model: str) -> Mapping[int, Page]:
        self._call("pages")
        return {version: Page(description=self.described[version], tags=self._ours(version)) for version in self.versions}

    def _ours(self, version: int) -> Mapping[str, str]:
        return {key: said for key, said in self.tags[version].items() if key.startswith("heirloom.")}

    def set_tags(self, model: str, version: int, tags: Mapping[str, str]) -> None:
        self._call("set_tags")
        self.tags[version].update(tags)

    def drop_tag(self, model: str, version: int, key: str) -> None:
        self._call("drop_tag")
        self.tags[version].pop(key, None)

    def describe(self, model: str, version: int, description: str) -> None:
        self._call("describe")
        self.described[version] = description


@dataclass
class FolderModels:
    """A ModelStore of two folders: what is here, and the remote that a restore reads. `remote_down` takes the remote away."""

    root: Path
    remote_down: bool = False
    manifests: dict[str, Manifest] = field(default_factory=dict)

    def put(self, folder: Path) -> str:
        manifest = Manifest.of(folder)
        digest = manifest.digest
        self.manifests[digest] = manifest
        for place in (self.here(digest), self.remote(digest)):
            if manifest.differences(place):
                shutil.rmtree(place, ignore_errors=True)
                shutil.copytree(folder, place)
        return digest

    def here(self, digest: str) -> Path:
        return self.root / "models" / digest[:16]

    def remote(self, digest: str) -> Path:
        return self.root / "remote" / digest[:16]

    def path(self, digest: str) -> Path:
        if digest not in self.manifests:
            raise IntegrityError("was never kept", where=digest[:16])
        return self.here(digest)

    def differences(self, digest: str) -> list[str]:
        return list(self.manifests[digest].differences(self.path(digest)))

    def glance(self, digest: str) -> list[str]:
        return list(self.manifests[digest].glance(self.path(digest)))

    def manifest(self, digest: str) -> Manifest:
        self.path(digest)
        return self.manifests[digest]

    def size(self, digest: str) -> int:
        return self.manifests[digest].size

    def rebuild(self, digest: str, folder: Path) -> None:
        if self.remote_down:
            raise DependencyError("the remote cannot be asked", where="remote")
        if said := self.manifests[digest].differences(self.remote(digest)):
            raise IntegrityError(f"the remote's bytes are altered: {said[0]}", where=digest[:16])
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.remote(digest), folder)

    def restore(self, digest: str) -> Path:
        self.rebuild(digest, self.here(digest))
        return self.here(digest)


@dataclass
class Killer:
    """Steps that die at one named point, or call `meanwhile` there; they remember which points were passed."""

    at: str = ""
    meanwhile: Callable[[], None] | None = None
    passed: list[str] = field(default_factory=list)

    def __call__(self, step: str) -> None:
        self.passed.append(step)
        if step != self.at:
            return
        if self.meanwhile is None:
            raise Killed(step)
        self.meanwhile()


@dataclass
class World:
    """One shop in a folder. `desk()` is a fresh process of it: nothing but ledger, registry and files is shared between two."""

    root: Path
    clock: TickingClock = field(default_factory=TickingClock)
    ledger: MemoryLedger = field(default_factory=MemoryLedger)
    verifier: Verifier = field(default_factory=NobodysKeys)
    policy_history: PolicyHistory = field(default_factory=NoHistory)
    terms: Callable[[], Terms] | None = None

    def __post_init__(self) -> None:
        self.registry = MemoryRegistry(copies=self.root / "mlartifacts")
        self.models = FolderModels(root=self.root)
        self.pointer = self.root / ".heirloom" / "serving" / "current.json"

    def desk(
        self,
        actor: str = "engineer-a",
        steps: Callable[[str], None] = lambda step: None,
        *,
        freeze: bool = True,
        hash_first_bytes: int = HASH_FIRST_BYTES,
    ) -> ReleaseDesk:
        return ReleaseDesk(
            model=MODEL,
            ledger=Ledger(store=self.ledger, clock=self.clock, actor=actor),
            registry=self.registry,
            store=self.models,
            root=self.root,
            pointer=self.pointer,
            freeze_after_rollback=freeze,
            hash_first_bytes=hash_first_bytes,
            scrubs=self.root / ".heirloom" / "scrubs",
            steps=steps,
            verifier=self.verifier,
            policy_history=self.policy_history,
            terms=self.terms,
        )

    def checkpoint(self, name: str) -> Path:
        """A checkpoint folder as a trainer leaves it; its bytes follow from its name."""
        folder = self.root / "cycle" / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "model.safetensors").write_text(f"weights of {name}")
        (folder / "config.json").write_text("{}")
        return folder

    def candidate(self, name: str) -> Candidate:
        folder = self.checkpoint(name)
        return Candidate(
            model=MODEL,
            cycle_digest=digest_text(f"cycle {name}"),
            checkpoint=folder,
            checkpoint_digest=Manifest.of(folder).digest,
            run_name=name,
            description=name,
            tags={"heirloom.cycle": name},
            params={},
            metrics={},
        )

    def add(self, name: str, actor: str = "engineer-a", **facts: Any) -> int:
        """Register a passed cycle; `facts` override those of `Finished`. Returns the version."""
        return register(self.desk(actor), finished(name, **facts), self.candidate(name)).version

    def alter(self, version: int, *, here: bool = True, remote: bool = False, copy: bool = False) -> None:
        """Change one file of a version where it lies."""
        digest = self.state().releases[version].checkpoint
        places = [self.models.here(digest)] * here + [self.models.remote(digest)] * remote + [self.registry.copies / str(version)] * copy
        for place in places:
            (place / "model.safetensors").write_text("altered")

    def state(self) -> State:
        return self.desk().ledger.state()


def finished(name: str, **facts: Any) -> Finished:
    base = Finished(
        cycle=int(digest_text(name)[:4], 16),
        verdict="pass",
        decision_sha256=digest_text(f"decision {name}"),
        policy_sha256=POLICY,
        kind="retraining",
        synthetic_tokens=0,
        total_tokens=1000,
        depth=0,
        worst_shard_synthetic=0,
        worst_shard_total=100,
    )
    return replace(base, **facts)


def terms(**changes: Any) -> Terms:
    """Auto in the demo, unless changed: what names a setting of `[promotion]` goes to the rules."""
    rules = {one.name: changes.pop(one.name) for one in fields(PromotionRules) if one.name in changes}
    base = Terms(rules=PromotionRules(**rules), policy_sha256=POLICY, environment="demo", margins_calibrated=False)
    return replace(base, **changes)
