"""Labels enter the ledger once, signed by who gave them; of two people who label one row one is told, and a replay says nothing."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from governance.actions.label import STEPS, Recorded, Seal, Standing, moves, record_labels, standing
from governance.adapters.label_folder import LabelFolder
from governance.adapters.ssh_signatures import SshSigner, SshVerifier
from governance.errors import ConflictError, IntegrityError, RefusedError, UsageError
from governance.release import kinds
from governance.release.ledger import follow
from governance.release.relabelling import statement
from tests.keys import allow, make_key
from tests.provenance.batches import HUMAN, label, labels
from tests.world import Killed, Killer, World

SHEET = "5" * 64
OTHER = {**HUMAN, "row_id": "other", "text": "Else."}
MACHINE = {"generator": "g", "generator_version": "2"}


class Office:
    """A workspace in which people label rows; `seal` is what the person at hand signs with."""

    def __init__(self, folder: Path, keys: Mapping[str, Path]) -> None:
        self.world = World(folder)
        self.store = LabelFolder(folder=folder / "labels", clock=self.world.clock)
        self.keys = keys
        self.allowed = allow(folder / "allowed_signers", *keys.items())
        self.world.desk().ledger.record(kinds.WORKSPACE_CREATED, {"model": "student", "environment": "demo"})

    def seal(self, key: str | None = None, *, signed_only: bool = False) -> Seal:
        signer = SshSigner(key=self.keys[key]) if key else None
        return Seal(signer=signer, verifier=SshVerifier(allowed=self.allowed), signed_only=signed_only)

    def say(self, *lines: Mapping[str, Any], by: str = "steward-a", seal: Seal | None = None, steps: Killer | None = None) -> Recorded:
        ledger = self.world.desk(by).ledger
        return record_labels(ledger, self.store, labels(*lines), SHEET, seal or self.seal(), read=ledger.state(), steps=steps or Killer())

    def standing(self, *, signed_only: bool = False) -> Standing:
        return standing(self.world.state(), self.store, self.seal(signed_only=signed_only))


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder / name) for name in ("steward-a", "steward-b")}


@pytest.fixture
def office(tmp_path: Path, keys: dict[str, Path]) -> Office:
    return Office(tmp_path, keys)


def test_one_event_says_who_labelled_how_many_rows_and_names_the_labels_by_digest(office: Office) -> None:
    lines = [label(HUMAN, "model", **MACHINE), label(OTHER, "human", queued=False)]
    found = office.say(*lines, seal=office.seal("steward-a"))
    assert office.world.ledger.kinds() == [kinds.WORKSPACE_CREATED, kinds.ROWS_RELABELLED]
    body = office.world.ledger.kept[-1].body
    assert (body["by"], body["rows"], body["unqueued"], body["moves"]) == ("steward-a", 2, 1, {"human->model": 1})
    assert body["key"].startswith("SHA256:")
    assert not any(text in str(office.world.ledger.kept[-1].document()) for text in (HUMAN["text"], '"h"'))
    assert office.store.labels(found.relabelling.labels_sha256).equals(labels(*lines))
    assert office.standing(signed_only=True).relabels["row_id"].to_list() == ["h", "other"]


def test_labels_by_name_count_until_the_policy_wants_signatures(office: Office) -> None:
    office.say(label(HUMAN, "model", **MACHINE))
    assert office.standing().relabels.height == 1
    strict = office.standing(signed_only=True)
    assert strict.relabels.is_empty()
    assert [(one.seq, one.rows) for one in strict.left_out] == [(2, 1)]
    with pytest.raises(RefusedError, match="not signed do not count"):
        office.say(label(OTHER, "model", **MACHINE), seal=office.seal(signed_only=True))
    assert len(office.world.ledger.kept) == 2


def test_a_key_that_is_not_the_actors_records_nothing(office: Office) -> None:
    with pytest.raises(RefusedError, match="is listed for steward-b and not for steward-a alone"):
        office.say(label(HUMAN, "model", **MACHINE), seal=office.seal("steward-b"))
    allow(office.allowed, ("steward-b", office.keys["steward-b"]))
    with pytest.raises(RefusedError, match="is not among the allowed signers"):
        office.say(label(HUMAN, "model", **MACHINE), seal=office.seal("steward-a"))
    assert len(office.world.ledger.kept) == 1


def test_labels_of_a_key_that_is_no_longer_allowed_count_for_nothing_whatever_the_policy(office: Office) -> None:
    office.say(label(HUMAN, "model", **MACHINE), seal=office.seal("steward-a"))
    allow(office.allowed, ("steward-b", office.keys["steward-b"]))
    found = office.standing()
    assert found.relabels.is_empty()
    assert "not among the allowed signers" in found.left_out[0].reason


def forged(office: Office, **changes: Any) -> None:
    """An event that somebody wrote straight into the ledger, its chain intact."""
    head = office.world.ledger.kept[-1]
    body = {**head.body, **changes}
    office.world.ledger.append(follow(head, kind=kinds.ROWS_RELABELLED, actor="mallory", at=head.at, body=body))


def test_a_signature_over_other_labels_does_not_make_these_somebodys(office: Office) -> None:
    office.say(label(HUMAN, "model", **MACHINE), seal=office.seal("steward-a"))
    other = office.store.keep(labels(label(OTHER, "model", **MACHINE)))
    forged(office, labels_sha256=other)
    found = office.standing()
    assert found.relabels["row_id"].to_list() == ["h"]
    assert "incorrect signature" in found.left_out[0].reason


def test_a_signature_for_another_workspace_or_another_person_does_not_hold(office: Office) -> None:
    sha256 = office.store.keep(labels(label(HUMAN, "model", **MACHINE)))
    facts = {"model": "student", "environment": "production", "by": "steward-a", "rows": 1, "labels_sha256": sha256}
    signature = SshSigner(key=office.keys["steward-a"]).sign(statement(**facts))
    office.say(label(OTHER, "model", **MACHINE))
    forged(office, labels_sha256=sha256, signature=signature)
    assert "incorrect signature" in office.standing().left_out[0].reason


def test_an_event_that_is_replayed_takes_no_later_label_back(office: Office) -> None:
    first = office.say(label(HUMAN, "model", **MACHINE), seal=office.seal("steward-a")).relabelling
    office.say(label({**HUMAN, "origin": "model", **MACHINE}, "human", after=first.seq), by="steward-b", seal=office.seal("steward-b"))
    forged(office, **{name: getattr(first, name) for name in ("by", "labels_sha256", "signature", "key")})
    assert office.standing().relabels["origin_now"].unique().to_list() == ["human"]


def test_the_same_labels_again_change_nothing(office: Office) -> None:
    assert office.say(label(HUMAN, "model", **MACHINE)).changed
    assert not office.say(label(HUMAN, "model", **MACHINE)).changed
    assert len(office.world.ledger.kept) == 2


def test_of_two_people_who_label_one_row_at_once_one_is_told_and_rows_apart_do_not_clash(office: Office) -> None:
    rival = Killer(at="label.kept", meanwhile=lambda: office.say(label(HUMAN, "human"), by="steward-b"))
    with pytest.raises(ConflictError, match=r"1 of these rows were labelled meanwhile by steward-b(.|\n)*for example: h"):
        office.say(label(HUMAN, "model", **MACHINE), steps=rival)
    apart = Killer(at="label.kept", meanwhile=lambda: office.say(label({**OTHER, "row_id": "third"}, "human"), by="steward-b"))
    assert office.say(label(OTHER, "model", **MACHINE), steps=apart).changed
    assert office.standing().relabels.select("row_id", "origin_now").rows() == [("h", "human"), ("other", "model"), ("third", "human")]


@pytest.mark.parametrize("point", STEPS)
def test_killed_anywhere_the_labels_are_recorded_once_or_not_at_all(office: Office, point: str) -> None:
    with pytest.raises(Killed):
        office.say(label(HUMAN, "model", **MACHINE), steps=Killer(at=point))
    assert office.standing().relabels.height == STEPS.index(point)
    office.say(label(HUMAN, "model", **MACHINE))
    assert office.world.ledger.kinds().count(kinds.ROWS_RELABELLED) == 1


@pytest.mark.parametrize("content", [None, b"another"])
def test_labels_that_are_gone_or_altered_are_refused_by_name(office: Office, content: bytes | None) -> None:
    office.say(label(HUMAN, "model", **MACHINE))
    place = next((office.world.root / "labels").iterdir())
    place.unlink() if content is None else place.write_bytes(content)
    with pytest.raises(IntegrityError, match=r"is missing|is altered"):
        office.standing()


def test_no_label_at_all_is_nothing_to_record(office: Office) -> None:
    with pytest.raises(UsageError, match="no label"):
        office.say()


def test_moves_count_what_changed_and_a_claim_of_nobody_is_nobodys() -> None:
    same = label(HUMAN, "human")
    version = label({**HUMAN, "origin": "hybrid"}, "hybrid", **MACHINE)
    strange = label({**HUMAN, "origin": "ai"}, "model", **MACHINE)
    nobody = label(HUMAN, "human", then=None)
    assert moves(labels(same, version, strange, nobody)) == {"hybrid->hybrid": 1, "nobody->human": 1, "nobody->model": 1}
