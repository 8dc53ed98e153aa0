"""The frozen teacher of a workspace: on the policy's list, pinned by digest, and nobody who learnt from the student."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.begin import admitted_humans
from flows.far import far_author
from flows.finish import archive_of
from governance.adapters.bars import bars
from governance.adapters.generators.local import make_teacher
from governance.digest import Manifest, read_document
from governance.errors import RefusedError, UsageError
from governance.mixing.teachers import allowed_digests, refuse_descended_teachers, refuse_shared_weights
from governance.ports.generator import VERSION_DIGITS, Author, Generator
from governance.release import kinds
from governance.release.state import State
from governance.wiring import Shop

LINEAGE = "lineage.json"
SEED_APART = 1
"""Added to the line's seed: a teacher that is made here shares no random number with the student."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Teacher:
    """A teacher at its desk: who writes, by which generator, and the digest that it is pinned by.

    `digest_checked`: its weights were hashed just now and are the pinned ones.
    """

    author: Author
    generator: Generator
    digest: str
    digest_checked: bool

    @property
    def name(self) -> str:
        return self.author.name


def frozen_teacher(shop: Shop, base: Path | None) -> Teacher:
    """The teacher that heirloom.toml names, made or brought in and pinned the first time, and proved every time.

    Raises: RefusedError where it is not on the policy's list, is not the pinned one (or not the one that policy names), or descends from
    the student; UsageError where there is nothing to make one of; of one behind an address, what `far_author` raises.
    """
    generator = generator_of(shop)
    name = shop.settings.teacher.name
    if name not in shop.policy.mixing.teachers:
        allowed = ", ".join(shop.policy.mixing.teachers) or "none"
        raise RefusedError(f"teacher {name!r} is not on the allow-list", where="policy.toml mixing.teachers", expected=allowed)
    state = shop.ledger.state()
    pinned = state.teachers.get(name)
    if generator.open is not None:
        author = far_author(shop, generator.open, pinned)
        return Teacher(author=author, generator=generator, digest=author.version, digest_checked=False)
    if pinned is None:
        pinned = _pinned_now(shop, state, base)
    else:
        _refuse_moved(shop, name, pinned)
        _refuse_relatives(shop, state, name, shop.store.manifest(pinned), {})
    author = Author(name=name, version=pinned[:VERSION_DIGITS], model=shop.trainer.open(shop.store.path(pinned)))
    return Teacher(author=author, generator=generator, digest=pinned, digest_checked=True)


def generator_of(shop: Shop) -> Generator:
    """The generator that heirloom.toml names. Raises: UsageError listing what there is."""
    name = shop.settings.teacher.generator
    if name not in shop.generators:
        raise UsageError(f"{name!r} is no generator", where="heirloom.toml teacher.generator", expected=", ".join(shop.generators))
    return shop.generators[name]


def _pinned_now(shop: Shop, state: State, base: Path | None) -> str:
    wanted = shop.settings.teacher
    folder = Path(wanted.checkpoint) if wanted.checkpoint else _made(shop, base)
    manifest = Manifest.of(folder)
    allowed_digests(shop.policy.mixing, {wanted.name: manifest.digest})
    _refuse_relatives(shop, state, wanted.name, manifest, lineage_beside(folder, manifest.digest))
    digest = shop.store.put(folder)
    shop.ledger.record(kinds.TEACHER_PINNED, {"name": wanted.name, "digest": digest})
    return digest


def _refuse_moved(shop: Shop, name: str, pinned: str) -> None:
    """A teacher may be swapped or trained on in three places: where it came from, where it is kept, and in the policy."""
    allowed_digests(shop.policy.mixing, {name: pinned})
    came_from = shop.settings.teacher.checkpoint
    said = shop.store.differences(pinned)
    if not said and came_from and Path(came_from).is_dir() and (digest := Manifest.of(Path(came_from)).digest) != pinned:
        said = [f"{came_from} is {digest[:12]}, pinned as {pinned[:12]}"]
    if said:
        raise RefusedError(
            f"teacher {name} has moved: {'; '.join(said[:5])}", fix="heirloom reconcile, or pin the new teacher under a new name"
        )


def _refuse_relatives(shop: Shop, state: State, name: str, manifest: Manifest, lineage: Mapping[str, Any]) -> None:
    line = line_of(shop, state)
    refuse_descended_teachers({name: {"digest": manifest.digest, "lineage": lineage}}, line)
    refuse_shared_weights(name, manifest, {r.checkpoint: shop.store.manifest(r.checkpoint) for r in state.releases.values()})


def line_of(shop: Shop, state: State) -> dict[str, dict[str, Any]]:
    """Every checkpoint of the student's line by digest, with its lineage: the releases, promoted or not, and what each started from."""
    line: dict[str, dict[str, Any]] = {}
    for release in state.releases.values():
        kept = archive_of(shop, release.cycle_digest) / LINEAGE
        lineage = read_document(kept) if kept.exists() else {}
        line[release.checkpoint] = lineage
        if start := lineage.get("start"):
            line.setdefault(start, {})
    return line


def lineage_beside(folder: Path, digest: str) -> dict[str, Any]:
    """The lineage document that came with a checkpoint, in its folder or beside it; empty where none speaks of these bytes."""
    inside, beside = folder / LINEAGE, folder.parent / LINEAGE
    if inside.is_file():
        return read_document(inside)
    found = read_document(beside) if beside.is_file() else {}
    return found if found.get("checkpoint") == digest else {}


def _made(shop: Shop, base: Path | None) -> Path:
    if base is None:
        raise UsageError("no teacher checkpoint and no base batch to train one on", where="heirloom.toml teacher.checkpoint")
    scratch = shop.workspace.scratch / "teacher"
    rows = admitted_humans(shop, base, scratch)
    move = bars("teacher")
    make_teacher(
        shop.trainer,
        rows,
        shop.settings.teacher.recipe,
        seed=shop.policy.line.seed + SEED_APART,
        folder=scratch / "checkpoint",
        progress=lambda done, total, loss: move(done, total, f"steps, loss {loss:.2f}"),
    )
    return scratch / "checkpoint"
