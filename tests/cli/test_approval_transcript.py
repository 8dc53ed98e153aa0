"""What a reviewer sees at a terminal: what is signed, the question, the promotion, and each refusal in words."""

import io
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from cli.approvals import poll_document, poll_lines, waiting_lines
from cli.commands.approve import approval
from cli.commands.promote import promotion_lines
from cli.outcome import say
from governance.actions.hearing import poll
from governance.adapters.ssh_signatures import SshSigner
from governance.errors import RefusedError, UsageError
from governance.release.terms import Terms
from tests.actions.chamber import Chamber
from tests.keys import make_key


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("people")
    return {name: make_key(folder / name) for name in ("reviewer-a", "reviewer-b", "engineer-a", "steward-a")}


@pytest.fixture
def chamber(tmp_path: Path, people: Mapping[str, Path]) -> Chamber:
    return Chamber(tmp_path, people, labellers={"steward-a": 9, "reviewer-b": 5})


class Terminal(io.StringIO):
    """A person at a keyboard."""

    def isatty(self) -> bool:
        return True


class Reviewer:
    """Somebody who types `heirloom approve` and answers."""

    def __init__(self, chamber: Chamber, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.chamber, self.monkeypatch, self.capsys = chamber, monkeypatch, capsys

    def approves(self, name: str, answer: str = "y\n", held_to: Terms | None = None) -> tuple[int, str]:
        self.monkeypatch.setattr("sys.stdin", Terminal(answer))
        signer = SshSigner(key=self.chamber.people[name])
        desk = self.chamber.world.desk(name)
        asked = "Read 20 blind pairs, regional voice is back"
        code = say(approval(desk, 2, asked, held_to or self.chamber.terms(), signer, yes=False), as_json=False)
        seen = self.capsys.readouterr()
        return code, seen.err + seen.out


@pytest.fixture
def reviewer(chamber: Chamber, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Reviewer:
    return Reviewer(chamber, monkeypatch, capsys)


def short(digest: str) -> str:
    return f"sha256:{digest[:8]}..{digest[-4:]}"


def test_the_reviewer_sees_what_is_signed_answers_yes_and_the_candidate_serves(chamber: Chamber, reviewer: Reviewer) -> None:
    key = SshSigner(key=chamber.people["reviewer-a"]).fingerprint()
    code, seen = reviewer.approves("reviewer-a")
    release = chamber.world.state().releases[2]
    end = release.approvals[0].not_after
    assert end is not None
    assert code == 0
    *lines, promoted, rehearsed = seen.splitlines()
    assert lines == [
        f"You approve, as reviewer-a (ssh key {key}):",
        f"  model     student/2  {short(release.checkpoint)}    evidence {short(release.decision_sha256)}"
        f"    policy {short(release.policy_sha256)}",
        f"  trained   cycle {short(release.cycle_digest)}    for staging    policy committer not known: policy.toml is in no git checkout",
        f"  replaces  student/1 (refused if another champion is in place)    valid until {end.replace('T', ' ')}",
        "  because   Read 20 blind pairs, regional voice is back",
        "Sign? [y/N] Approved by reviewer-a, ledger 7. 1 of 1 approvals.",
    ]
    seq = chamber.world.ledger.kept[-1].seq
    assert promoted == f"Champion 1 -> 2, read back; 2 files verified; approved by reviewer-a; ledger {seq}."
    assert rehearsed.startswith(" The way back was rehearsed first: release 1")


@pytest.mark.parametrize("answer", ["\n", "n\n", "", "yes please\n"])
def test_whatever_is_not_a_yes_signs_nothing(chamber: Chamber, reviewer: Reviewer, answer: str) -> None:
    with pytest.raises(KeyboardInterrupt):
        reviewer.approves("reviewer-a", answer)
    assert chamber.world.state().releases[2].approvals == ()


def test_without_a_person_at_the_terminal_somebody_has_to_say_yes(chamber: Chamber, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("y\n"))
    desk, signer = chamber.world.desk("reviewer-a"), SshSigner(key=chamber.people["reviewer-a"])
    with pytest.raises(UsageError, match="heirloom approve 2 --yes"):
        approval(desk, 2, "read", chamber.terms(), signer, yes=False)
    assert approval(desk, 2, "read", chamber.terms(), signer, yes=True).code == 0


def test_the_requester_is_refused_before_anything_is_asked_and_the_others_are_named(chamber: Chamber, reviewer: Reviewer) -> None:
    with pytest.raises(RefusedError) as refused:
        reviewer.approves("engineer-a")
    assert refused.value.message().splitlines() == [
        "engineer-a asked for version 2 and may not approve it",
        "expected: reviewer-a, reviewer-b (policy promotion.exclude_requester)",
    ]


def test_an_edited_policy_is_refused_with_what_changed_and_by_whom(chamber: Chamber, reviewer: Reviewer) -> None:
    words = "gates.tail_perplexity.step_percent 5.0 -> 20.0, by engineer-a, 4f2e0aa"
    edited = replace(chamber.terms(), policy_sha256="f03a" + "1" * 60, changes=lambda _: words)
    with pytest.raises(RefusedError) as refused:
        reviewer.approves("reviewer-a", held_to=edited)
    judged = chamber.world.state().releases[2].policy_sha256[:12]
    assert refused.value.message().splitlines() == [
        f"the policy is f03a11111111, version 2 was judged under {judged} (changed: {words})",
        "expected: the policy that the evidence was judged under: an approval cannot move to another one",
        "fix: heirloom retrain judges under the policy of today; or put the policy back",
    ]


def test_review_status_and_promote_show_every_yes_with_what_it_is_worth(chamber: Chamber, reviewer: Reviewer) -> None:
    two = chamber.terms(approvals=2)
    code, seen = reviewer.approves("reviewer-a", held_to=two)
    assert (code, seen.splitlines()[-1]) == (7, "Sign? [y/N] Approved by reviewer-a, ledger 7. 1 of 2 approvals.")
    chamber.approve("reviewer-b", held_to=two)
    chamber.allow("reviewer-a", "engineer-a", "steward-a")
    state = chamber.world.state()
    found = poll(chamber.world.desk(), state, state.releases[2], two)
    first, second = state.releases[2].approvals
    gone = f"does not count, its key {second.key} is not among the allowed signers"
    assert poll_lines(found) == [
        " Approvals: 1 of 2",
        f"   reviewer-a, ledger 7: counts until {first.not_after}",
        f"   reviewer-b, ledger 8: {gone}",
        " May approve: reviewer-a",
        " May not: engineer-a, who asked for version 2 (policy promotion.exclude_requester)",
        " May not: steward-a, who labelled 9 of its 14 relabelled rows (policy promotion.exclude majority_labeller)",
        " Who committed the policy is not known: policy.toml is in no git checkout: nobody is kept out by it",
    ]
    assert waiting_lines(2, found, 16) == [
        " waiting        version 2, 1 of 2 approvals: heirloom review 2",
        f"                reviewer-b, ledger 8: {gone}",
    ]
    assert [one["counts"] for one in poll_document(found)["approvals"]["given"]] == [True, False]
    lines, code = promotion_lines(chamber.promote(held_to=two))
    assert (code, lines) == (
        7,
        [
            "Version 2 waits for 1 approval(s) from reviewer-a. Not engineer-a, steward-a: engineer-a asked for version 2;"
            " steward-a labelled 9 of its 14 relabelled rows.",
            f" reviewer-b, ledger 8: {gone}",
        ],
    )


def test_where_the_policy_is_the_approver_nothing_is_said_of_approvals() -> None:
    assert poll_lines(None) == []
    assert waiting_lines(3, None, 16) == [" waiting        version 3: heirloom review 3"]
