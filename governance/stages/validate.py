"""validate: the batch's files -> rows of one schema, a quarantine, and the audit that counts both."""

from pathlib import Path, PurePosixPath
from typing import Any

from governance.digest import digest_file, write_document
from governance.errors import IntegrityError
from governance.ports.desk import Desk
from governance.provenance.rules import ProvenanceRules
from governance.stages.stage import Stage

FOLDER = "cycle/batch"


def work(desk: Desk) -> None:
    """Admit or refuse every row of the batch that cycle.json pins."""
    files = [_pinned(desk.reads("batch/"), entry) for entry in desk.need("batch")["files"]]
    rules = desk.section("policy.provenance", ProvenanceRules)
    audit = desk.batch_door().admit(files, desk.need("mapping"), rules, desk.writes("admitted.parquet"), desk.writes("quarantine.jsonl"))
    write_document(desk.writes("audit.json"), audit)


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
    reads=("batch/",),
    writes=("admitted.parquet", "quarantine.jsonl", "audit.json"),
    needs=("batch", "mapping", "policy.provenance"),
    code=("governance.adapters.batch", "governance.adapters.great_expectations", "schemas.rows", "schemas.expectations"),
    work=work,
)
