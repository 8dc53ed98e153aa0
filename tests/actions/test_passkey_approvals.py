"""A yes by passkey is a yes like any other: by identity, for one place in the ledger, weighed anew; each tampering is refused."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from governance.actions.approve import approve, draft_approval
from governance.adapters.ssh_signatures import SshSigner
from governance.errors import ConflictError, RefusedError
from governance.release import kinds
from governance.release.passkey import Assertion
from tests.actions.chamber import Chamber
from tests.authenticator import Authenticator, allow_passkeys

READ = "read 20 pairs"


@pytest.fixture
def chamber(tmp_path: Path, people: dict[str, Path]) -> Chamber:
    return Chamber(tmp_path, people)


@pytest.fixture
def device(chamber: Chamber) -> Authenticator:
    """A passkey of reviewer-a, listed beside the SSH key of the same person."""
    found = Authenticator()
    allow_passkeys(chamber.allowed, found.line("reviewer-a"))
    return found


def test_a_passkey_approves_and_the_promotion_takes_it(chamber: Chamber, device: Authenticator) -> None:
    given = approve(chamber.world.desk("reviewer-a"), 2, READ, chamber.terms(), device)
    assert (given.missing, given.key) == (0, device.fingerprint())
    assert chamber.doubts() == [""]
    assert chamber.promote().approved_by == ("reviewer-a",)


def test_a_person_with_an_ssh_key_and_a_passkey_is_one_person(chamber: Chamber, device: Authenticator) -> None:
    two = chamber.terms(approvals=2)
    assert chamber.approve("reviewer-a", held_to=two).missing == 1
    again = approve(chamber.world.desk("reviewer-a"), 2, READ, two, device)
    assert (again.missing, again.changed) == (1, False)
    second = Authenticator()
    allow_passkeys(chamber.allowed, second.line("reviewer-b"))
    assert approve(chamber.world.desk("reviewer-b"), 2, READ, two, second).missing == 0
    assert chamber.promote(held_to=two).approved_by == ("reviewer-a", "reviewer-b")


def test_who_asked_for_the_run_may_not_approve_it_by_passkey_either(chamber: Chamber) -> None:
    own = Authenticator()
    allow_passkeys(chamber.allowed, own.line("engineer-a"))
    with pytest.raises(RefusedError, match="engineer-a asked for version 2"):
        approve(chamber.world.desk("engineer-a"), 2, READ, chamber.terms(), own)


def test_another_persons_passkey_approves_for_nobody(chamber: Chamber, device: Authenticator) -> None:
    with pytest.raises(RefusedError, match="is listed for reviewer-a and not for reviewer-b alone"):
        approve(chamber.world.desk("reviewer-b"), 2, READ, chamber.terms(), device)
    with pytest.raises(RefusedError, match="is not among the allowed signers"):
        approve(chamber.world.desk("reviewer-b"), 2, READ, chamber.terms(), Authenticator())


SAYS: dict[str, tuple[Callable[[Authenticator], None], str]] = {
    "another page": (lambda device: setattr(device, "origin", "https://localhost:8733"), "on a page of"),
    "nobody verified": (lambda device: setattr(device, "flags", 0x01), "did not verify the person"),
    "another relying party": (lambda device: setattr(device, "rp_id", "elsewhere.example"), "not among the allowed signers"),
    "a registration": (lambda device: setattr(device, "kind", "webauthn.create"), "over something else"),
}


@pytest.mark.parametrize("name", SAYS)
def test_what_the_device_or_the_browser_says_otherwise_approves_nothing(chamber: Chamber, device: Authenticator, name: str) -> None:
    change, words = SAYS[name]
    change(device)
    before = len(chamber.world.ledger.kept)
    with pytest.raises(RefusedError, match=words):
        approve(chamber.world.desk("reviewer-a"), 2, READ, chamber.terms(), device)
    assert len(chamber.world.ledger.kept) == before


def edited(armoured: str, **changes: object) -> str:
    said = Assertion.read(armoured)
    assert said is not None
    return replace(said, **changes).armoured  # type: ignore[arg-type]


def test_what_is_forged_into_the_ledger_does_not_count(chamber: Chamber, device: Authenticator) -> None:
    approve(chamber.world.desk("reviewer-a"), 2, READ, chamber.terms(), device)
    event = chamber.world.ledger.kept[-1]
    signature = str(event.body["signature"])
    said = Assertion.read(signature)
    assert said is not None
    for changes in (
        {"counter": said.counter + 1},
        {"flags": 0x1D},
        {"origin": "http://localhost:8734"},
        {"s": said.s ^ 1},
        {"client_data": said.client_data.replace(b"webauthn.get", b"webauthn.got")},
    ):
        chamber.replaced(signature=edited(signature, **changes))
        assert chamber.doubts() != [""], changes
    chamber.replaced(signature=signature)
    assert chamber.doubts() == [""]
    chamber.replaced(reason="read nothing")
    assert chamber.doubts() == ["what it says is not what its statement said"]


def test_a_yes_by_passkey_is_for_one_place_in_the_ledger(chamber: Chamber, device: Authenticator) -> None:
    approve(chamber.world.desk("reviewer-a"), 2, READ, chamber.terms(), device)
    event = chamber.world.ledger.kept[-1]
    chamber.forge(event)
    assert [bool(doubt) for doubt in chamber.doubts()] == [False, True]


def test_a_passkey_that_is_retired_or_taken_off_the_list(chamber: Chamber, device: Authenticator) -> None:
    approve(chamber.world.desk("reviewer-a"), 2, READ, chamber.terms(), device)
    kept = chamber.allowed.read_text()
    chamber.allowed.write_text(kept.replace('namespaces="heirloom"', 'namespaces="heirloom",valid-before="20000101Z"'))
    (expired,) = chamber.doubts()
    assert "key has expired" in expired
    chamber.allowed.write_text(kept.replace('namespaces="heirloom"', 'namespaces="heirloom",valid-before="20990101Z"'))
    assert chamber.doubts() == [""]
    chamber.allowed.write_text(kept.replace(device.origin, ""))
    (unlisted,) = chamber.doubts()
    assert "its key is not listed for that" in unlisted
    chamber.allow("reviewer-a")
    (gone,) = chamber.doubts()
    assert "is not among the allowed signers" in gone


def test_an_ssh_security_key_needs_no_page(chamber: Chamber) -> None:
    """Only what says that a browser made it is held to the rules of one; a person's SSH key goes on as before."""
    assert Assertion.read(SshSigner(key=chamber.people["reviewer-a"]).sign(b"x")) is None
    assert chamber.approve("reviewer-a").changed


def test_a_passkey_touched_for_another_place_is_not_carried_over(chamber: Chamber, device: Authenticator) -> None:
    desk = chamber.world.desk("reviewer-a")
    shown = draft_approval(desk, 2, READ, chamber.terms())
    held = device.sign(shown.signed)

    class Held:
        def fingerprint(self) -> str:
            return device.fingerprint()

        def sign(self, content: bytes) -> str:
            return held

    desk.ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "unrelated"})
    with pytest.raises((RefusedError, ConflictError), match="over something else"):
        approve(desk, 2, READ, chamber.terms(), Held(), shown=shown)
