"""Promotion, approval and refusal in the simulated shop, where nothing goes wrong but people's wishes."""

import json

import pytest

from governance.actions.approve import approve, reject
from governance.actions.promote import STEPS, promote
from governance.actions.serving import read_pointer
from governance.errors import ConflictError, IntegrityError, RefusedError
from governance.release import kinds
from tests.world import POLICY, World, terms

REVIEW = {"mode": "review"}


@pytest.fixture
def world(tmp_path):
    """Release 1 serves; 2 waits and engineer-a asked for it."""
    shop = World(tmp_path)
    promote(shop.desk(), shop.add("one"), terms())
    shop.add("two", synthetic_tokens=100, depth=1, review_for="engineer-a")
    return shop


def test_a_promotion_moves_pointer_aliases_and_ledger_in_named_steps(world):
    passed = []
    done = promote(world.desk(steps=passed.append), 2, terms())
    assert (done.version, done.previous, done.changed, done.verified_files, done.approved_by) == (2, 1, True, 2, ("policy",))
    assert tuple(passed) == STEPS
    assert world.registry.shown == {"champion": 2, "pre-synthetic": 1}
    assert world.ledger.kept[-1].seq == done.seq
    assert world.ledger.kinds()[-2:] == [kinds.PROMOTION_INTENDED, kinds.PROMOTION_COMMITTED]


def test_the_pointer_names_version_folder_and_digest_from_the_root_of_the_workspace(world):
    promote(world.desk(), 2, terms())
    digest = world.state().releases[2].checkpoint
    assert json.loads(world.pointer.read_text()) == {
        "schema": "heirloom/serving/1",
        "version": 2,
        "path": f"models/{digest[:16]}",
        "digest": digest,
    }


def test_promoting_the_champion_again_changes_nothing(world):
    promote(world.desk(), 2, terms())
    before = list(world.ledger.kept)
    assert not promote(world.desk(), 2, terms()).changed
    assert world.ledger.kept == before


def test_a_human_only_release_becomes_pre_synthetic_with_its_promotion(world):
    world.add("three")
    promote(world.desk(), 3, terms())
    assert world.registry.shown["pre-synthetic"] == 3


def test_an_altered_checkpoint_is_not_promoted_and_nothing_moves(world):
    world.alter(2)
    before = list(world.ledger.kept)
    with pytest.raises(IntegrityError, match=r"model\.safetensors"):
        promote(world.desk(), 2, terms())
    assert world.ledger.kept == before
    assert world.registry.shown["champion"] == 1


def test_review_waits_then_promotes_on_the_word_of_another_person(world):
    waiting = promote(world.desk(), 2, terms(**REVIEW))
    assert (waiting.changed, waiting.missing, waiting.excluded) == (False, 1, ("engineer-a",))
    assert read_pointer(world.pointer).version == 1
    said = approve(world.desk("reviewer-a"), 2, "read 20 pairs", terms(**REVIEW))
    assert (said.changed, said.missing, said.by) == (True, 0, "reviewer-a")
    done = promote(world.desk(), 2, terms(**REVIEW))
    assert (done.changed, done.approved_by) == (True, ("reviewer-a",))


def test_approving_twice_is_one_approval(world):
    approve(world.desk("reviewer-a"), 2, "yes", terms(**REVIEW))
    again = approve(world.desk("Reviewer-A"), 2, "yes", terms(mode="review", approvals=2))
    assert (again.changed, again.missing) == (False, 1)
    assert world.ledger.kinds().count(kinds.APPROVAL_GIVEN) == 1


def test_who_asked_may_not_approve(world):
    with pytest.raises(RefusedError, match="engineer-a asked for version 2"):
        approve(world.desk("engineer-a"), 2, "mine", terms(**REVIEW))


def test_nobody_is_asked_where_the_policy_is_the_approver(world):
    with pytest.raises(RefusedError, match="without people"):
        approve(world.desk("reviewer-a"), 2, "yes", terms())


def test_an_approval_is_spent_when_another_champion_comes(world):
    approve(world.desk("reviewer-a"), 2, "yes", terms(**REVIEW))
    world.add("three")
    promote(world.desk(), 3, terms())
    with pytest.raises(ConflictError, match="now release 3 serves"):
        promote(world.desk(), 2, terms(**REVIEW))


def test_an_approval_does_not_move_to_another_policy(world):
    approve(world.desk("reviewer-a"), 2, "yes", terms(**REVIEW))
    with pytest.raises(RefusedError, match="cannot move"):
        promote(world.desk(), 2, terms(policy_sha256="f" * 64, **REVIEW))
    assert world.state().releases[2].policy_sha256 == POLICY


def test_a_rejected_candidate_is_shown_as_refused_and_stays_so(world):
    approve(world.desk("reviewer-a"), 2, "yes", terms(**REVIEW))
    assert reject(world.desk("reviewer-b"), 2, "regional voice is gone").changed
    assert not reject(world.desk("reviewer-b"), 2, "again").changed
    assert world.registry.shown == {"champion": 1, "pre-synthetic": 1, "refused": 2}
    for act in (lambda: promote(world.desk(), 2, terms(**REVIEW)), lambda: approve(world.desk("reviewer-c"), 2, "yes", terms(**REVIEW))):
        with pytest.raises(RefusedError, match="was refused by reviewer-b"):
            act()


def test_a_rejection_is_on_record_although_the_registry_is_down(world):
    world.registry.down = True
    said = reject(world.desk("reviewer-b"), 2, "no")
    assert (said.changed, said.degraded) == (True, True)
    assert world.state().releases[2].refused_by == "reviewer-b"


def test_the_champion_cannot_be_rejected(world):
    with pytest.raises(RefusedError, match="promoted already"):
        reject(world.desk("reviewer-b"), 1, "late")
    with pytest.raises(RefusedError, match="not registered"):
        reject(world.desk("reviewer-b"), 9, "who")
