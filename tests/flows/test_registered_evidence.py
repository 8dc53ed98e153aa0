"""The flow's own doors: a verdict, a candidate and a promotion are let through only for what was registered before training."""

from pathlib import Path
from typing import Any

import pytest

from flows.finish import judged, registered, release_desk
from governance.actions.preregister import preregister
from governance.digest import digest_document, write_document
from governance.errors import IntegrityError, RefusedError
from governance.release import kinds
from governance.stages.gate_version import judging_gate
from tests.witnessed_line import DIGEST, Line


class Office:
    """A line with a cycle that was frozen and registered, and the documents that its stages left."""

    def __init__(self, root: Path) -> None:
        self.line = Line.made(root)
        self.line.found()
        shop = self.line.shop()
        self.cycle: dict[str, Any] = {
            "number": 1,
            "kind": "retraining",
            "batch": {"digest": "b" * 64},
            "attempt": 1,
            "policy": shop.policy.document(),
            "policy_sha256": shop.policy.digest,
            "seed": 7001,
            "shards": dict.fromkeys(("anchors", "tail", "human", "prompts"), DIGEST),
            **dict.fromkeys(("champion", "baseline", "best_ever", "extension")),
        }
        digest = digest_document(self.cycle)
        names = {"cycle": 1, "cycle_digest": digest, "batch_digest": "b" * 64, "policy_sha256": shop.policy.digest, "kind": "retraining"}
        sealed = preregister(shop.notary, self.cycle, digest, judging_gate(self.cycle))
        shop.ledger.record(kinds.CYCLE_FROZEN, {**names, **sealed})
        folder = shop.workspace.cycle
        write_document(folder / "decision.json", {"verdict": "pass", "reason": "all gates pass"})
        write_document(folder / "lineage.json", {"checkpoint": DIGEST})
        self.write(self.cycle)

    def write(self, cycle: dict[str, Any]) -> None:
        write_document(self.line.shop().workspace.cycle_document, cycle)

    def kinds(self) -> list[str]:
        return [event.kind for event in self.line.events()]

    def release(self, cycle_digest: str, policy_sha256: str) -> int:
        """A candidate in the ledger, as somebody could write it who leaves out what comes before."""
        facts: dict[str, object] = dict.fromkeys(kinds.BODIES[kinds.CANDIDATE_REGISTERED], 0)
        texts = {
            "cycle_digest": cycle_digest,
            "policy_sha256": policy_sha256,
            "checkpoint": DIGEST,
            "verdict": "pass",
            "kind": "retraining",
        }
        nothing = dict.fromkeys(("levels", "past_share", "batches_head", "kinship", "labellers"))
        body = {
            **facts,
            **texts,
            **{name: nothing[name] for name in nothing if name in facts},
            "version": 1,
            "run_url": "",
            "decision_sha256": "",
        }
        self.line.shop().ledger.record(kinds.CANDIDATE_REGISTERED, body)
        return 1


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path / "line")


def test_what_was_registered_is_judged_and_may_be_promoted(office: Office) -> None:
    assert judged(office.line.shop())["verdict"] == "pass"
    assert office.kinds()[-1] == "cycle.judged"
    version = office.release(digest_document(office.cycle), office.cycle["policy_sha256"])
    release_desk(office.line.shop()).prove(version)


@pytest.mark.parametrize(
    "change", [{"seed": 7002}, {"shards": {"prompts": "9" * 64}}, {"attempt": 2}], ids=lambda change: next(iter(change))
)
def test_a25_a_cycle_that_was_altered_after_it_was_frozen_is_neither_judged_nor_registered(office: Office, change: dict[str, Any]) -> None:
    office.write({**office.cycle, **change})
    before = office.kinds()
    for door in (judged, registered):
        with pytest.raises(RefusedError, match="was not registered before it was trained"):
            door(office.line.shop())
    assert office.kinds() == before


def test_a25_a_candidate_of_a_cycle_that_nobody_registered_is_not_promoted(office: Office) -> None:
    version = office.release("c" * 64, office.cycle["policy_sha256"])
    with pytest.raises(RefusedError, match="was not registered before it was trained"):
        release_desk(office.line.shop()).prove(version)


def test_a13_a_candidate_that_was_judged_under_another_policy_than_registered_is_not_promoted(office: Office) -> None:
    version = office.release(digest_document(office.cycle), "0" * 64)
    with pytest.raises(IntegrityError, match="under another policy"):
        release_desk(office.line.shop()).prove(version)
