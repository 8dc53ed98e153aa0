"""The statement of an approval is one value in one form, and its envelope is what DSSE publishes."""

import base64
import json
from dataclasses import fields, replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.digest import canonical_bytes
from governance.errors import IntegrityError
from governance.release.approval_statement import PREDICATE, STATEMENT, Statement
from governance.release.dsse import BEGIN, END, IN_TOTO, Envelope, pae

EXAMPLES = Path(__file__).parents[3] / "shared" / "fixtures" / "in-toto"
TEXTS = st.text(max_size=40)
DIGESTS = st.text("0123456789abcdef", min_size=64, max_size=64)
NUMBERS = st.integers(0, 2**53 - 1)
STATEMENTS = st.builds(
    Statement,
    by=TEXTS,
    approves=st.booleans(),
    model=TEXTS,
    version=NUMBERS,
    environment=TEXTS,
    checkpoint=DIGESTS,
    decision_sha256=DIGESTS,
    policy_sha256=DIGESTS,
    policy_committer=TEXTS,
    cycle_digest=DIGESTS,
    expected_champion=st.none() | NUMBERS,
    not_after=st.none() | TEXTS,
    reason=TEXTS,
    seq=NUMBERS,
    head=DIGESTS,
)
ONE = Statement(
    by="reviewer-a",
    approves=True,
    model="newsroom",
    version=17,
    environment="production",
    checkpoint="41" * 32,
    decision_sha256="aa" * 32,
    policy_sha256="7c" * 32,
    policy_committer="platform-a, 4f2d91c",
    cycle_digest="5e" * 32,
    expected_champion=16,
    not_after="2026-11-27T12:00:00Z",
    reason="Read 20 blind pairs",
    seq=413,
    head="0f" * 32,
)


@settings(max_examples=40)
@given(STATEMENTS)
def test_what_is_read_is_what_was_written_and_in_no_other_form(statement: Statement) -> None:
    assert Statement.read(statement.content) == statement
    loose = json.dumps(statement.document()).encode()
    with pytest.raises(IntegrityError):
        Statement.read(loose)


@settings(max_examples=40)
@given(STATEMENTS, STATEMENTS, st.sampled_from([one.name for one in fields(Statement)]))
def test_no_field_can_change_without_the_form_that_is_signed(one: Statement, other: Statement, name: str) -> None:
    changed = replace(one, **{name: getattr(other, name)})
    assert (changed.content == one.content) == (changed == one)


@settings(max_examples=60)
@given(STATEMENTS, st.data())
def test_a_statement_of_which_one_byte_differs_is_another_one_or_none(statement: Statement, data: st.DataObject) -> None:
    content = bytearray(statement.content)
    place = data.draw(st.integers(0, len(content) - 1))
    content[place] ^= data.draw(st.integers(1, 255))
    try:
        read = Statement.read(bytes(content))
    except IntegrityError:
        return
    assert read != statement
    assert read.content == content


def test_it_is_an_in_toto_statement_about_the_checkpoint() -> None:
    document = ONE.document()
    assert (
        (document["_type"], document["predicateType"])
        == (STATEMENT, PREDICATE)
        == ("https://in-toto.io/Statement/v1", "heirloom:approval/v1")
    )
    assert document["subject"] == [{"name": "newsroom/17", "digest": {"sha256": "41" * 32}}]
    said = document["predicate"]
    assert (said["verifier"], said["verificationResult"], said["notAfter"]) == ({"id": "reviewer-a"}, "PASSED", "2026-11-27T12:00:00Z")
    assert (said["policy"]["digest"], said["expectedChampion"], said["ledger"]["seq"]) == ({"sha256": "7c" * 32}, 16, 413)
    assert ONE.content == canonical_bytes(document)


@pytest.mark.skipif(not EXAMPLES.is_dir(), reason="the published examples are not beside this checkout")
def test_it_has_the_parts_of_the_published_statements_and_no_others() -> None:
    published = [json.loads(path.read_text()) for path in EXAMPLES.glob("*.json")]
    statements = [one for one in published if isinstance(one, dict) and one.get("_type") == STATEMENT]
    assert len(statements) >= 4
    for one in statements:
        assert set(one) == set(ONE.document())
        assert all(set(subject) <= {"name", "digest", "uri"} for subject in one["subject"])


def test_the_encoding_is_the_one_of_the_published_example() -> None:
    """secure-systems-lab/dsse, protocol.md 1.0.0, Test Vectors."""
    assert pae("http://example.com/HelloWorld", b"hello world") == b"DSSEv1 29 http://example.com/HelloWorld 11 hello world"
    published = {
        "payload": "aGVsbG8gd29ybGQ=",
        "payloadType": "http://example.com/HelloWorld",
        "signatures": [{"sig": "A3JqsQGtVsJ2O2xqrI5IcnXip5GToJ3F+FnZ+O88SjtR6rDAajabZKciJTfUiHqJPcIAriEGAHTVeCUjW2JIZA=="}],
    }
    read = Envelope.read(json.dumps(published).encode())
    assert read.signed == pae("http://example.com/HelloWorld", b"hello world")
    again = read.document()
    assert (again["payload"], again["payloadType"]) == (published["payload"], published["payloadType"])
    assert again["signatures"][0]["sig"] == published["signatures"][0]["sig"]


@given(st.text(max_size=30), st.binary(max_size=60), st.text(max_size=30), st.binary(max_size=60))
def test_no_two_pairs_of_type_and_body_are_signed_alike(kind: str, body: bytes, other: str, another: bytes) -> None:
    assert (pae(kind, body) == pae(other, another)) == ((kind, body) == (other, another))


@given(st.binary(min_size=1, max_size=300))
def test_an_envelope_carries_the_signature_without_its_armour_in_either_base64(blob: bytes) -> None:
    lines = base64.b64encode(blob).decode()
    armoured = "\n".join((BEGIN, *(lines[place : place + 70] for place in range(0, len(lines), 70)), END, ""))
    envelope = Envelope(payload_type=IN_TOTO, payload=blob, signatures=(("SHA256:k", armoured),))
    document = envelope.document()
    assert base64.b64decode(document["signatures"][0]["sig"]) == blob
    assert Envelope.read(json.dumps(document).encode()) == envelope
    safe = {**document, "payload": base64.urlsafe_b64encode(blob).decode()}
    assert Envelope.read(json.dumps(safe).encode()) == envelope


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"{}",
        b'{"payload":"","payload":"","payloadType":"x","signatures":[]}',
        b'{"payload":"!","payloadType":"x","signatures":[]}',
        b'{"payload":"","payloadType":"x","signatures":[{}]}',
        b'{"payload":"","payloadType":"x","signatures":{"sig":""}}',
        b"\xff",
    ],
)
def test_what_is_no_envelope_is_refused(content: bytes) -> None:
    with pytest.raises(IntegrityError, match="is no DSSE envelope"):
        Envelope.read(content)
