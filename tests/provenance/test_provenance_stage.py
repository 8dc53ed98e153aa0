import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.batch.door import FileBatchDoor
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.batch import BatchDoor
from governance.ports.trainer import Trainer
from governance.provenance.memory import KNOWN_FILE, nothing_known
from governance.section import read_section
from governance.stages.validate import STAGE


@dataclass
class FolderDesk:
    folder: Path
    needs: dict[str, Any]
    asked: set[str] = field(default_factory=set)

    def need(self, key: str) -> Any:
        assert key in STAGE.needs
        return self.needs[key]

    def reads(self, name: str) -> Path:
        assert name in STAGE.reads
        return self.folder / name

    def writes(self, name: str) -> Path:
        self.asked.add(name)
        return self.folder / name

    def scratch(self) -> Path:
        raise AssertionError

    def model(self, digest: str) -> Path:
        raise AssertionError

    def trainer(self, name: str) -> Trainer:
        raise AssertionError

    def batch_door(self) -> BatchDoor:
        return FileBatchDoor(expect=lambda audit, outline: [])

    def progress(self, title: str) -> Callable[[int, int, str], None]:
        return lambda done, total, words: None

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)


@pytest.fixture
def desk(tmp_path: Path) -> FolderDesk:
    path = tmp_path / "batch" / "a.jsonl"
    path.parent.mkdir()
    path.write_text('{"row_id": "a", "text": "t", "origin": "human"}\n{"row_id": "b"}\n')
    nothing_known().write_parquet(tmp_path / KNOWN_FILE)
    entry = {"path": "cycle/batch/a.jsonl", "sha256": digest_file(path), "size": path.stat().st_size}
    known = {"path": f"cycle/{KNOWN_FILE}", "sha256": digest_file(tmp_path / KNOWN_FILE)}
    needs = {"batch": {"digest": "x", "files": [entry]}, "mapping": {}, "policy.provenance": {}, "known": known, "models": []}
    return FolderDesk(folder=tmp_path, needs=needs)


def test_the_stage_writes_exactly_what_it_declares_and_the_audit_adds_up(desk: FolderDesk) -> None:
    STAGE.work(desk)
    assert desk.asked == set(STAGE.writes) == {path.name for path in desk.folder.iterdir()} - {"batch", KNOWN_FILE}
    audit = json.loads((desk.folder / "audit.json").read_text())
    assert (audit["rows_in"], audit["admitted"], audit["quarantined"]) == (2, 1, 1)


def test_a_batch_file_that_is_not_the_frozen_one_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / "batch" / "a.jsonl").write_text("{}")
    with pytest.raises(IntegrityError, match=r"cycle/batch/a\.jsonl"):
        STAGE.work(desk)


def test_a_memory_that_is_not_the_frozen_one_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / KNOWN_FILE).write_bytes(b"another")
    with pytest.raises(IntegrityError, match=r"known\.parquet: is "):
        STAGE.work(desk)


def test_a_batch_file_that_is_gone_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / "batch" / "a.jsonl").unlink()
    with pytest.raises(IntegrityError, match=r"cycle/batch/a\.jsonl"):
        STAGE.work(desk)
