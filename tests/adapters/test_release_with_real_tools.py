"""Two releases and the way back with the real ledger, registry and model store: what the simulated shop promises, MLflow and DVC keep."""

import pytest

from governance.actions.promote import promote
from governance.actions.reconcile import reconcile
from governance.actions.recorder import Ledger
from governance.actions.register import register
from governance.actions.release_desk import ReleaseDesk
from governance.actions.rollback import rollback
from governance.actions.serving import read_pointer
from governance.adapters.dvc_store import DvcModelStore
from governance.adapters.environment import be_quiet
from governance.adapters.mlflow_registry import MlflowRegistry
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.ports.workspace import Workspace
from tests.world import MODEL, TickingClock, World, finished, terms


@pytest.fixture
def desk(tmp_path):
    be_quiet()
    place = Workspace(root=tmp_path)
    return ReleaseDesk(
        model=MODEL,
        ledger=Ledger(store=SqliteLedger(path=place.ledger), clock=TickingClock(), actor="engineer-a"),
        registry=MlflowRegistry(tracking_uri=f"sqlite:///{place.registry}", artifact_root=place.registry_artifacts, model=MODEL),
        store=DvcModelStore(workspace=place),
        root=tmp_path,
        scrubs=tmp_path / "scrubs",
        pointer=place.serving_pointer,
    )


def test_a_rollback_restores_what_was_altered_here_and_in_the_registry_and_reconcile_undoes_a_hand_moved_alias(desk, tmp_path):
    shop = World(tmp_path)
    for name, synthetic in (("one", 0), ("two", 100)):
        version = register(desk, finished(name, synthetic_tokens=synthetic), shop.candidate(name)).version
        done = promote(desk, version, terms())
        assert done.changed
    assert (done.rehearsal.to, done.rehearsal.files) == (1, 2)
    assert dict(desk.registry.aliases(MODEL)) == {"champion": 2, "pre-synthetic": 1}

    kept = desk.store.path(desk.ledger.state().releases[1].checkpoint)
    copy = desk.registry.checkpoint(MODEL, 1)
    for folder in (kept, copy):
        (folder / "model.safetensors").write_text("altered")
    done = rollback(desk, "previous", "night")
    assert (done.version, done.restored_from, done.copy_repaired, done.degraded) == (1, "store", True, False)
    assert [(folder / "model.safetensors").read_text() for folder in (kept, copy)] == ["weights of one"] * 2
    assert read_pointer(desk.pointer).version == 1

    desk.registry.set_alias(MODEL, "champion", 2)
    assert [(m.view, m.found, m.wanted) for m in reconcile(desk).mended if m.view.startswith("alias")] == [("alias champion", "2", "1")]
    assert not reconcile(desk).changed
