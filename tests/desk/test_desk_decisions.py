"""Approving and rejecting at the desk: the same rules as at the command line, and nothing without that person's passkey over that act."""

from collections.abc import Callable
from typing import Any

import pytest

from governance.release import kinds
from tests.authenticator import Authenticator, allow_passkeys
from tests.desk.desk_world import PLACE, Court, Visitor, from_url, to_url

YES: dict[str, Any] = {"act": "approve", "by": "reviewer-a", "version": 2, "reason": "Read 20 blind pairs"}
NO: dict[str, Any] = {**YES, "act": "reject", "reason": "bland"}


def test_a_yes_at_the_desk_is_in_the_ledger_and_a_promotion_takes_it(court: Court, visitor: Visitor) -> None:
    device = court.devices["reviewer-a"]
    said = visitor.act(device, **YES)
    event = court.chamber.world.ledger.kept[-1]
    assert said == f"Approved by reviewer-a, ledger {event.seq}. 1 of 1 approvals. Next: heirloom promote 2"
    assert (event.kind, event.actor, event.body["key"]) == (kinds.APPROVAL_GIVEN, "reviewer-a", device.fingerprint())
    held_to = court.shop("engineer-a").terms
    assert court.chamber.doubts(held_to=held_to) == [""]
    assert court.chamber.promote(held_to=held_to).approved_by == ("reviewer-a",)
    assert "approved" in visitor.get("/version/2")


def test_what_is_signed_is_shown_in_words_before(visitor: Visitor, court: Court) -> None:
    draft = visitor.draft(**YES)
    words = dict(draft["words"])
    release = court.chamber.world.state().releases[2]
    assert (words["Act"], words["Version"]) == ("approve", "student/2, for staging")
    assert (words["Model, sha256"], words["Evidence, sha256"]) == (release.checkpoint, release.decision_sha256)
    assert words["Replaces"] == "release 1 (refused if another champion is in place)"
    assert words["Because"] == "Read 20 blind pairs"
    assert draft["credentials"] == [to_url(b"reviewer-a")]


def test_a_no_at_the_desk_is_signed_and_for_good(court: Court, visitor: Visitor) -> None:
    assert visitor.act(court.devices["reviewer-b"], **{**NO, "by": "reviewer-b"}).startswith("Refused by reviewer-b, ledger ")
    event = court.chamber.world.ledger.kept[-1]
    assert (event.kind, event.body["key"]) == (kinds.APPROVAL_REFUSED, court.devices["reviewer-b"].fingerprint())
    again = visitor.post("/act/draft", NO)
    assert (again.status_code, "was refused by reviewer-b already" in again.json()["message"]) == (409, True)
    assert visitor.post("/act/draft", YES).status_code == 403


def test_the_rules_of_four_eyes_hold_before_anything_is_signed(visitor: Visitor) -> None:
    said = visitor.post("/act/draft", {**YES, "by": "engineer-a"})
    assert (said.status_code, "engineer-a asked for version 2" in said.json()["message"]) == (403, True)
    unknown = visitor.post("/act/draft", {**YES, "by": "steward-a"})
    assert (unknown.status_code, "has no passkey" in unknown.json()["message"]) == (400, True)
    assert visitor.post("/act/draft", {**YES, "version": 9}).status_code == 403


Spoil = Callable[[Court, Visitor, Authenticator, dict[str, Any]], Any]


def replayed(court: Court, visitor: Visitor, device: Authenticator, draft: dict[str, Any]) -> Any:
    """The signature over another act, as if somebody had kept it."""
    other = visitor.draft(**{**YES, "reason": "something else"})
    return visitor.sign(device, {**draft, "challenge": other["challenge"]})


def anothers(court: Court, visitor: Visitor, device: Authenticator, draft: dict[str, Any]) -> Any:
    return visitor.sign(court.devices["reviewer-b"], draft)


def anothers_as_own(court: Court, visitor: Visitor, device: Authenticator, draft: dict[str, Any]) -> Any:
    """Another person's device that says to be this person's credential."""
    other = court.devices["reviewer-b"]
    other.credential = device.credential
    return visitor.sign(other, draft)


def with_(**changes: Any) -> Spoil:
    def spoil(court: Court, visitor: Visitor, device: Authenticator, draft: dict[str, Any]) -> Any:
        for name, value in changes.items():
            setattr(device, name, value)
        return visitor.sign(device, draft)

    return spoil


SPOILT: dict[str, tuple[Spoil, str]] = {
    "another act's challenge": (replayed, "over something else"),
    "another person's passkey": (anothers, "is not listed for reviewer-a"),
    "another person's passkey by this name": (anothers_as_own, "signature does not hold"),
    "another page": (with_(origin="http://localhost:9999"), "over something else"),
    "another relying party": (with_(rp_id="evil.example"), "not for this relying party"),
    "nobody verified": (with_(flags=0x01), "did not verify the person"),
    "a registration": (with_(kind="webauthn.create"), "over something else"),
}


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_not_that_persons_signature_over_that_act_does_nothing(court: Court, visitor: Visitor, name: str) -> None:
    spoil, words = SPOILT[name]
    draft, before = visitor.draft(**YES), court.kept
    found = spoil(court, visitor, court.devices["reviewer-a"], draft)
    assert found.status_code == 403, found.text
    assert words in found.json()["message"]
    assert court.kept == before


def test_a_signature_is_taken_once(court: Court, visitor: Visitor) -> None:
    draft = visitor.draft(**YES)
    assert visitor.sign(court.devices["reviewer-a"], draft).status_code == 200
    again = visitor.sign(court.devices["reviewer-a"], draft)
    assert (again.status_code, "signed already" in again.json()["message"]) == (409, True)
    spoilt = visitor.draft(**{**YES, "by": "reviewer-b"})
    court.devices["reviewer-b"].flags = 0x01
    assert visitor.sign(court.devices["reviewer-b"], spoilt).status_code == 403
    court.devices["reviewer-b"].flags = 0x05
    assert visitor.sign(court.devices["reviewer-b"], spoilt).status_code == 409  # a second try needs a second draft


def test_what_was_written_while_somebody_signed_makes_them_look_again(court: Court, visitor: Visitor) -> None:
    draft = visitor.draft(**YES)
    court.chamber.world.desk().ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "unrelated"})
    found = visitor.sign(court.devices["reviewer-a"], draft)
    assert (found.status_code, "look again" in found.json()["message"]) == (409, True)
    assert court.chamber.world.ledger.kept[-1].kind == kinds.NOTE_ADDED


def test_a_policy_that_changed_while_somebody_signed_refuses_the_yes(court: Court, visitor: Visitor) -> None:
    draft, before = visitor.draft(**YES), court.kept
    policy = court.root / "policy.toml"
    policy.write_text(policy.read_text() + "approvals = 2\n")
    assert visitor.sign(court.devices["reviewer-a"], draft).status_code == 403
    assert court.kept == before


def test_a_device_whose_counter_goes_back_is_taken_for_copied(court: Court, visitor: Visitor) -> None:
    device = court.devices["reviewer-a"]
    device.counter = 10
    visitor.act(device, **YES)
    device.counter = 3
    found = visitor.sign(device, visitor.draft(**NO))
    assert (found.status_code, "its counter is 4 after 11" in found.json()["message"]) == (403, True)
    device.counter = 20
    assert visitor.act(device, **NO).startswith("Refused by reviewer-a")


def test_a_passkey_that_is_retired_signs_nothing_more(court: Court, visitor: Visitor) -> None:
    device = Authenticator(credential=b"old")
    court.chamber.allow("reviewer-a")
    allow_passkeys(court.chamber.allowed, device.line("reviewer-a", options='namespaces="heirloom",valid-before="20200101Z"'))
    found = visitor.sign(device, visitor.draft(**YES))
    assert (found.status_code, "expired" in found.json()["message"]) == (403, True)


def test_a_new_passkey_becomes_a_line_and_counts_once_somebody_puts_it_into_the_list(court: Court, visitor: Visitor) -> None:
    before = court.chamber.allowed.read_bytes()
    device = Authenticator(credential=b"new device")
    asked = visitor.post("/passkey/begin", {"name": "steward-a"}).json()
    data, client_data = device.attests(from_url(asked["challenge"]))
    body = {"id": asked["id"], "authenticator_data": to_url(data), "client_data": to_url(client_data)}
    made = visitor.post("/passkey/line", body).json()
    assert made == {"line": device.line("steward-a").strip(), "fingerprint": device.fingerprint()}
    assert court.chamber.allowed.read_bytes() == before
    yes = {**YES, "by": "steward-a"}
    assert visitor.post("/act/draft", yes).status_code == 400
    allow_passkeys(court.chamber.allowed, made["line"] + "\n")
    assert visitor.act(device, **yes).startswith("Approved by steward-a")
    assert visitor.post("/passkey/line", body).status_code == 409


@pytest.mark.parametrize("name", ["*", "a,b", "!x", "heirloom", "a b", 'a"b', "-a", "?"])
def test_a_name_that_could_be_several_makes_no_line(visitor: Visitor, name: str) -> None:
    device = Authenticator()
    asked = visitor.post("/passkey/begin", {"name": name}).json()
    data, client_data = device.attests(from_url(asked["challenge"]))
    body = {"id": asked["id"], "authenticator_data": to_url(data), "client_data": to_url(client_data)}
    assert visitor.post("/passkey/line", body).status_code == 400


def test_a_passkey_that_was_made_otherwise_makes_no_line(visitor: Visitor) -> None:
    for device, challenge in (
        (Authenticator(flags=0x01), None),
        (Authenticator(rp_id="evil.example"), None),
        (Authenticator(origin="https://evil.example"), None),
        (Authenticator(), b"another challenge"),
    ):
        asked = visitor.post("/passkey/begin", {"name": "steward-a"}).json()
        data, client_data = device.attests(challenge or from_url(asked["challenge"]))
        body = {"id": asked["id"], "authenticator_data": to_url(data), "client_data": to_url(client_data)}
        assert visitor.post("/passkey/line", body).status_code == 400, device
    asked = visitor.post("/passkey/begin", {"name": "steward-a"}).json()
    data, client_data = Authenticator().attests(from_url(asked["challenge"]))
    for bent in (data[:-1], data[:60], data[:100] + bytes((data[100] ^ 1,)) + data[101:], b"x" * 37):
        asked = visitor.post("/passkey/begin", {"name": "steward-a"}).json()
        _, client_data = Authenticator().attests(from_url(asked["challenge"]))
        body = {"id": asked["id"], "authenticator_data": to_url(bent), "client_data": to_url(client_data)}
        assert visitor.post("/passkey/line", body).status_code == 400


def test_the_pages_say_what_waits_and_who_may_decide_and_offer_no_form_where_nothing_waits(court: Court, visitor: Visitor) -> None:
    front, version = visitor.get("/"), visitor.get("/version/2")
    assert "1 version and 0 rows wait for a person" in front
    assert "0 of 1" in front
    assert 'data-act="decide"' in version
    assert "May not: engineer-a, who asked for version 2" in version
    assert 'data-act="decide"' not in visitor.get("/version/1")
    assert visitor.client.get("/version/9").status_code == 400
    assert PLACE.origin not in version  # no address is needed to stay here
    assert all(name in visitor.get("/passkey") for name in ("reviewer-a", "reviewer-b", court.devices["reviewer-a"].fingerprint()))


def test_the_book_at_the_desk_is_the_book(court: Court, visitor: Visitor) -> None:
    from flows.book import book_of
    from governance.adapters.report.book import pages_of

    pages = pages_of(book_of(court.shop("reader")))
    assert pages
    for name, content in pages.items():
        assert visitor.client.get(f"/book/{name}").content == content
    visitor.act(court.devices["reviewer-a"], **YES)
    assert visitor.client.get("/book/index.html").content != pages["index.html"]
