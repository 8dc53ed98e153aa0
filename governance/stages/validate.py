"""validate: the batch's files -> rows of one schema, a quarantine, an audit of both, what each row has been through, and who wrote it."""

from pathlib import Path, PurePosixPath
from typing import Any

from governance.digest import digest_file, write_document
from governance.errors import IntegrityError
from governance.ports.desk import Desk
from governance.provenance.labels.label import RELABELS_FILE
from governance.provenance.last_batch import LastBatch
from governance.provenance.memory import KNOWN_FILE, Past
from governance.provenance.passed import KnownModel
from governance.provenance.rules import ProvenanceRules
from governance.stages import laundering
from governance.stages.laundering import audit_declarations
from governance.stages.pinned import frozen_file
from governance.stages.stage import Stage

FOLDER = "cycle/batch"


def work(desk: Desk) -> None:
    """Admit or refuse every row of the batch that cycle.json pins, then ask whether those that claim to be human are."""
    files = [_pinned(desk.reads("batch/"), entry) for entry in desk.need("batch")["files"]]
    rules = desk.section("policy.provenance", ProvenanceRules)
    past = Past(
        known=frozen_file(desk, KNOWN_FILE, "known"),
        relabels=frozen_file(desk, RELABELS_FILE, "relabels"),
        models=tuple(KnownModel(**model) for model in desk.need("models")),
        last=LastBatch.from_document(desk.need("last_batch")),
    )
    admitted, quarantine, descent = (desk.writes(name) for name in ("admitted.parquet", "quarantine.jsonl", "descent.parquet"))
    audit = desk.batch_door().admit(files, desk.need("mapping"), rules, admitted, quarantine, past=past, descent=descent)
    write_document(desk.writes("audit.json"), audit)
    audit_declarations(desk, admitted, audit)


def _pinned(folder: Path, entry: dict[str, Any]) -> Path:
    """A file of the batch, whose bytes are the ones that were frozen."""
    path = folder / PurePosixPath(entry["path"]).relative_to(FOLDER)
    if path.is_symlink() or not path.is_file():
        raise IntegrityError("is no plain file", where=entry["path"], expected="a file of the frozen batch")
    if (found := digest_file(path)) != entry["sha256"]:
        raise IntegrityError(f"is {found[:12]}, frozen as {entry['sha256'][:12]}", where=entry["path"], fix="start a new cycle on it")
    return path


STAGE = Stage(
    name="validate",
    reads=("batch/", *laundering.READS),
    writes=("admitted.parquet", "quarantine.jsonl", "audit.json", "descent.parquet", *laundering.WRITES),
    needs=("batch", "mapping", "models", "last_batch", "policy.provenance", *laundering.NEEDS),
    code=("governance.adapters.batch", "governance.adapters.great_expectations", "schemas.rows", "schemas.expectations", *laundering.CODE),
    work=work,
)
