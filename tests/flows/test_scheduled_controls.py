"""The schedule of human-only controls over a measured cycle: what is due is trained, remembered, laid out and judged beside, once."""

import math
from collections.abc import Sequence
from pathlib import Path

import pytest

from flows.controls import lay_out_matched
from governance.adapters.trainers.ngram import TRAINER
from governance.digest import read_document, write_document
from governance.policy import Line, Policy
from governance.ports.workspace import Workspace
from governance.release.rules import ControlRules
from governance.stages import judge
from governance.training.rules import TrainingRules
from governance.wiring import Shop
from tests.stages import test_run_controls as bench
from tests.world import World

run = bench.run
"""A candidate that went on from a champion, as the run's own controls see it."""


class OneFolder:
    """A store that has one model."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def differences(self, digest: str) -> Sequence[str]:
        return []

    def path(self, digest: str) -> Path:
        return self.folder


def shop_of(run: bench.RunDesk, root: Path, rules: ControlRules) -> Shop:
    """A workspace whose cycle was probed and measured under this policy, with a ledger of its own."""
    (root / "cycle").symlink_to(run.place)
    (root / "shards").symlink_to(run.place / "shards")
    training = TrainingRules(trainer="ngram", recipe=bench.RECIPE)
    policy = Policy(line=Line(model="student"), probe=bench.ASKED, training=training, controls=rules)
    nothing = dict.fromkeys(("synthetic_tokens", "total_tokens", "depth", "passages", "unknown_tokens"), 0)
    start = {**run.cycle["champion"], **nothing, "past_share": None}
    write_document(root / "cycle" / "cycle.json", {**run.cycle, "start": start, "policy": policy.document()})
    world = World(root=root)
    shop = Shop(workspace=Workspace(root=root), clock=world.clock, actor="engineer-a")
    vars(shop).update(
        ledger=world.desk("engineer-a").ledger, store=OneFolder(next(iter(run.folders.values()))), trainers={"ngram": TRAINER}
    )
    return shop


def test_a_control_that_is_due_is_trained_once_and_judged_beside(run: bench.RunDesk, tmp_path: Path) -> None:
    bench.decision_of(run)
    shop = shop_of(run, tmp_path, ControlRules(every=2))
    assert [lay_out_matched(shop), lay_out_matched(shop)] == [1, 0]
    (control,) = shop.ledger.state().controls.values()
    assert control.cycle == run.cycle["number"]
    assert dict(shop.ledger.state().releases) == {}
    assert read_document(run.place / "matched.json")["controls"][0]["readings"] == dict(control.readings)
    judge.STAGE.work(run)  # type: ignore[arg-type]
    beside = {found["metric"]: found["control"] for found in read_document(run.place / "decision.json")["matched"]}
    assert len(beside) == 5
    assert math.log1p(beside["tail_perplexity"]) == pytest.approx(control.readings["tail_perplexity"])


def test_without_a_schedule_none_is_trained_and_nothing_is_said(run: bench.RunDesk, tmp_path: Path) -> None:
    bench.decision_of(run)
    shop = shop_of(run, tmp_path, ControlRules())
    assert lay_out_matched(shop) == 0
    assert read_document(run.place / "matched.json")["controls"] == []
    judge.STAGE.work(run)  # type: ignore[arg-type]
    assert read_document(run.place / "decision.json")["matched"] == []
