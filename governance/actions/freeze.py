"""Freezing a cycle: everything it may depend on is copied or named by digest before the first stage starts (DESIGN decision 3)."""

import hashlib
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl

from governance.actions.label import Standing
from governance.collapse.noise import Noise
from governance.collapse.sentinels import SENTINELS_FILE, no_sentinels
from governance.digest import (
    FileDigest,
    Manifest,
    digest_bytes,
    digest_document,
    digest_file,
    read_document,
    set_aside,
    swap_folder,
    sync_folder,
    write_bytes,
    write_document,
)
from governance.errors import BatchError, ConflictError
from governance.gates.matched import MATCHED_FILE, matched_document
from governance.mixing.benchmarks import BENCHMARKS_FILE, Benchmarks
from governance.policy import Policy
from governance.ports.batch import ROW_ENDINGS
from governance.ports.workspace import Workspace
from governance.provenance.earlier import EARLIER_FILE, nothing_earlier
from governance.provenance.emissions import EMISSIONS_FILE, emissions_bytes, nothing_emitted
from governance.provenance.labels.label import RELABELS_FILE, no_relabels
from governance.provenance.last_batch import LastBatch
from governance.provenance.memory import KNOWN_FILE, nothing_known
from governance.provenance.passed import KnownModel
from governance.provenance.recalled import Recalled
from governance.provenance.withdrawn import WITHDRAWN_FILE, nothing_withdrawn

FOUNDING, RETRAINING = "founding", "retraining"


@dataclass(frozen=True, slots=True, kw_only=True)
class CycleRequest:
    """What a cycle shall be about. `start`, `champion`, `baseline` are documents as in cycle.json (docs/documents.md)."""

    number: int
    kind: str
    batch: Path
    mapping: Mapping[str, Any]
    policy: Policy
    shards: Mapping[str, str]
    start: Mapping[str, Any]
    champion: Mapping[str, Any] | None
    baseline: Mapping[str, Any] | None
    teachers: Mapping[str, Any]
    ledger_head: Mapping[str, Any] | None
    best_ever: Mapping[str, Any] | None = None
    """The usable release with the lowest tail perplexity on the pinned shard; None before one is known."""
    original_baseline: Mapping[str, Any] | None = None
    """The baseline from which people moved away, with what the sealed shard said; None where nobody did."""
    history: Mapping[str, Any] | None = None
    """Where the releases since the baseline stand (`governance.release.standing`); None where there is none."""
    emissions: Path | None = None
    """The file of emissions; None freezes an empty table."""
    memory: Path | None = None
    """The file of the rows of earlier batches; None freezes an empty table."""
    models: tuple[KnownModel, ...] = ()
    """Models whose past is known: the releases of the line."""
    recalled: tuple[Recalled, ...] = ()
    """Releases that were left by a rollback: no mix takes their words."""
    withdrawn: pl.DataFrame | None = None
    """Rows that somebody asked out; None freezes an empty table."""
    relabels: Standing | None = None
    """People's labels; None freezes an empty table."""
    earlier: Path | None = None
    """A file of the rows of earlier cycles that the policy brings back; None freezes an empty table."""
    benchmarks: Benchmarks = field(default_factory=Benchmarks)
    """The texts of the benchmarks that no row may overlap."""
    sentinels: pl.DataFrame | None = None
    """Truths and their falsehoods; None freezes an empty table."""
    watermark: Mapping[str, Any] | None = None
    """The mark of our teachers by the fingerprint of its key; None where the key is not here."""
    last_batch: LastBatch | None = None
    """The batch of the newest retraining before, which this one is held against."""
    attempts: Mapping[str, int] = field(default_factory=dict)
    """Digest of a batch -> how often it was judged before, under any policy."""
    noises: Mapping[str, Noise] = field(default_factory=dict)
    """Metric -> its retrain noise, where controls enough were made; the others take what the policy assumes."""


def batch_files(batch: Path) -> tuple[Path, ...]:
    """The files of a batch: the file itself, or the plain files of a folder in order of name.

    Raises: BatchError where there is nothing, or a link: what a link points to may change after it was looked at. Likewise where rows
    are hidden: a file that is passed over in silence is a file that somebody believes to be in.
    """
    if batch.is_symlink():
        raise BatchError("is a symbolic link", where=str(batch), fix="put the file itself into the inbox")
    if batch.is_file():
        return (batch,)
    if not batch.is_dir():
        expected = "a file of rows, or a folder of such files"
        raise BatchError("does not exist", where=str(batch), expected=expected, fix="name a batch that is there")
    everything = sorted(batch.iterdir())
    found = tuple(path for path in everything if not path.name.startswith("."))
    if odd := [path.name for path in found if path.is_symlink() or not path.is_file()]:
        raise BatchError("holds something that is no plain file", where=str(batch), examples=odd, fix="put plain files into the folder")
    if hidden := [path.name for path in everything if path not in found and path.name.lower().endswith(ROW_ENDINGS)]:
        raise BatchError("hides files of rows", where=str(batch), examples=hidden, fix="remove them, or take the dot from their names")
    if not found:
        raise BatchError("is empty", where=str(batch), expected="at least one file of rows", fix="put a file of rows into the folder")
    return found


def batch_manifest(batch: Path) -> Manifest:
    """Names, sizes and sha256 of the files of a batch; its digest is the batch's name for good."""
    files = (FileDigest(path=p.name, size=p.stat().st_size, sha256=digest_file(p)) for p in batch_files(batch))
    return Manifest(files=tuple(sorted(files)))


def cycle_of(request: CycleRequest, manifest: Manifest) -> dict[str, Any]:
    """cycle.json: a function of the request and of the bytes of the batch, with no clock in it."""
    return {
        "schema": "heirloom/cycle/1",
        "number": request.number,
        "kind": request.kind,
        "model": request.policy.line.model,
        "environment": request.policy.line.environment,
        "batch": {
            "digest": manifest.digest,
            "files": [{"path": f"cycle/batch/{f.path}", "sha256": f.sha256, "size": f.size} for f in manifest.files],
        },
        "attempt": request.attempts.get(manifest.digest, 0) + 1,
        "mapping": dict(request.mapping),
        "shards": dict(request.shards),
        "start": dict(request.start),
        "champion": dict(request.champion) if request.champion else None,
        "baseline": dict(request.baseline) if request.baseline else None,
        "best_ever": dict(request.best_ever) if request.best_ever else None,
        "original_baseline": dict(request.original_baseline) if request.original_baseline else None,
        "history": dict(request.history) if request.history else None,
        "extension": None,
        "teachers": dict(request.teachers),
        "emissions": {"path": f"cycle/{EMISSIONS_FILE}", "sha256": hashlib.sha256(_emissions(request)).hexdigest()},
        "known": {"path": f"cycle/{KNOWN_FILE}", "sha256": digest_bytes(_known(request))},
        "relabels": {
            "path": f"cycle/{RELABELS_FILE}",
            "sha256": digest_bytes(_relabels(request)),
            "left_out": [asdict(one) for one in request.relabels.left_out] if request.relabels else [],
        },
        "earlier": {
            "path": f"cycle/{EARLIER_FILE}",
            "sha256": digest_file(request.earlier) if request.earlier else digest_bytes(_parquet(nothing_earlier())),
            "cycles": _cycles(request.earlier) if request.earlier else [],
        },
        "benchmarks": {
            "path": f"cycle/{BENCHMARKS_FILE}",
            "sha256": digest_bytes(_parquet(request.benchmarks.texts)),
            "pins": {name: {"sha256": pin.sha256, "columns": list(pin.columns)} for name, pin in request.benchmarks.pins.items()},
            "not_named": list(request.benchmarks.not_named),
        },
        "sentinels": {"path": f"cycle/{SENTINELS_FILE}", "sha256": digest_bytes(_sentinels(request))},
        "watermark": dict(request.watermark) if request.watermark else None,
        "last_batch": request.last_batch.document() if request.last_batch else None,
        "models": [model.document() for model in request.models],
        "recalled": [one.document() for one in request.recalled],
        "withdrawn": {"path": f"cycle/{WITHDRAWN_FILE}", "sha256": digest_bytes(_withdrawn(request))},
        "retrain_noise": {name: noise.document() for name, noise in sorted(request.noises.items())},
        "ledger_head": dict(request.ledger_head) if request.ledger_head else None,
        "policy": request.policy.document(),
        "policy_sha256": request.policy.digest,
        "seed": request.policy.line.seed * 1000 + request.number,
    }


def freeze(workspace: Workspace, request: CycleRequest) -> dict[str, Any]:
    """Make the cycle's folder, whole or not at all, and return cycle.json.

    Raises: BatchError where the batch cannot be read or changed while it was copied.
    """
    manifest = batch_manifest(request.batch)
    staging = workspace.state / "freezing"
    shutil.rmtree(staging, ignore_errors=True)
    (staging / "batch").mkdir(parents=True)
    for path in batch_files(request.batch):
        shutil.copyfile(path, staging / "batch" / path.name)
    if said := manifest.differences(staging / "batch"):
        raise BatchError("changed while it was being copied", where=str(request.batch), examples=said, fix="wait until its writer is done")
    write_bytes(staging / EMISSIONS_FILE, _emissions(request))
    write_bytes(staging / KNOWN_FILE, _known(request))
    write_bytes(staging / RELABELS_FILE, _relabels(request))
    _copy_earlier(request, staging / EARLIER_FILE)
    write_bytes(staging / BENCHMARKS_FILE, _parquet(request.benchmarks.texts))
    write_bytes(staging / SENTINELS_FILE, _sentinels(request))
    write_bytes(staging / WITHDRAWN_FILE, _withdrawn(request))
    document = cycle_of(request, manifest)
    if digest_file(staging / EMISSIONS_FILE) != document["emissions"]["sha256"]:
        raise ConflictError("the emissions changed while they were being copied", where=str(request.emissions), fix="try again")
    if digest_file(staging / KNOWN_FILE) != document["known"]["sha256"]:
        raise ConflictError("the memory changed while it was being copied", where=str(request.memory), fix="try again")
    write_document(staging / MATCHED_FILE, matched_document(()))
    write_document(staging / "cycle.json", document)
    swap_folder(staging, workspace.cycle)
    return document


def _emissions(request: CycleRequest) -> bytes:
    return request.emissions.read_bytes() if request.emissions else emissions_bytes(nothing_emitted())


def _known(request: CycleRequest) -> bytes:
    if request.memory is not None:
        return request.memory.read_bytes()
    return _parquet(nothing_known())


def _relabels(request: CycleRequest) -> bytes:
    return _parquet(request.relabels.relabels if request.relabels else no_relabels())


def _copy_earlier(request: CycleRequest, target: Path) -> None:
    """Texts of many cycles: copied, and never in memory at once."""
    if request.earlier:
        shutil.copyfile(request.earlier, target)
    else:
        write_bytes(target, _parquet(nothing_earlier()))


def _cycles(earlier: Path) -> list[int]:
    found: list[int] = pl.read_parquet(earlier, columns=["cycle"])["cycle"].unique().sort().to_list()
    return found


def _sentinels(request: CycleRequest) -> bytes:
    return _parquet(no_sentinels() if request.sentinels is None else request.sentinels)


def _withdrawn(request: CycleRequest) -> bytes:
    return _parquet(nothing_withdrawn() if request.withdrawn is None else request.withdrawn)


def _parquet(frame: pl.DataFrame) -> bytes:
    written = BytesIO()
    frame.write_parquet(written)
    return written.getvalue()


def frozen_cycle(workspace: Workspace) -> tuple[dict[str, Any], str] | None:
    """The cycle at hand and its digest, where there is one."""
    if not workspace.cycle_document.exists():
        return None
    document = read_document(workspace.cycle_document)
    return document, digest_document(document)


def settle(workspace: Workspace) -> None:
    """Finish a swap of cycles that was killed: the new cycle stays where it is in place, else the old one comes back."""
    old = set_aside(workspace.cycle)
    if not old.exists():
        return
    if workspace.cycle.exists():
        shutil.rmtree(old)
    else:
        old.rename(workspace.cycle)
    sync_folder(old.parent)


def same_question(document: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """True where two cycles ask the same: same batch, policy, start and references; number, attempt, seed, ledger head, memory and noise
    may differ.

    A judged cycle is remembered before its candidate is registered, so the memory may have grown under a cycle that is taken up again. A
    cycle that an older version froze, with other keys, asks something else.
    """
    if document.keys() != other.keys():
        return False
    references = ("shards", "start", "champion", "baseline", "best_ever", "history", "extension", "teachers")
    tables = ("emissions", "relabels", "earlier", "benchmarks", "sentinels", "watermark", "recalled", "withdrawn")
    keys = ("kind", "batch", "mapping", *references, *tables, "policy_sha256")
    return all(document.get(key) == other.get(key) for key in keys)
