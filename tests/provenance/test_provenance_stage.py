import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.batch.door import FileBatchDoor
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.ports.batch import BatchDoor
from governance.ports.desk import SHARDS
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer
from governance.provenance.emissions import EMISSIONS_FILE, emissions_bytes, nothing_emitted
from governance.provenance.labels.label import RELABELS_FILE, no_relabels
from governance.provenance.memory import KNOWN_FILE, nothing_known
from governance.provenance.watermark import Mark
from governance.section import read_section
from governance.stages.validate import STAGE

TEACHERS = {"tutor": "1" * 64, "behind-an-address": "served-as-this"}
FROZEN = {"known": KNOWN_FILE, "emissions": EMISSIONS_FILE, "relabels": RELABELS_FILE}


@dataclass
class FolderDesk:
    folder: Path
    needs: dict[str, Any]
    asked: set[str] = field(default_factory=set)
    models: list[str] = field(default_factory=list)
    asked_marks: list[str] = field(default_factory=list)

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
        self.models.append(digest)
        return self.folder / digest

    def trainer(self, name: str) -> Trainer:
        return Trainer(name=name, found=lambda *_: None, train=lambda _: None, open=lambda _: None, counter=lambda _: None)  # type: ignore[arg-type,return-value]

    def batch_door(self) -> BatchDoor:
        return FileBatchDoor(expect=lambda audit, outline: [])

    def mark(self, pinned: Mapping[str, Any]) -> Mark:
        self.asked_marks.append(pinned["fingerprint"])
        return Mark(key=5)

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
    no_relabels().write_parquet(tmp_path / RELABELS_FILE)
    (tmp_path / EMISSIONS_FILE).write_bytes(emissions_bytes(nothing_emitted()))
    (tmp_path / "shards").mkdir()
    for name in ("anchors", "human"):
        rows_frame([{"row_id": f"{name}-1", "text": name, "origin": "human"}], name).write_parquet(tmp_path / SHARDS[name])
    needs = {
        "batch": {"digest": "x", "files": [entry]},
        "mapping": {},
        "models": [],
        "last_batch": None,
        "policy.provenance": {},
        "policy.laundering": {},
    }
    needs |= {name: {"path": f"cycle/{file}", "sha256": digest_file(tmp_path / file)} for name, file in FROZEN.items()}
    needs |= {
        "kind": "retraining",
        "watermark": None,
        "last_batch": None,
        "model": "student",
        "champion": None,
        "teachers": {},
        "seed": 7,
        "policy.training": {},
    }
    return FolderDesk(folder=tmp_path, needs=needs | {"shards": {n: digest_file(tmp_path / SHARDS[n]) for n in ("anchors", "human")}})


def test_the_stage_writes_exactly_what_it_declares_and_the_audit_adds_up(desk: FolderDesk) -> None:
    STAGE.work(desk)
    assert desk.asked == set(STAGE.writes) == {path.name for path in desk.folder.iterdir()} - {"batch", "shards", *FROZEN.values()}
    audit = json.loads((desk.folder / "audit.json").read_text())
    assert (audit["rows_in"], audit["admitted"], audit["quarantined"]) == (2, 1, 1)


def test_a_batch_file_that_is_not_the_frozen_one_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / "batch" / "a.jsonl").write_text("{}")
    with pytest.raises(IntegrityError, match=r"cycle/batch/a\.jsonl"):
        STAGE.work(desk)


@pytest.mark.parametrize("file", FROZEN.values())
def test_a_memory_an_emission_ledger_or_labels_that_are_not_the_frozen_ones_are_refused_by_name(desk: FolderDesk, file: str) -> None:
    (desk.folder / file).write_bytes(b"another")
    with pytest.raises(IntegrityError, match=rf"{file}: is "):
        STAGE.work(desk)


def test_an_altered_shard_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / SHARDS["human"]).write_bytes(b"another")
    with pytest.raises(IntegrityError, match="shard human is"):
        STAGE.work(desk)


def test_a_batch_file_that_is_gone_is_refused_by_name(desk: FolderDesk) -> None:
    (desk.folder / "batch" / "a.jsonl").unlink()
    with pytest.raises(IntegrityError, match=r"cycle/batch/a\.jsonl"):
        STAGE.work(desk)


@pytest.mark.parametrize(
    ("kind", "rows", "read"), [("retraining", 9, ["digest-2", "1" * 64]), ("retraining", 0, []), ("founding", 9, [])], ids=str
)
def test_teachers_and_the_champion_read_the_batch_but_for_a_founding_one_and_where_the_policy_says_none(
    desk: FolderDesk, kind: str, rows: int, read: list[str]
) -> None:
    desk.needs |= {"kind": kind, "teachers": TEACHERS, "champion": {"version": 1, "digest": "digest-2"}}
    desk.needs["policy.laundering"] = {"curvature_rows": rows}
    STAGE.work(desk)
    assert desk.models == read
    document = json.loads((desk.folder / "laundering.json").read_text())
    assert (document["schema"], document["stops"]) == ("heirloom/laundering/1", False)


def test_the_watermark_is_looked_for_where_the_cycle_was_frozen_with_its_key_and_else_not_measured(desk: FolderDesk) -> None:
    desk.needs |= {"teachers": TEACHERS, "watermark": {"fingerprint": "f", "green_percent": 25, "bias": 2.0}}
    desk.needs["policy.laundering"] = {"curvature_rows": 0}
    STAGE.work(desk)
    assert (desk.models, desk.asked_marks) == (["1" * 64], ["f"])
    desk.needs["watermark"] = None
    STAGE.work(desk)
    signals = json.loads((desk.folder / "laundering.json").read_text())["signals"]
    assert (desk.asked_marks, "key is here" in signals["watermark"]["not_measured"]) == (["f"], True)
