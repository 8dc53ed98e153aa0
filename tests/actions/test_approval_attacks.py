"""The attacks on approvals, by their numbers: real keys, a real chain, and a forger who may write into the ledger what he likes."""

import json
import os
import re
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from governance.actions.approve import approve
from governance.actions.promote import promote
from governance.adapters.ssh_signatures import SshSigner
from governance.errors import ConflictError, IntegrityError, RefusedError
from governance.policy import Policy, policy_changes, read_policy
from governance.ports.policy_history import Commit, Commits, NoCommits
from governance.release import kinds
from governance.release.approval_statement import Statement
from governance.release.ledger import follow
from governance.section import read_section
from tests.actions.chamber import Chamber


@pytest.fixture
def chamber(tmp_path: Path, people: dict[str, Path]) -> Chamber:
    return Chamber(tmp_path, people)


class Signing:
    """Signs with the real program in whatever way an attacker wants it."""

    def __init__(self, key: Path, *options: str, namespace: str = "heirloom") -> None:
        self.key, self.options, self.namespace = key, options, namespace

    def fingerprint(self) -> str:
        return SshSigner(key=self.key).fingerprint()

    def sign(self, content: bytes) -> str:
        words = ["ssh-keygen", "-Y", "sign", "-f", str(self.key), "-n", self.namespace, *self.options]
        return subprocess.run(words, input=content, capture_output=True, check=True).stdout.decode("ascii")


class History:
    """A PolicyHistory of one commit."""

    def __init__(self, *names: str, text: str = "") -> None:
        self.names, self.text = names, text

    def commits(self) -> Commits | NoCommits:
        return Commits(found=iter([Commit(name="4f2d91c0", author=self.names[0], names=self.names, text=self.text)]))


LINE = '[line]\nmodel = "student"\nenvironment = "staging"\n[promotion]\nmode = "review"\n'


def committed(chamber: Chamber, *names: str) -> dict[str, Any]:
    """A chamber whose policy was committed by somebody; what its terms have to say of the policy."""
    chamber.world.policy_history = History(*names, text=LINE)
    digest = read_section(Policy, {"line": {"model": "student", "environment": "staging"}, "promotion": {"mode": "review"}}, "x").digest
    version = chamber.world.add("three", review_for="engineer-a", policy_sha256=digest)
    return {"version": version, "held_to": chamber.terms(policy_sha256=digest)}


# A13: the policy is edited between evidence and approval, or between approval and promotion


def test_a13_a_policy_edited_before_the_approval_or_after_it_lets_nothing_pass_and_says_what_changed(chamber: Chamber) -> None:
    before, after = ({"promotion": {"mode": "review", "approvals": n}, "gates": {"tail": 1.05}} for n in (2, 1))
    edited = chamber.terms(policy_sha256="f" * 64, changes=lambda _: policy_changes(before, after))
    with pytest.raises(RefusedError, match=r"was judged under .* \(changed: promotion.approvals 2 -> 1\)"):
        chamber.approve("reviewer-a", held_to=edited)
    chamber.approve("reviewer-a")
    with pytest.raises(RefusedError, match=r"changed: promotion.approvals 2 -> 1(.|\n)*cannot move to another one"):
        chamber.promote(held_to=edited)
    assert chamber.world.state().champion == 1


# A15: who may not approve, by identity and not by key


def test_a15_who_asked_committed_or_labelled_most_may_not_approve_and_the_others_are_named(tmp_path: Path, people: dict[str, Path]) -> None:
    chamber = Chamber(tmp_path, people, labellers={"steward-a": 5, "reviewer-b": 4})
    with pytest.raises(
        RefusedError, match=r"engineer-a asked for version 2(.|\n)*reviewer-a, reviewer-b \(policy promotion.exclude_requester"
    ):
        chamber.approve("engineer-a")
    with pytest.raises(RefusedError, match="steward-a labelled 5 of its 9 relabelled rows"):
        chamber.approve("steward-a")
    assert chamber.approve("reviewer-b").missing == 0
    asked = committed(chamber, "Reviewer A", "REVIEWER-A", "reviewer-a@house.example")
    with pytest.raises(RefusedError, match="reviewer-a committed the policy"):
        chamber.approve("reviewer-a", **asked)
    assert chamber.approve("reviewer-b", **asked).missing == 0


def test_a15_of_two_who_labelled_as_many_rows_neither_may_approve(tmp_path: Path, people: dict[str, Path]) -> None:
    chamber = Chamber(tmp_path, people, labellers={"steward-a": 3, "reviewer-b": 3, "engineer-a": 1})
    for name in ("steward-a", "reviewer-b"):
        with pytest.raises(RefusedError, match=f"{name} labelled 3 of its 7"):
            chamber.approve(name)


def test_a15_who_committed_the_policy_after_approving_does_not_count_at_promotion(chamber: Chamber) -> None:
    asked = committed(chamber, "Platform A")
    chamber.approve("reviewer-a", **asked)
    assert chamber.world.state().releases[3].approvals[0].policy_committer == "Platform A, 4f2d91c"
    chamber.world.policy_history = History("Reviewer A", "reviewer-a", text=LINE)
    waiting = chamber.promote(3, asked["held_to"])
    assert (waiting.changed, waiting.missing) == (False, 1)
    assert "Reviewer A committed the policy" in waiting.doubts[0]


def test_a15_a_forged_yes_of_the_requester_with_the_requesters_own_key_counts_for_nothing(chamber: Chamber) -> None:
    loose = chamber.terms(exclude_requester=False)
    chamber.approve("engineer-a", held_to=loose)
    assert chamber.doubts(held_to=loose) == [""]
    assert chamber.doubts() == ["engineer-a asked for version 2 (promotion.exclude_requester)"]


def test_a15_one_person_with_two_keys_is_one_person(chamber: Chamber) -> None:
    allow_both = [("reviewer-a", chamber.people["reviewer-a"]), ("reviewer-a", chamber.people["reviewer-a-2"])]
    chamber.allowed.write_text("".join(f"{name} {key.with_name(f'{key.name}.pub').read_text()}" for name, key in allow_both))
    two = chamber.terms(approvals=2)
    first = chamber.approve("reviewer-a", held_to=two)
    again = chamber.approve("reviewer-a", key="reviewer-a-2", held_to=two)
    assert (again.changed, again.missing, again.seq) == (False, 1, first.seq)
    body = chamber.world.ledger.kept[-1].body
    statement = replace(_statement(chamber), seq=chamber.world.state().seq, head=chamber.world.state().head)
    second = SshSigner(key=chamber.people["reviewer-a-2"])
    forged = {**body, "signature": second.sign(statement.signed), "key": second.fingerprint(), "statement_sha256": statement.digest}
    chamber.forge(chamber.world.ledger.kept[-1], **forged)
    assert chamber.doubts(held_to=two) == ["", ""]
    assert chamber.promote(held_to=two).missing == 1


def test_a15_a_key_that_two_names_share_speaks_for_neither(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    chamber.allow("reviewer-a", **{"reviewer-b": "reviewer-a"})
    assert ["is listed for reviewer-a, reviewer-b and not for reviewer-a alone" in doubt for doubt in chamber.doubts()] == [True]
    with pytest.raises(RefusedError, match="is listed for reviewer-a, reviewer-b"):
        chamber.approve("reviewer-b", key="reviewer-a")


def test_a15_an_approver_who_was_taken_off_the_list_before_the_promotion_does_not_count(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    chamber.allow("reviewer-b")
    waiting = chamber.promote()
    assert (waiting.changed, waiting.missing) == (False, 1)
    assert "is not among the allowed signers" in waiting.doubts[0]
    chamber.allow(**{'reviewer-a valid-before="20270101Z"': "reviewer-a"})
    assert chamber.promote().changed


def test_a15_a_key_that_was_retired_before_the_event_signs_nothing_although_its_clock_says_otherwise(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    chamber.allow(**{'reviewer-a valid-before="20261119Z"': "reviewer-a"})
    assert chamber.doubts() != [""]


def test_a15_a_key_that_is_retired_after_the_event_did_sign(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    chamber.allow(**{'reviewer-a valid-before="20261122Z"': "reviewer-a"})
    chamber.world.clock.at += timedelta(days=3)
    assert chamber.doubts() == [""]


# A16: an approval is used again for something else


def _statement(chamber: Chamber) -> Statement:
    found = Statement.of(chamber.world.state().releases[2].approvals[0], 2)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"model": "other"}, "the line other, and this is student"),
        ({"environment": "production"}, "the environment production, and this is staging"),
        ({"checkpoint": "c" * 64}, "the model cccccccccccc"),
        ({"decision_sha256": "d" * 64}, "the evidence dddddddddddd"),
        ({"policy_sha256": "e" * 64}, "the policy eeeeeeeeeeee"),
        ({"cycle_digest": "f" * 64}, "the cycle ffffffffffff"),
        ({"expected_champion": None}, "to replace no champion, and now release 1 serves"),
        ({"not_after": "2027-11-27T00:00:00Z"}, "longer than 7 days"),
        ({"reason": "I never read them"}, "not what its statement said"),
        ({"policy_committer": "nobody"}, "not what its statement said"),
        ({"key": "SHA256:of-somebody-else"}, "it names the key SHA256:of-somebody-else, and SHA256:"),
    ],
)
def test_a16_a_field_changed_in_a_recorded_approval_is_found(chamber: Chamber, changes: Mapping[str, Any], said: str) -> None:
    chamber.approve("reviewer-a")
    assert chamber.doubts() == [""]
    chamber.replaced(**changes)
    assert [said in doubt for doubt in chamber.doubts()] == [True], chamber.doubts()


@pytest.mark.parametrize("field", ["reason", "policy_committer", "not_after"])
def test_a16_a_changed_field_with_the_digest_of_its_new_statement_is_not_what_was_signed(chamber: Chamber, field: str) -> None:
    chamber.approve("reviewer-a")
    changed = {field: "2026-11-21T00:00:00Z" if field == "not_after" else "other"}
    chamber.replaced(**changed)
    chamber.replaced(**changed, statement_sha256=_statement(chamber).digest)
    assert ["incorrect signature" in doubt for doubt in chamber.doubts()] == [True]


def test_a16_an_approval_that_is_written_into_the_ledger_again_is_not_the_one_that_was_signed(chamber: Chamber) -> None:
    two = chamber.terms(approvals=2)
    chamber.approve("reviewer-a", held_to=two)
    event = chamber.world.ledger.kept[-1]
    chamber.forge(event)
    chamber.forge(event, statement_sha256=replace(_statement(chamber), seq=event.seq, head=event.digest).digest)
    assert chamber.doubts(held_to=two)[0] == ""
    assert ["not what its statement said" in doubt or "incorrect signature" in doubt for doubt in chamber.doubts(held_to=two)[1:]] == [
        True,
        True,
    ]


def test_a16_an_approval_of_one_version_does_not_speak_for_another(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    event = chamber.world.ledger.kept[-1]
    other = chamber.world.add("three", review_for="engineer-a")
    chamber.forge(event, version=other)
    release = chamber.world.state().releases[other]
    facts = {"checkpoint": release.checkpoint, "decision_sha256": release.decision_sha256, "cycle_digest": release.cycle_digest}
    chamber.forge(event, version=other, **facts)
    assert ["given for the model" in doubt or "its statement said" in doubt for doubt in chamber.doubts(other)] == [True, True]
    assert chamber.promote(other).missing == 1


def test_a16_an_approval_over_another_history_does_not_count_in_this_one(tmp_path: Path, people: dict[str, Path]) -> None:
    """The same line, version and digests in a second ledger, in which somebody else asked."""
    there, here = Chamber(tmp_path / "there", people), Chamber(tmp_path / "here", people)
    here.world.desk("mallory").ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "another history"})
    there.approve("reviewer-a")
    here.forge(there.world.ledger.kept[-1])
    assert ["not what its statement said" in doubt for doubt in here.doubts()] == [True]


def test_a16_an_approval_ends_to_the_second_and_a_clock_that_is_set_back_revives_nothing(chamber: Chamber) -> None:
    end = datetime.fromisoformat(chamber.approve("reviewer-a").not_after)
    chamber.world.clock.step = timedelta(0)
    chamber.world.clock.at = end
    assert chamber.doubts() == [""]
    chamber.world.clock.at = end + timedelta(seconds=1)
    assert ["was valid until 2026-11-27" in doubt for doubt in chamber.doubts()] == [True]
    assert chamber.promote().missing == 1
    chamber.world.desk("engineer-b").ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "after the end"})
    chamber.world.clock.at = end - timedelta(days=2)
    assert ["was valid until" in doubt for doubt in chamber.doubts()] == [True]
    assert chamber.approve("reviewer-a").changed
    assert chamber.promote().changed


def test_a16_a_yes_from_the_future_does_not_count_before_clocks_agree(chamber: Chamber) -> None:
    chamber.approve("reviewer-a")
    given = datetime.fromisoformat(chamber.world.ledger.kept[-1].at)
    chamber.world.clock.step = timedelta(0)
    chamber.world.clock.at = given - timedelta(seconds=5)
    assert chamber.doubts() == [""]
    chamber.world.clock.at = given - timedelta(seconds=6)
    assert ["the clocks differ by more than 5 s" in doubt for doubt in chamber.doubts()] == [True]
    chamber.world.clock.at = given - timedelta(hours=2)
    assert chamber.promote().missing == 1


def test_a16_one_event_from_a_broken_clock_stops_no_later_approval(chamber: Chamber) -> None:
    true, chamber.world.clock.at = chamber.world.clock.at, datetime(2099, 1, 1, tzinfo=UTC)
    chamber.world.desk("mallory").ledger.record(kinds.NOTE_ADDED, {"about": 1, "text": "from far away"})
    chamber.world.clock.at = true
    chamber.approve("reviewer-a")
    assert chamber.promote().changed


def test_a16_a_backdated_event_is_found_by_the_end_that_was_signed(chamber: Chamber) -> None:
    """A retired key cannot be made to have signed earlier than it did by an event that says so."""
    chamber.approve("reviewer-a")
    last = chamber.world.ledger.kept.pop()
    at = (datetime.fromisoformat(last.at) - timedelta(minutes=5)).isoformat(timespec="seconds")
    chamber.world.ledger.kept.append(follow(chamber.world.ledger.kept[-1], kind=last.kind, actor=last.actor, at=at, body=last.body))
    assert ["hold longer than 7 days" in doubt for doubt in chamber.doubts()] == [True]


def test_a16_an_approval_that_ends_while_the_bytes_are_hashed_is_not_used(chamber: Chamber) -> None:
    end = datetime.fromisoformat(chamber.approve("reviewer-a").not_after)

    def slow(step: str) -> None:
        if step == "promote.verified":
            chamber.world.clock.at = end

    chamber.world.clock.at = end - timedelta(minutes=1)
    with pytest.raises(ConflictError, match="has lost an approval"):
        promote(chamber.world.desk(steps=slow), 2, chamber.terms())
    assert chamber.world.state().champion == 1


# A17: another namespace, another hash, malleated JSON


def test_a17_a_signature_in_another_namespace_is_none(chamber: Chamber) -> None:
    signer = Signing(chamber.people["reviewer-a"], namespace="git")
    with pytest.raises(RefusedError, match="the signature does not show that reviewer-a approves"):
        approve(chamber.world.desk("reviewer-a"), 2, "yes", chamber.terms(), signer)
    assert kinds.APPROVAL_GIVEN not in chamber.world.ledger.kinds()


def test_a17_another_hash_of_the_same_statement_is_the_same_word(chamber: Chamber) -> None:
    """SSHSIG signs over SHA-512 or SHA-256 and says in the signature which: either is over the whole statement."""
    approve(chamber.world.desk("reviewer-a"), 2, "yes", chamber.terms(), Signing(chamber.people["reviewer-a"], "-O", "hashalg=sha256"))
    assert chamber.doubts() == [""]
    chamber.replaced(reason="other", statement_sha256=replace(_statement(chamber), reason="other").digest)
    assert ["incorrect signature" in doubt for doubt in chamber.doubts()] == [True]


def twice(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version":9,"version":2')


def floating(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version":2.0')


def exponent(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version":2e0')


def spaced(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version": 2')


def ended(content: bytes) -> bytes:
    return content + b"\n"


def reordered(content: bytes) -> bytes:
    return json.dumps(dict(reversed(json.loads(content).items())), separators=(",", ":"), ensure_ascii=False).encode()


def escaped(content: bytes) -> bytes:
    return content.replace(b'"model":"student"', b'"model":"\\u0073tudent"')


def more(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version":2,"zeal":1')


def less(content: bytes) -> bytes:
    return content.replace(b'"version":2,', b"").replace(b',"version":2', b"")


def true(content: bytes) -> bytes:
    return content.replace(b'"version":2', b'"version":true')


def true_place(content: bytes) -> bytes:
    return re.sub(rb'"seq":\d+', b'"seq":true', content)


def truncated(content: bytes) -> bytes:
    return content[:-1]


def two_subjects(content: bytes) -> bytes:
    document = json.loads(content)
    document["subject"].append({"name": "other/3", "digest": {"sha256": "c" * 64}})
    return json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()


def maybe(content: bytes) -> bytes:
    return content.replace(b'"PASSED"', b'"passed"')


MALLEATIONS = (twice, floating, exponent, spaced, ended, reordered, escaped, more, less, true, true_place, truncated, two_subjects, maybe)


@pytest.mark.parametrize("malleated", MALLEATIONS)
def test_a17_malleated_json_is_no_statement(chamber: Chamber, malleated: Callable[[bytes], bytes]) -> None:
    chamber.approve("reviewer-a")
    content = _statement(chamber).content
    assert Statement.read(content) == _statement(chamber)
    assert malleated(content) != content
    said = r"the key 'version' stands twice" if malleated is twice else r"is no statement|not in the form that was signed"
    with pytest.raises(IntegrityError, match=said):
        Statement.read(malleated(content))


# A21: the environment or a flag tries to loosen the policy


def test_a21_nothing_but_the_policy_says_whose_yes_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.toml").write_text(LINE)
    monkeypatch.chdir(tmp_path)
    assert main(["promote", "2", "--force"]) == 2
    assert main(["approve", "2", "--unsigned"]) == 2
    for name, value in (("SIGNED", "optional"), ("APPROVALS", "0"), ("EXCLUDE_REQUESTER", "false")):
        monkeypatch.setenv(f"HEIRLOOM_POLICY__PROMOTION__{name}", value)
        assert main(["approve", "2", "--yes"]) == 2
        assert "the environment cannot change the policy" in capsys.readouterr().err
        monkeypatch.delenv(f"HEIRLOOM_POLICY__PROMOTION__{name}")
    for environment in ("staging", "production"):
        (tmp_path / "policy.toml").write_text(LINE.replace("staging", environment) + 'signed = "optional"\n')
        with pytest.raises(Exception, match=f"promotion.signed: optional, and in {environment} only signed approvals count"):
            read_policy(tmp_path / "policy.toml")
    assert not (tmp_path / ".heirloom").exists()


# A27: a stolen CI token may request and label, and not approve


def test_a27_a_runner_without_a_persons_key_approves_nothing_under_whatever_name(chamber: Chamber) -> None:
    runner = SshSigner(key=chamber.people["ci"])
    for name in ("ci", "reviewer-a"):
        with pytest.raises(RefusedError, match="not signed do not count"):
            approve(chamber.world.desk(name), 2, "from the runner", chamber.terms())
        with pytest.raises(RefusedError, match="is not among the allowed signers"):
            approve(chamber.world.desk(name), 2, "from the runner", chamber.terms(), runner)
    chamber.forge(_event(chamber))
    assert chamber.promote().missing == 1


def test_a27_a_runner_whose_own_key_is_listed_is_still_no_approver(chamber: Chamber) -> None:
    """A runner that labels has a line of its own; the policy names who approves."""
    chamber.allow("ci", "reviewer-a")
    people = chamber.terms(approvers=("reviewer-a", "reviewer-b"))
    with pytest.raises(RefusedError, match=r"ci is no approver(.|\n)*reviewer-a, reviewer-b \(policy promotion.approvers"):
        chamber.approve("ci", held_to=people)
    chamber.approve("ci")
    assert chamber.doubts(held_to=people) == ["ci is not among promotion.approvers"]
    assert chamber.approve("reviewer-a", held_to=people).missing == 0


def _event(chamber: Chamber) -> Any:
    """An approval by name, as a stolen token could write it under a reviewer's name."""
    body = {**dict.fromkeys(kinds.BODIES[kinds.APPROVAL_GIVEN]), "version": 2, "signature": "", "key": "", "statement_sha256": ""}
    release = chamber.world.state().releases[2]
    facts = {"checkpoint": release.checkpoint, "decision_sha256": release.decision_sha256, "policy_sha256": release.policy_sha256}
    head = chamber.world.ledger.kept[-1]
    return follow(
        head, kind=kinds.APPROVAL_GIVEN, actor="reviewer-a", at=head.at, body={**body, **facts, "expected_champion": 1, "reason": ""}
    )


def test_a27_a_private_key_in_the_workspace_is_refused(
    tmp_path: Path, people: dict[str, Path], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "policy.toml").write_text(LINE)
    (tmp_path / "key").write_bytes(people["ci"].read_bytes())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "HEIRLOOM_SIGNING_KEY", str(tmp_path / "key"))
    assert main(["approve", "2", "--yes"]) == 2
    assert "lies in the workspace" in capsys.readouterr().err
