"""One extension: of what, by whose policy, and never a second one."""

from pathlib import Path

import pytest

from flows.extend import begin_extension, open_extension
from governance.digest import digest_document, digest_file, read_document, write_document
from governance.errors import ConflictError, RefusedError
from governance.ports.desk import SHARDS
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.release.fold import fold
from governance.wiring import Shop
from tests.world import MODEL, World

POLICY = f'[line]\nmodel = "{MODEL}"\n[gates.extension]\nallowed = true\n'


class Office:
    """A workspace with a champion and a cycle at hand that was judged against it."""

    def __init__(self, root: Path, verdict: str = "inconclusive", policy: str = POLICY, kind: str = "retraining") -> None:
        self.world, self.root = World(root=root), root
        (root / "policy.toml").write_text(policy)
        for place in SHARDS.values():
            (root / place).parent.mkdir(exist_ok=True)
            (root / place).write_text(place)
        (root / "cycle" / "batch").mkdir(parents=True)
        (root / "cycle" / "batch" / "rows.csv").write_text("rows")
        self.record(kinds.SHARDS_PINNED, {name: digest_file(root / place) for name, place in SHARDS.items()})
        self.world.add("champion")
        shop = self.shop()
        self.document = {
            "schema": "heirloom/cycle/1",
            "number": 2,
            "kind": kind,
            "seed": 7002,
            "batch": {"digest": "b" * 64, "files": []},
            "policy": shop.policy.document(),
            "policy_sha256": shop.policy.digest,
            "shards": {name: digest_file(root / place) for name, place in SHARDS.items()},
            **dict.fromkeys(("champion", "baseline", "best_ever")),
            "extension": None,
            "ledger_head": None,
        }
        write_document(root / "cycle" / "cycle.json", self.document)
        self.freeze(kinds.CYCLE_FROZEN, self.document)
        if verdict:
            self.register(self.document, verdict)

    def record(self, kind: str, body: dict) -> None:
        self.world.desk().ledger.record(kind, body)

    def freeze(self, kind: str, document: dict) -> None:
        body = {"cycle": document["number"], "cycle_digest": digest_document(document), "batch_digest": document["batch"]["digest"]}
        sealed = {"registration": {}, "signature": "", "key": ""}
        self.record(kind, {**body, "policy_sha256": document["policy_sha256"], "kind": document["kind"], **sealed})

    def register(self, document: dict, verdict: str) -> None:
        facts = dict.fromkeys(kinds.BODIES[kinds.CANDIDATE_REGISTERED], 0)
        texts = dict.fromkeys(("decision_sha256", "policy_sha256", "run_url", "kind"), "x")
        version = max(self.state().releases, default=0) + 1
        ids = {"version": version, "cycle": document["number"], "cycle_digest": digest_document(document), "checkpoint": "k" * 64}
        nothing = dict.fromkeys(("levels", "past_share", "batches_head"))
        self.record(kinds.CANDIDATE_REGISTERED, {**facts, **texts, **ids, **nothing, "verdict": verdict})

    def shop(self) -> Shop:
        shop = Shop(workspace=Workspace(root=self.root), clock=self.world.clock, actor="engineer-a")
        vars(shop).update(ledger=self.world.desk().ledger, registry=self.world.registry, store=self.world.models)
        return shop

    def state(self):
        return self.world.state()

    def at_hand(self) -> dict:
        return read_document(self.root / "cycle" / "cycle.json")


def test_an_extension_asks_the_same_of_the_same_candidate_under_the_next_number(tmp_path):
    office = Office(tmp_path)
    begun = begin_extension(office.shop())
    document = office.at_hand()
    assert (begun.number, begun.resumed, begun.batch) == (3, False, "rows.csv")
    assert document["extension"] == {"of": digest_document(office.document), "number": 2, "version": 2, "checkpoint": "k" * 64}
    same = {key: value for key, value in document.items() if key not in ("number", "extension", "ledger_head")}
    assert same == {key: office.document[key] for key in same}
    state = office.state()
    said = office.world.ledger.kept[-1].body["registration"]
    assert (said["look"], said["looks"], said["cycle_digest"]) == (2, 2, digest_document(document))
    assert state.extended == {digest_document(office.document): digest_document(document)}
    assert state.cycle.digest == digest_document(document)
    assert fold(office.world.desk().ledger.events()) == state


def test_a_second_extension_is_refused_and_an_open_one_is_gone_on_with(tmp_path):
    office = Office(tmp_path)
    begin_extension(office.shop())
    assert begin_extension(office.shop()).resumed
    assert open_extension(office.shop(), office.state()).number == 3
    office.register(office.at_hand(), "inconclusive")
    assert open_extension(office.shop(), office.state()) is None
    with pytest.raises(RefusedError, match="cycle 2 was extended once, and what came of it is final"):
        begin_extension(office.shop())
    write_document(tmp_path / "cycle" / "cycle.json", office.document)
    with pytest.raises(RefusedError, match="final"):
        begin_extension(office.shop())
    assert [event.kind for event in office.world.desk().ledger.events()].count(kinds.CYCLE_EXTENDED) == 1


def test_one_that_was_written_and_never_recorded_is_recorded(tmp_path):
    office = Office(tmp_path)
    extension = {"of": digest_document(office.document), "number": 2, "version": 2, "checkpoint": "k" * 64}
    write_document(tmp_path / "cycle" / "cycle.json", {**office.document, "number": 3, "extension": extension})
    begin_extension(office.shop())
    assert office.state().extended == {digest_document(office.document): digest_document(office.at_hand())}


@pytest.mark.parametrize("verdict", ["pass", "block"])
def test_only_an_inconclusive_cycle_is_extended(tmp_path, verdict):
    with pytest.raises(RefusedError, match=f"was judged '{verdict}'"):
        begin_extension(Office(tmp_path, verdict).shop())


def test_a_founding_cycle_is_not_extended(tmp_path):
    with pytest.raises(RefusedError, match="only an inconclusive retraining"):
        begin_extension(Office(tmp_path, kind="founding").shop())


def test_without_a_policy_that_registered_it_there_is_no_extension(tmp_path):
    with pytest.raises(RefusedError, match="one look at a candidate"):
        begin_extension(Office(tmp_path, policy=f'[line]\nmodel = "{MODEL}"\n').shop())


def test_a_policy_that_was_changed_after_the_first_look_registers_nothing(tmp_path):
    office = Office(tmp_path)
    (tmp_path / "policy.toml").write_text(POLICY + "reserve_percent = 40\n")
    with pytest.raises(ConflictError, match="the policy is not the one of cycle 2"):
        begin_extension(office.shop())


def test_a_cycle_without_a_verdict_is_finished_first(tmp_path):
    with pytest.raises(ConflictError, match="has no verdict yet"):
        begin_extension(Office(tmp_path, verdict="").shop())


def test_where_another_release_serves_the_first_look_is_of_no_use(tmp_path):
    office = Office(tmp_path)
    office.record(kinds.PROMOTION_COMMITTED, {"version": 1, "from": None, "approved_by": ["policy"]})
    with pytest.raises(ConflictError, match="another release serves"):
        begin_extension(office.shop())
