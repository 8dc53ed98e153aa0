"""A desk hands out what its stage declared, and nothing else."""

from collections.abc import Callable
from pathlib import Path

import pytest

from governance.adapters.folder_desk import FolderDesk
from governance.collapse.encoder import Encoder
from governance.digest import write_document
from governance.errors import IntegrityError, PolicyError
from governance.gates.margins import GateRules
from governance.mixing.rules import MixRules
from governance.ports.batch import BatchDoor
from governance.ports.desk import Desk
from governance.ports.workspace import Workspace
from governance.provenance.watermark import Mark
from governance.stages.stage import Stage
from tests.world import FolderModels


class NoDoor(BatchDoor):
    """No stage here opens a batch."""


class NamedEncoder(Encoder):
    """An encoder that is only asked for by name."""

    def __init__(self, digest: str) -> None:
        self.name = digest


def nothing(desk: Desk) -> None:
    """Work that is not done in these tests."""


def quiet(title: str) -> Callable[[int, int, str], None]:
    return lambda done, total, words: None


STAGE = Stage(
    name="knead",
    reads=("mix.json", "shards/tail.parquet"),
    writes=("out.json", "folder/"),
    needs=("seed", "policy.mixing"),
    code=(),
    work=nothing,
)


@pytest.fixture
def desk(tmp_path: Path) -> FolderDesk:
    workspace = Workspace(root=tmp_path)
    mixing = {"anchor_percent": 20, "teachers": {"tutor": "pinned"}}
    write_document(workspace.cycle_document, {"seed": 7001, "kind": "retraining", "policy": {"mixing": mixing, "gates": {}}})
    models = FolderModels(tmp_path / "store")
    return FolderDesk(
        workspace=workspace,
        stage=STAGE,
        store=models,
        trainers={},
        door=NoDoor(),
        bars=quiet,
        marks=lambda _: Mark(key=1),
        encoders=NamedEncoder,
    )


def freeze_again(desk: FolderDesk, document: object) -> None:
    write_document(desk.workspace.cycle_document, document)


def test_an_encoder_is_handed_out_by_its_digest(desk: FolderDesk):
    assert desk.encoder("d" * 64).name == "d" * 64


def test_a_declared_part_of_the_cycle_is_handed_out_with_all_that_is_in_it(desk: FolderDesk):
    assert desk.need("seed") == 7001
    assert desk.need("policy.mixing.teachers.tutor") == "pinned"
    assert desk.section("policy.mixing", MixRules).anchor_percent == 20


@pytest.mark.parametrize("key", ["kind", "policy", "policy.gates", "policy.mixing_more", "policy.mix", "see", ""])
def test_a_part_that_was_not_declared_is_a_bug_that_names_the_stage(desk: FolderDesk, key: str):
    with pytest.raises(KeyError, match="stage knead does not declare"):
        desk.need(key)


@pytest.mark.parametrize("document", [{}, {"seed": 1, "policy": {}}, {"policy": [1]}, {"policy": {"mixing": None}}])
def test_a_cycle_document_that_says_nothing_of_a_declared_part_is_an_integrity_error(desk: FolderDesk, document: object):
    freeze_again(desk, document)
    with pytest.raises(IntegrityError, match=r"cycle\.json: says nothing of policy\.mixing\.anchor_percent"):
        desk.need("policy.mixing.anchor_percent")


def test_a_section_is_read_strictly_and_the_message_has_its_place(desk: FolderDesk):
    freeze_again(desk, {"policy": {"mixing": {"anchors": 20}}})
    with pytest.raises(PolicyError, match=r"policy\.mixing: unknown setting 'anchors'"):
        desk.section("policy.mixing", MixRules)
    with pytest.raises(KeyError, match=r"policy\.gates"):
        desk.section("policy.gates", GateRules)


def test_files_that_were_not_declared_are_bugs_in_both_directions(desk: FolderDesk):
    for path in (desk.workspace.cycle / "out.json", desk.workspace.cycle / "decision.json"):
        path.write_text("{}")
    with pytest.raises(KeyError, match=r"reads out\.json"):
        desk.reads("out.json")
    with pytest.raises(KeyError, match=r"reads decision\.json"):
        desk.reads("decision.json")
    with pytest.raises(KeyError, match=r"writes mix\.json"):
        desk.writes("mix.json")


def test_a_declared_input_that_is_missing_is_named_with_a_way_out(desk: FolderDesk):
    with pytest.raises(IntegrityError, match=r"mix\.json: is missing(.|\n)*fix: heirloom retrain"):
        desk.reads("mix.json")


def test_a_shard_is_the_workspaces_and_every_other_file_is_the_cycles(desk: FolderDesk, tmp_path: Path):
    for place in ("cycle/mix.json", "shards/tail.parquet"):
        (tmp_path / place).parent.mkdir(exist_ok=True)
        (tmp_path / place).write_text(place)
    assert desk.reads("mix.json").read_text() == "cycle/mix.json"
    assert desk.reads("shards/tail.parquet").read_text() == "shards/tail.parquet"


def test_what_an_earlier_run_wrote_is_gone_before_the_stage_writes(desk: FolderDesk):
    old = desk.workspace.cycle / "folder" / "inner"
    old.mkdir(parents=True)
    (old / "rest").write_text("of a killed run")
    (desk.workspace.cycle / "out.json").write_text("of a killed run")
    assert not desk.writes("folder/").exists()
    assert not desk.writes("out.json").exists()
    assert desk.writes("out.json").parent.is_dir()


def test_scratch_outlives_a_desk_belongs_to_what_was_asked_and_goes_when_the_work_is_done(desk: FolderDesk):
    cycle = {"seed": 7001, "policy": {"mixing": {"anchor_percent": 20}}}
    freeze_again(desk, cycle)
    first = desk.scratch()
    (first / "half").write_text("done")
    freeze_again(desk, {**cycle, "kind": "not declared, so it does not matter"})
    assert (desk.scratch() / "half").read_text() == "done"
    freeze_again(desk, {**cycle, "seed": 7002})
    assert desk.scratch() != first
    freeze_again(desk, cycle)
    desk.clear()
    assert not first.exists()
    desk.clear()


def test_an_altered_model_is_not_handed_out_and_the_file_is_named(desk: FolderDesk, tmp_path: Path):
    weights = tmp_path / "weights"
    weights.mkdir()
    (weights / "model.safetensors").write_bytes(b"weights")
    digest = desk.store.put(weights)
    assert (desk.model(digest) / "model.safetensors").read_bytes() == b"weights"
    (desk.store.path(digest) / "model.safetensors").write_bytes(b"Weights")
    with pytest.raises(IntegrityError, match=r"model\.safetensors is (.|\n)*fix: heirloom reconcile"):
        desk.model(digest)
