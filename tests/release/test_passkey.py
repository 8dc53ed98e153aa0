"""An assertion is one person's word on one content, on one page, with the person verified; each of these changed, it is nobody's."""

import base64
import subprocess
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.evidence.verify import passkey_doubt
from governance.adapters.ssh_signatures import SshVerifier
from governance.ports.signer import Signed
from governance.release.passkey import Assertion, Passkey, challenge, counter_doubt, returned, trouble
from tests.authenticator import Authenticator, allow_passkeys

CONTENT = b'{"act":"approval.given"}'


def asserted(device: Authenticator, content: bytes = CONTENT) -> Assertion:
    return returned(device.passkey, *device.asserts(challenge(content)), device.origin)


def doubts(said: Assertion, content: bytes, origin: str) -> tuple[str, str]:
    """What the core and what the verifier of bundles has against an assertion."""
    return trouble(said, content, [origin]), passkey_doubt(said.armoured, content, [origin])


@pytest.mark.parametrize(("flags", "extensions"), [(0x05, b""), (0x1D, b""), (0x85, b"\xa1cabc\xf5")], ids=["plain", "synced", "extended"])
def test_what_a_device_asserts_is_its_owners_word(flags: int, extensions: bytes) -> None:
    device = Authenticator(flags=flags, extensions=extensions)
    assert doubts(asserted(device), CONTENT, device.origin) == ("", "")


def test_a_client_data_that_says_more_after_its_fixed_beginning_is_read_too() -> None:
    class Newer(Authenticator):
        def client_data(self, asked: bytes) -> bytes:
            return super().client_data(asked)[:-1] + b',"other_keys_can_be_added_here":"do not compare"}'

    device = Newer()
    assert doubts(asserted(device), CONTENT, device.origin) == ("", "")


TAMPERED: dict[str, tuple[Callable[[Authenticator], None], str]] = {
    "another page": (lambda device: setattr(device, "origin", "http://localhost:9999"), "on a page of"),
    "nobody verified": (lambda device: setattr(device, "flags", 0x01), "did not verify"),
    "nobody there": (lambda device: setattr(device, "flags", 0x04), "did not verify"),
    "a key attested": (lambda device: setattr(device, "flags", 0x45), "authenticator data"),
    "extensions announced": (lambda device: setattr(device, "flags", 0x85), "authenticator data"),
    "extensions not announced": (lambda device: setattr(device, "extensions", b"\xa0"), "authenticator data"),
    "a registration": (lambda device: setattr(device, "kind", "webauthn.create"), "something else"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_what_a_device_says_otherwise_is_nobodys_word(name: str) -> None:
    change, words = TAMPERED[name]
    device = Authenticator()
    origin = device.origin
    change(device)
    core, bundle = doubts(asserted(device), CONTENT, origin)
    assert words in core
    assert bundle


def test_a_frame_in_another_page_signs_nothing() -> None:
    class Framed(Authenticator):
        def client_data(self, asked: bytes) -> bytes:
            return super().client_data(asked).replace(b"false", b"true")

    device = Framed()
    assert all(doubts(asserted(device), CONTENT, device.origin))


FORGED: dict[str, Callable[[Assertion], Assertion]] = {
    "another relying party": lambda said: replace(said, key=replace(said.key, rp_id="elsewhere.example")),
    "another key": lambda said: replace(said, key=Authenticator().passkey),
    "a verified flag put in": lambda said: replace(said, flags=said.flags | 0x10),
    "another counter": lambda said: replace(said, counter=said.counter + 1),
    "another page named": lambda said: replace(said, origin="http://localhost:8733/"),
    "another namespace": lambda said: replace(said, namespace="git"),
    "a bit of the signature": lambda said: replace(said, s=said.s ^ 1),
    "client data of another page": lambda said: replace(said, client_data=said.client_data.replace(b"8733", b"9999")),
    "a cut client data": lambda said: replace(said, client_data=said.client_data[:-1]),
}


@pytest.mark.parametrize("name", FORGED)
def test_what_is_changed_afterwards_is_nobodys_word(name: str) -> None:
    device = Authenticator()
    assert all(doubts(FORGED[name](asserted(device)), CONTENT, device.origin))


def test_an_assertion_over_one_content_says_nothing_of_another() -> None:
    device = Authenticator()
    assert [bool(doubt) for doubt in doubts(asserted(device), CONTENT + b" ", device.origin)] == [True, True]


@settings(max_examples=8, deadline=None)
@given(content=st.binary(max_size=200), other=st.binary(max_size=200))
def test_a_word_holds_for_its_content_and_for_no_other(content: bytes, other: bytes) -> None:
    device = Authenticator()
    said = asserted(device, content)
    for asked in (content, other):
        assert [not doubt for doubt in doubts(said, asked, device.origin)] == [asked == content] * 2


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, 10_000), value=st.integers(0, 255))
def test_an_armour_is_read_as_it_was_written_or_not_at_all(place: int, value: int) -> None:
    """A byte changed anywhere gives another signature, which does not hold, or none; never the same one in another form."""
    said = ASSERTED
    assert Assertion.read(said.armoured) == said
    content = bytearray(base64.b64decode("".join(said.armoured.splitlines()[1:-1])))
    place %= len(content)
    same, content[place] = content[place] == value, value
    lines = said.armoured.splitlines()
    bent = "\n".join((lines[0], base64.b64encode(content).decode(), lines[-1], ""))
    try:
        found = Assertion.read(bent)
    except ValueError:
        return
    assert (found == said) == same or (found is None and not same)


ASSERTED = asserted(Authenticator())


@pytest.mark.parametrize(
    "der",
    [b"", b"\x30", b"\x30\x06\x02\x01\x01\x02\x01\x01\x00", b"\x30\x07\x02\x02\x00\x01\x02\x01\x01", b"\x31\x06\x02\x01\x01\x02\x01\x01"],
)
def test_a_signature_in_another_form_than_der_is_refused(der: bytes) -> None:
    device = Authenticator()
    data, client_data, _ = device.asserts(challenge(CONTENT))
    with pytest.raises(ValueError, match="DER"):
        returned(device.passkey, data, client_data, der, device.origin)


def test_data_for_another_relying_party_is_refused() -> None:
    device, other = Authenticator(), Authenticator(rp_id="elsewhere.example")
    with pytest.raises(ValueError, match="relying party"):
        returned(device.passkey, *other.asserts(challenge(CONTENT)), device.origin)


def test_a_key_is_read_as_it_was_written() -> None:
    key = Authenticator().passkey
    assert Passkey.read(key.blob) == key
    for blob in (b"", key.blob[:-1], key.blob + b"\0", Passkey(point=key.point[:-1] + bytes((key.point[-1] ^ 1,)), rp_id="x").blob):
        with pytest.raises(ValueError):  # noqa: PT011 - any of them
            Passkey.read(blob)


@pytest.mark.parametrize(("application", "counts"), [("localhost", False), ("ssh:", True), ("ssh:heirloom", True)])
def test_a_passkey_that_a_program_asked_is_nobodys_word_and_a_key_that_openssh_made_is(
    tmp_path: Path, application: str, counts: bool
) -> None:
    device = Authenticator(rp_id=application)
    signature = device.signs_for_a_program(CONTENT)
    allowed = allow_passkeys(tmp_path / "allowed_signers", device.line("reviewer-a"))
    words = ["ssh-keygen", "-Y", "verify", "-n", "heirloom", "-I", "reviewer-a", "-f", str(allowed), "-s", str(tmp_path / "sig")]
    (tmp_path / "sig").write_text(signature)
    assert subprocess.run(words, input=CONTENT, capture_output=True, check=False).returncode == 0, "OpenSSH takes it either way"
    found = SshVerifier(allowed=allowed).verify(CONTENT, signature, by="reviewer-a", at=datetime.now(UTC))
    assert isinstance(found, Signed) is counts
    assert ("and not on a page" in getattr(found, "reason", "")) is not counts
    assert (passkey_doubt(signature, CONTENT, [device.origin]) == "") is counts


def test_a_counter_that_does_not_grow_speaks_of_a_copied_device() -> None:
    device = Authenticator(counter=7)
    kept = [asserted(Authenticator(counter=99)).armoured, "", "no signature", asserted(device).armoured]
    assert counter_doubt(asserted(device), kept) == ""
    device.counter = 5
    assert "its counter is 6 after 8" in counter_doubt(asserted(device), kept)
    device.counter = -1
    assert counter_doubt(asserted(device), kept[:1]) == ""  # a device that counts nothing
