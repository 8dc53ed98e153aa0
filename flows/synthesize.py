"""Synthetic rows for the batch that waits: written by the frozen teacher, and by nobody who learns from them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.begin import admitted_humans, pin, waiting_batches
from flows.emission import enter_emissions
from governance.adapters.bars import bars
from governance.adapters.generators.local import make_teacher, requests_for
from governance.errors import RefusedError, UsageError
from governance.ports.generator import VERSION_DIGITS, Author
from governance.ports.language_model import Decoding
from governance.provenance.row import ROW_SCHEMA
from governance.release import kinds
from governance.wiring import Shop


@dataclass(frozen=True, slots=True, kw_only=True)
class Synthesis:
    """What the teacher wrote: rows by origin, and the file they lie in."""

    teacher: str
    digest: str
    batch: str
    file: str
    model_rows: int
    hybrid_rows: int
    changed: bool
    warnings: tuple[str, ...] = ()


def synthesize(shop: Shop, batch: Path | None = None) -> Synthesis | None:
    """Write synthetic rows beside the human rows of a waiting batch, once. None where no batch waits.

    Raises: RefusedError where the teacher is not on the policy's allow-list, or its weights are not the pinned ones.
    """
    prepared = pin(shop)
    chosen = batch or next(iter(waiting_batches(shop, shop.ledger.state(), prepared.base)), None)
    if chosen is None:
        return None
    chosen = _with_room(chosen)
    name, digest = teacher(shop, shop.workspace.root / prepared.base if prepared.base else None)
    target = chosen / f"{name}.parquet"
    if target.exists():
        rows = pl.read_parquet(target)
        return _outcome(shop, digest, target, rows, changed=False)
    rows = _write(shop, name, digest, chosen)
    part = target.with_name(f".{target.name}.part")
    rows.select(n for n in ROW_SCHEMA.names() if n not in ("sha256", "source_file", "line")).write_parquet(part)
    part.rename(target)
    return _outcome(shop, digest, target, rows, changed=True)


def _with_room(batch: Path) -> Path:
    """A batch of one file becomes a folder of the same name with that file in it; wherever this is killed, the batch still waits."""
    if batch.is_dir():
        return batch
    folder = batch.with_name(batch.name.split(".")[0])
    folder.mkdir(exist_ok=True)
    batch.rename(folder / batch.name)
    return folder


def teacher(shop: Shop, base: Path | None) -> tuple[str, str]:
    """Name and digest of the frozen teacher, made or brought in and pinned the first time, and proved every other time."""
    wanted = shop.settings.teacher
    if wanted.name not in shop.policy.mixing.teachers:
        allowed = ", ".join(shop.policy.mixing.teachers) or "none"
        raise RefusedError(f"teacher {wanted.name!r} is not on the allow-list", where="policy.toml mixing.teachers", expected=allowed)
    pinned = shop.ledger.state().teachers.get(wanted.name)
    if pinned is not None:
        return wanted.name, pinned
    folder = Path(wanted.checkpoint) if wanted.checkpoint else _made(shop, base)
    digest = shop.store.put(folder)
    shop.ledger.record(kinds.TEACHER_PINNED, {"name": wanted.name, "digest": digest})
    return wanted.name, digest


def _made(shop: Shop, base: Path | None) -> Path:
    if base is None:
        raise UsageError("no teacher checkpoint and no base batch to train one on", where="heirloom.toml teacher.checkpoint")
    scratch = shop.workspace.scratch / "teacher"
    rows = admitted_humans(shop, base, scratch)
    move = bars("teacher")
    progress: Callable[[int, int, float], None] = lambda done, total, loss: move(done, total, f"steps, loss {loss:.2f}")  # noqa: E731
    make_teacher(
        shop.trainer,
        rows,
        shop.settings.teacher.recipe,
        seed=shop.policy.line.seed + 1,
        folder=scratch / "checkpoint",
        progress=progress,
    )
    return scratch / "checkpoint"


def _write(shop: Shop, name: str, digest: str, batch: Path) -> pl.DataFrame:
    if said := shop.store.differences(digest):
        raise RefusedError(
            f"teacher {name} has moved: {'; '.join(said)}", fix="heirloom reconcile, or pin the new teacher under a new name"
        )
    wanted = shop.settings.teacher
    human = admitted_humans(shop, batch, shop.workspace.scratch / "synthesize")
    hybrids = human.height * wanted.hybrid_rows_percent // 100
    count = human.height * wanted.model_rows_percent // 100 + hybrids
    requests = requests_for(human, prefix=f"{name}-{batch.name}", count=count, hybrids=hybrids, seed=shop.policy.line.seed)
    author = Author(name=name, version=digest[:VERSION_DIGITS], model=shop.trainer.open(shop.store.path(digest)))
    decoding = Decoding(
        temperature=wanted.temperature, top_p=wanted.top_p, max_new_tokens=wanted.max_new_tokens, seed=shop.policy.line.seed
    )
    rows = shop.generators["local"].write(author, requests, decoding, bars("synthesize"))
    enter_emissions(shop, author, rows["text"].to_list(), [request.parent_text for request in requests])
    return rows


def _outcome(shop: Shop, digest: str, file: Path, rows: pl.DataFrame, *, changed: bool) -> Synthesis:
    counts = dict(rows.group_by("origin").len().iter_rows())
    wanted = shop.settings.teacher
    sharp = Decoding(temperature=wanted.temperature, top_p=wanted.top_p).sharpened
    said = (f"decoding is sharpened (temperature {wanted.temperature}, top-p {wanted.top_p}): tails are lost faster",) if sharp else ()
    return Synthesis(
        teacher=wanted.name,
        digest=digest,
        batch=file.parent.name,
        file=str(file),
        model_rows=counts.get("model", 0),
        hybrid_rows=counts.get("hybrid", 0),
        changed=changed,
        warnings=said,
    )
