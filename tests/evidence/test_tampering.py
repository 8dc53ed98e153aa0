"""Whatever is changed in a bundle, checks that are named fail, and no others; the forger mends every digest that he can compute."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from governance.adapters.evidence.verify import CONTENT, PAYLOAD_TYPE, canonical, digest, statement_of
from governance.adapters.ssh_signatures import SshSigner
from governance.release.dsse import pae
from governance.release.passkey import Assertion
from tests.authenticator import Authenticator
from tests.evidence.forgery import (
    Files,
    events_of,
    failed,
    mended,
    opened,
    packed,
    said,
    with_document,
    with_event,
    with_events,
)
from tests.evidence.real_line import RealShop

pytestmark = pytest.mark.slow
Edit = Callable[[dict[str, Any]], None]


def changed(**values: Any) -> Edit:
    return lambda document: document.update(values)


def in_body(**values: Any) -> Edit:
    return lambda event: event["body"].update(values)


def gate(name: str, **values: Any) -> Edit:
    return lambda document: next(g for g in document["gates"] if g["gate"] == name and g["against"] == "baseline").update(values)


def row(files: Files, number: int, old: bytes, new: bytes, name: str = "rows.csv") -> Files:
    """One cell of one line of a table."""
    lines = files[name].split(b"\n")
    assert old in lines[number]
    lines[number] = lines[number].replace(old, new, 1)
    return {**files, name: b"\n".join(lines)}


def first_human(files: Files) -> int:
    return next(n for n, line in enumerate(files["rows.csv"].split(b"\n")) if b'"human","human"' in line)


def batches(files: Files, edit: Callable[[list[dict[str, Any]]], None]) -> Files:
    found = [json.loads(line) for line in files["batches.jsonl"].splitlines()]
    edit(found)
    return {**files, "batches.jsonl": b"".join(canonical(one).encode() + b"\n" for one in found)}


def _with_the_first_signature(files: Files) -> Edit:
    first = next(event for event in events_of(files) if event["kind"] == "approval.given")["body"]
    return in_body(signature=first["signature"], key=first["key"])


def _renumbered(files: Files) -> Files:
    """Each event is named by its own content again, and says the wrong one before it."""
    events = events_of(files)
    events.remove([event for event in events if event["kind"] == "rollback.rehearsed"][-1])
    for place, event in enumerate(events, start=1):
        event["seq"] = place
        event["digest"] = digest({key: event[key] for key in CONTENT})
    return with_events(files, events, chained=False)


def _stricter(files: Files) -> Files:
    """Cycle and mix both name a cap that the rows do not keep."""
    capped = with_document(files, "cycle", lambda d: d["policy"]["mixing"].update(synthetic_cap_percent=30))
    return with_document(capped, "mix", changed(synthetic_cap_percent=30))


FORGERIES: dict[str, tuple[Callable[[Files], Files], set[str]]] = {
    "a ledger line edited": (lambda f: with_event(f, "shards.pinned", changed(actor="nobody"), chained=False), {"ledger"}),
    "a ledger line removed": (
        lambda f: with_events(f, [e for e in events_of(f) if e["seq"] != 2], chained=False),
        {"ledger", "checkpoints"},
    ),
    "two ledger lines swapped": (
        lambda f: with_events(f, [*events_of(f)[1::-1], *events_of(f)[2:]], chained=False),
        {"ledger", "checkpoints", "pre-registration"},
    ),
    "a score changed": (lambda f: row(f, 1, b".", b".9", "scores.csv"), {"documents", "perplexity"}),
    "a document's score left out": (
        lambda f: {**f, "scores.csv": b"\n".join(line for n, line in enumerate(f["scores.csv"].split(b"\n")) if n != 1)},
        {"documents", "perplexity"},
    ),
    "a human row called synthetic": (
        lambda f: row(f, first_human(f), b'"human","human"', b'"synthetic","human"'),
        {"documents", "shares", "roles", "mix root", "batch rows"},
    ),
    "a row's tokens made more": (
        lambda f: row(f, first_human(f), b'"human","human",,,', b'"human","human",,,1'),
        {"documents", "shares", "batch rows"},
    ),
    "a row's text exchanged": (lambda f: row(f, first_human(f), b'"', b'"0'), {"documents", "mix root", "batch rows"}),
    "a decision's verdict edited": (
        lambda f: with_document(f, "decision", changed(verdict="block")),
        {"registration", "attestations", "documents", "decision"},
    ),
    "a gate's verdict edited": (
        lambda f: with_document(f, "decision", gate("distinct_3", verdict="block")),
        {"registration", "attestations", "documents", "gates", "decision"},
    ),
    "a gate's limit edited": (
        lambda f: with_document(f, "decision", gate("tail_perplexity", limit=0.5)),
        {"registration", "attestations", "documents", "gates"},
    ),
    "a gate left out": (
        lambda f: with_document(f, "decision", lambda d: d["gates"].pop(0)),
        {"registration", "attestations", "documents", "gates"},
    ),
    "a policy's limit edited": (
        lambda f: with_document(f, "cycle", lambda d: d["policy"]["gates"]["margins"]["tail_perplexity"].update(margin_percent=50)),
        {"registration", "pre-registration", "attestations", "documents", "gates"},
    ),
    "a reading edited": (
        lambda f: with_document(f, "measures", lambda d: _reading(d)["against"]["baseline"].update(high=0.001)),
        {"attestations", "documents", "perplexity", "gates"},
    ),
    "the checkpoint's digest swapped": (
        lambda f: with_document(f, "lineage", changed(checkpoint="c" * 64)),
        {"registration", "attestations", "documents"},
    ),
    "the registered checkpoint swapped": (
        lambda f: with_event(f, "candidate.registered", in_body(checkpoint="c" * 64)),
        {"checkpoints", "registration", "approvals"},
    ),
    "a batch's tokens edited": (
        lambda f: batches(f, lambda b: b[1].update(human_tokens=b[1]["human_tokens"] + 128)),
        {"documents", "batch log", "batch shares", "batch rows"},
    ),
    "a batch dropped": (lambda f: batches(f, lambda b: b.pop()), {"documents", "batch log", "batch shares"}),
    "an approval given another name": (
        lambda f: with_event(f, "approval.given", changed(actor="mallory")),
        {"checkpoints", "approvals", "approvers"},
    ),
    "an approval moved to another version": (lambda f: with_event(f, "approval.given", in_body(version=1)), {"checkpoints", "approvals"}),
    "an approval moved to other evidence": (
        lambda f: with_event(f, "approval.given", in_body(decision_sha256="d" * 64)),
        {"checkpoints", "approvals"},
    ),
    "an approval's end moved": (
        lambda f: with_event(f, "approval.given", in_body(not_after="2026-11-27T00:00:00Z")),
        {"checkpoints", "approvals"},
    ),
    "a promotion after the end": (
        lambda f: with_event(f, "promotion.intended", changed(at="2026-12-20T03:08:00+00:00")),
        {"checkpoints", "approvals"},
    ),
    "a promotion over another champion": (
        lambda f: with_event(f, "promotion.intended", in_body(**{"from": 7})),
        {"checkpoints", "approvals"},
    ),
    "an approval by who committed the policy": (
        lambda f: with_event(f, "promotion.intended", in_body(policy_committer="Reviewer-A, 4f2d91c")),
        {"checkpoints", "approvals"},
    ),
    "an approval by who asked": (
        lambda f: with_event(f, "review.requested", in_body(requested_by="REVIEWER-A ")),
        {"checkpoints", "approvals"},
    ),
    "no intent before the promotion": (
        lambda f: with_events(f, [e for e in events_of(f) if (e["kind"], e["body"].get("version")) != ("promotion.intended", 2)]),
        {"checkpoints", "approvals"},
    ),
    "nobody allowed": (lambda f: {**f, "allowed_signers": b""}, {"approvals"}),
    "an approval without its signature": (lambda f: with_event(f, "approval.given", in_body(signature="")), {"checkpoints", "approvals"}),
    "a signed statement edited": (
        lambda f: {**f, "attestations/test-result.json": f["attestations/test-result.json"].replace(b'"PASSED"', b'"FAILED"')},
        {"attestations"},
    ),
    "a signed statement without its signature": (
        lambda f: {name: content for name, content in f.items() if name != "attestations/provenance.json.sig"},
        {"attestations"},
    ),
    "an approval with the signature of another": (
        lambda f: with_event(f, "approval.given", _with_the_first_signature(f)),
        {"checkpoints", "approvals"},
    ),
    "an approval of another statement": (
        lambda f: with_event(f, "approval.given", in_body(statement_sha256="e" * 64)),
        {"checkpoints", "approvals"},
    ),
    "a key that is listed for two names": (
        lambda f: {**f, "allowed_signers": f["allowed_signers"] + f["allowed_signers"].replace(b"reviewer-a ", b"reviewer-b ")},
        {"approvals"},
    ),
    "a ledger line removed and the rest numbered anew": (_renumbered, {"ledger", "checkpoints"}),
    "a cap that the mix is beyond": (
        _stricter,
        {"registration", "pre-registration", "attestations", "documents", "shares", "batch shares", "gates"},
    ),
    "another policy beside the cycle": (lambda f: {**f, "policy.json": b"{}"}, {"registration"}),
}


def _reading(measures: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(entry for entry in measures["metrics"] if entry["name"] == "tail_perplexity")
    return found


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_fails_by_name(bundle: Path, tmp_path: Path, name: str):
    forge, expected = FORGERIES[name]
    files = mended(forge(opened(bundle)))
    assert failed(packed(tmp_path / "forged.zip", files)) == expected


def test_another_persons_signature_over_the_same_words_is_nobodys(line: RealShop, bundle: Path, tmp_path: Path):
    files = opened(bundle)
    given = [event for event in events_of(files) if event["kind"] == "approval.given"][-1]
    mallory = SshSigner(key=line.workspace.root.parent / "keys" / "mallory")
    signature = mallory.sign(pae(PAYLOAD_TYPE, canonical(statement_of(given)).encode()))
    forged = with_event(files, "approval.given", in_body(signature=signature, key=mallory.fingerprint()))
    path = packed(tmp_path / "forged.zip", mended(forged))
    assert failed(path) == {"checkpoints", "approvals"}
    assert "not one that the allowed signers give to reviewer-a alone" in said(path, "approvals")


def test_who_asked_for_the_run_does_not_approve_it_with_a_key_of_ones_own_either(line: RealShop, bundle: Path, tmp_path: Path):
    """All of the chain is made anew and everything is signed: only the rule of four eyes is left to find it."""
    files, key = opened(bundle), SshSigner(key=line.workspace.root.parent / "keys" / "engineer-a")

    def given(event: dict[str, Any]) -> None:
        event["actor"] = "engineer-a"
        statement = statement_of(event)
        event["body"] |= {"statement_sha256": digest(statement), "key": key.fingerprint()}
        event["body"]["signature"] = key.sign(pae(PAYLOAD_TYPE, canonical(statement).encode()))

    forged = with_event(files, "approval.given", given)
    forged = with_event(forged, "promotion.intended", in_body(approved_by=["engineer-a"]))
    path = packed(tmp_path / "forged.zip", mended(forged))
    assert failed(path) == {"checkpoints", "approvals"}
    assert "engineer-a asked for the version" in said(path, "approvals")


def test_a_file_that_is_not_as_named_is_missing_or_is_more_fails(bundle: Path, tmp_path: Path):
    files = opened(bundle)
    assert failed(packed(tmp_path / "1.zip", {**files, "policy.toml": b"# mended"})) == {"files"}
    assert failed(packed(tmp_path / "2.zip", {**files, "more.txt": b"more"})) == {"files"}
    assert failed(packed(tmp_path / "3.zip", {n: c for n, c in files.items() if n != "report.html"})) == {"files"}


def test_a_ledger_cut_at_its_end_is_shown_by_a_checkpoint_and_where_that_was_cut_too_by_the_witness(
    line: RealShop, bundle: Path, tmp_path: Path
):
    files = opened(bundle)
    kept = files["checkpoints.jsonl"].splitlines(keepends=True)
    cut = mended(with_events(files, events_of(files)[:-1], chained=False))
    assert failed(packed(tmp_path / "1.zip", cut)) == {"checkpoints"}
    without = packed(tmp_path / "2.zip", mended({**cut, "checkpoints.jsonl": b"".join(kept[:-1])}))
    assert failed(without) == set()
    assert "that nobody holds a later checkpoint" in said(without, "witness")
    assert failed(without, witness=line.workspace.checkpoints) == {"checkpoints"}
    assert "it was cut, or is old" in said(without, "checkpoints", witness=line.workspace.checkpoints)
    assert failed(bundle, witness=line.workspace.checkpoints) == set()


def test_a_rewritten_ledger_needs_another_platform_key_and_that_is_not_the_auditors(line: RealShop, bundle: Path, tmp_path: Path):
    key = line.workspace.platform_signers
    assert failed(bundle, key=key) == set()
    files = opened(bundle)
    none = {name: content for name, content in files.items() if name != "checkpoints.jsonl"}
    assert failed(packed(tmp_path / "1.zip", mended(none))) == {"checkpoints"}
    assert "acts since the platform's first key were to be witnessed" in said(tmp_path / "1.zip", "checkpoints")
    other = tmp_path / "other"
    other.write_text((line.workspace.root.parent / "keys" / "mallory.pub").read_text())
    assert failed(bundle, key=other) == {"platform key"}
    forged = json.loads(files["checkpoints.jsonl"].splitlines()[-1])
    forged["statement"]["at"] = "2027-01-01T00:00:00+00:00"
    path = packed(tmp_path / "2.zip", mended({**files, "checkpoints.jsonl": canonical(forged).encode()}))
    assert failed(path) == {"checkpoints"}
    assert "is not signed by the platform" in said(path, "checkpoints")


def test_what_the_ledger_names_and_the_bundle_lacks_is_said(bundle: Path, tmp_path: Path):
    files = {name: content for name, content in opened(bundle).items() if name not in ("scores.csv", "documents/measures.json")}
    path = packed(tmp_path / "less.zip", mended(files))
    assert failed(path) == set()
    assert "measures.json, scores.csv, named by ledger" in said(path, "documents")
    assert "not checked: scores.csv was not kept" in said(path, "perplexity")
    assert "not checked: measures was not kept" in said(path, "gates")


def test_the_auditors_own_signers_count_and_not_those_of_the_bundle(line: RealShop, bundle: Path, tmp_path: Path):
    own = tmp_path / "signers"
    own.write_text((line.workspace.root / "allowed_signers").read_text())
    assert failed(bundle, signers=own) == set()
    own.write_text("")
    assert failed(bundle, signers=own) == {"approvals"}


def by_passkey(line: RealShop, bundle: Path, device: Authenticator) -> dict[str, bytes]:
    """The bundle as it would be if reviewer-a had approved by passkey, every other signature aside."""
    files = opened(bundle)

    def given(event: dict[str, Any]) -> None:
        event["body"] |= {"key": device.fingerprint(), "signature": device.sign(signed_of(event))}

    files["allowed_signers"] += device.line("reviewer-a").encode()
    return with_event(files, "approval.given", given)


def signed_of(event: dict[str, Any]) -> bytes:
    return pae(PAYLOAD_TYPE, canonical(statement_of(event)).encode())


def test_an_approval_by_passkey_is_verified_and_each_tampering_with_it_is_found(line: RealShop, bundle: Path, tmp_path: Path):
    """The checkpoints fail, because the ledger was written anew here; the approval holds until something of it is changed."""
    device = Authenticator()
    files = by_passkey(line, bundle, device)
    path = packed(tmp_path / "true.zip", mended(files))
    assert failed(path) == {"checkpoints"}

    def tampered(name: str, **changes: object) -> str:
        def change(event: dict[str, Any]) -> None:
            said = Assertion.read(event["body"]["signature"])
            assert said is not None
            event["body"]["signature"] = replace(said, **changes).armoured  # type: ignore[arg-type]

        forged = packed(tmp_path / f"{name}.zip", mended(with_event(files, "approval.given", change)))
        assert failed(forged) == {"checkpoints", "approvals"}, name
        return said_of(forged)

    def said_of(forged: Path) -> str:
        return said(forged, "approvals")

    assert "not listed for that" in tampered("page", origin="http://localhost:1")
    assert "did not verify" in tampered("unverified", flags=0x01)
    assert "does not hold" in tampered("counter", counter=99)
    assert "signed something else" in tampered("kind", client_data=b'{"type":"webauthn.create"}')
    assert "not one that the allowed signers give" in tampered("party", key=replace(device.passkey, rp_id="elsewhere.example"))

    moved = {**files, "allowed_signers": files["allowed_signers"].replace(device.origin.encode(), b"https://other.example")}
    assert "not listed for that" in said_of(packed(tmp_path / "moved.zip", mended(moved)))
    theirs = {**files, "allowed_signers": files["allowed_signers"].replace(b"reviewer-a namespaces", b"mallory namespaces")}
    assert "give to reviewer-a alone" in said_of(packed(tmp_path / "theirs.zip", mended(theirs)))
    over = {**files, "allowed_signers": files["allowed_signers"].replace(b'"heirloom" sk', b'"heirloom",valid-before="20000101Z" sk')}
    assert "expired" in said_of(packed(tmp_path / "over.zip", mended(over)))
    spoken = with_event(files, "approval.given", in_body(statement_sha256="e" * 64))
    assert "does not say what its statement said" in said_of(packed(tmp_path / "spoken.zip", mended(spoken)))
    device.flags = 0x01
    unverified = packed(tmp_path / "touched.zip", mended(by_passkey(line, bundle, device)))
    assert "did not verify" in said_of(unverified)
