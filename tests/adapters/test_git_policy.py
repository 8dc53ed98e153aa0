"""Real git: who brought in the policy in force, by every name of the commit, or why nobody can say."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from governance.actions.hearing import committer_of
from governance.adapters.git_policy import GitPolicy
from governance.policy import parse_policy
from governance.release.electorate import Committer

POLICY = '[line]\nmodel = "student"\n[promotion]\nvalid_days = {days}\n'


class Checkout:
    """A repository with policy.toml in a folder of it."""

    def __init__(self, root: Path) -> None:
        self.root, self.policy = root, root / "lines" / "student" / "policy.toml"
        self.policy.parent.mkdir(parents=True)
        self.git("init", "-q")

    def git(self, *words: str, author: str = "Ann Example <ann@house.example>", committer: str = "", at: Path | None = None) -> None:
        name, _, address = (committer or author).partition(" <")
        env = {"GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": address.rstrip(">"), "GIT_CONFIG_GLOBAL": os.devnull}
        name, _, address = author.partition(" <")
        env |= {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address.rstrip(">")}
        subprocess.run(["git", "-C", str(at or self.root), *words], check=True, capture_output=True, env={**os.environ, **env})

    def commit(self, author: str, *, days: int, comment: str = "", committer: str = "") -> None:
        self.policy.write_text(POLICY.format(days=days) + comment)
        self.git("add", "-A")
        self.git("commit", "-q", "-m", "policy", author=author, committer=committer)

    def committer(self, policy: Path | None = None) -> Committer:
        place = policy or self.policy
        return committer_of(GitPolicy(path=place), parse_policy(place.read_text(), "policy.toml").digest)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path / "repository")


def test_the_commit_that_brought_the_policy_in_names_its_author_and_committer(checkout: Checkout) -> None:
    checkout.commit("Old Hand <old@house.example>", days=3)
    checkout.commit("Platform A <platform-a@house.example>", days=5, committer="Merge Bot <12+merge-b@users.noreply.house.example>")
    found = checkout.committer()
    assert found.shown.startswith("Platform A, ")
    assert {"Platform A", "platform-a@house.example", "platform-a", "Merge Bot", "merge-b"} <= set(found.names)
    assert "old" not in found.names


def test_who_mends_a_comment_does_not_take_the_place_of_who_set_the_limits(checkout: Checkout) -> None:
    checkout.commit("Platform A <platform-a@house.example>", days=5)
    checkout.commit("Kind Soul <kind@house.example>", days=5, comment="# a comment\n")
    assert checkout.committer().shown.startswith("Platform A, ")


def test_whoever_puts_an_old_policy_back_has_committed_it(checkout: Checkout) -> None:
    checkout.commit("Platform A <platform-a@house.example>", days=5)
    checkout.commit("Engineer A <engineer-a@house.example>", days=6)
    checkout.commit("Engineer B <engineer-b@house.example>", days=5)
    assert checkout.committer().shown.startswith("Engineer B, ")


def test_a_mailmap_adds_a_name_and_takes_none_away(checkout: Checkout) -> None:
    checkout.commit("Ann Example <ann@house.example>", days=5)
    (checkout.root / ".mailmap").write_text("reviewer-a <reviewer-a@house.example> <ann@house.example>\n")
    found = checkout.committer()
    assert found.names[0] == "reviewer-a"
    assert {"Ann Example", "ann", "reviewer-a"} <= set(found.names)


def nothing(checkout: Checkout) -> Path:
    return checkout.policy


def uncommitted(checkout: Checkout) -> Path:
    checkout.commit("Ann Example <ann@house.example>", days=5)
    checkout.policy.write_text(POLICY.format(days=6))
    return checkout.policy


def outside(checkout: Checkout) -> Path:
    place = checkout.root.parent / "policy.toml"
    place.write_text(POLICY.format(days=5))
    return place


def shallow(checkout: Checkout) -> Path:
    checkout.commit("Ann Example <ann@house.example>", days=5)
    checkout.commit("Kind Soul <kind@house.example>", days=5, comment="# a comment\n")
    copy = checkout.root.parent / "copy"
    checkout.git("clone", "-q", "--depth", "1", checkout.root.as_uri(), str(copy))
    return copy / "lines" / "student" / "policy.toml"


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (nothing, "git says: fatal: your current branch|never committed"),
        (uncommitted, "is not as it was committed"),
        (outside, "is in no git checkout"),
        (shallow, "the checkout is shallow"),
    ],
)
def test_where_nobody_can_say_it_says_why(checkout: Checkout, made: Callable[[Checkout], Path], why: str) -> None:
    checkout.policy.write_text(POLICY.format(days=5))
    found = checkout.committer(made(checkout))
    assert found.names == ()
    assert any(part in found.shown for part in why.split("|")), found.shown


def test_a_shallow_checkout_that_goes_back_to_another_policy_knows(checkout: Checkout) -> None:
    checkout.commit("Old Hand <old@house.example>", days=3)
    checkout.commit("Older Hand <older@house.example>", days=4)
    checkout.commit("Platform A <platform-a@house.example>", days=5)
    copy = checkout.root.parent / "copy"
    checkout.git("clone", "-q", "--depth", "2", checkout.root.as_uri(), str(copy))
    assert checkout.committer(copy / "lines" / "student" / "policy.toml").shown.startswith("Platform A, ")


def test_without_git_it_is_not_known(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.commit("Ann Example <ann@house.example>", days=5)
    monkeypatch.setenv("PATH", str(checkout.root))
    assert checkout.committer().shown == "not known: git is not installed"


def test_the_environment_of_git_does_not_name_another_repository(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    checkout.commit("Ann Example <ann@house.example>", days=5)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    assert checkout.committer().shown.startswith("Ann Example, ")
