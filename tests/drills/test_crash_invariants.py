"""Each invariant of the crash drill is seen to fail on a state in which it is broken, and to hold where nothing is."""

from dataclasses import replace

import pytest

from governance.actions.serving import Pointer
from governance.drills.crash import CrashDrill, Kill, Killed, kills_at_random, kills_at_steps
from governance.drills.invariants import Broken, Decision, Seen, broken_at_once, broken_when_settled
from governance.drills.sight import lively_pages
from governance.release import kinds
from governance.release.ledger import follow

RELEASES = (1, 2, 3)
HEAD = """<meta http-equiv="Content-Security-Policy" content="default-src 'none'; img-src data:">"""


def grown(events, *more):
    found = list(events)
    for kind, body in more:
        head = found[-1] if found else None
        found.append(follow(head, kind=kind, actor="engineer-a", at=f"2026-11-20T00:00:{len(found):02d}+00:00", body=body))
    return tuple(found)


def registered(version, verdict="pass", cycle=None):
    body = {
        "version": version,
        "cycle": version,
        "cycle_digest": cycle or f"cycle-{version}",
        "checkpoint": f"bytes-{version}",
        "verdict": verdict,
        "decision_sha256": f"decision-{version}",
        "policy_sha256": "policy",
        "kind": "retraining",
        "synthetic_tokens": 0,
        "total_tokens": 1000,
        "depth": 0,
        "worst_shard_synthetic": 0,
        "worst_shard_total": 100,
        "run_url": "run",
    }
    return kinds.CANDIDATE_REGISTERED, body


def intended(version, left, approved=("policy",), checkpoint=None):
    body = {"version": version, "from": left, "checkpoint": checkpoint or f"bytes-{version}", "approved_by": list(approved)}
    return kinds.PROMOTION_INTENDED, {**body, "approvals": [], "policy_committer": ""}


def committed(version, left):
    return kinds.PROMOTION_COMMITTED, {"version": version, "from": left, "approved_by": ["policy"]}


BEFORE = grown((), registered(1), intended(1, None), committed(1, None), registered(2), intended(2, 1), committed(2, 1), registered(3))
DONE = grown(BEFORE, intended(3, 2), committed(3, 2))


def seen(events, serves, **changes):
    """A line in which everything holds, but for these changes."""
    decisions = {version: Decision(sha256=f"decision-{version}", verdict="pass", checkpoint=f"bytes-{version}") for version in RELEASES}
    whole = Seen(
        events=events,
        aliases={"champion": serves, "pre-synthetic": 3 if serves == 3 else 2, **({} if serves == 3 else {"candidate": 3})},
        pointer=Pointer(version=serves, path="models/x", digest=f"bytes-{serves}"),
        decisions=decisions,
        around=frozenset({"home/.cache"}),
    )
    return replace(whole, **changes)


KILLED_BEFORE = seen(BEFORE, 2)
HALF = grown(BEFORE, intended(3, 2))


def names(broken):
    return {one.invariant for one in broken}


@pytest.mark.parametrize(("events", "serves"), [(BEFORE, 2), (DONE, 3)])
def test_nothing_is_broken_in_a_line_that_is_whole(events, serves):
    assert broken_when_settled(KILLED_BEFORE, seen(events, serves)) == ()


@pytest.mark.parametrize("serves", [2, 3])
def test_between_intent_and_commit_either_version_may_serve_but_not_once_recovery_has_ended(serves):
    assert broken_at_once(KILLED_BEFORE, seen(HALF, serves)) == ()
    assert "ended" in names(broken_when_settled(KILLED_BEFORE, seen(HALF, serves)))


def test_what_an_open_rollback_leaves_may_serve_until_recovery_has_ended_and_not_longer():
    cancelled = kinds.PROMOTION_ABANDONED, {"version": 3, "reason": "cancelled by the rollback"}
    events = grown(HALF, (kinds.ROLLBACK_INTENDED, {"version": 2, "from": 3, "reason": "night"}), cancelled)
    assert broken_at_once(KILLED_BEFORE, seen(events, 3)) == ()
    assert {"I1", "ended"} == names(broken_when_settled(KILLED_BEFORE, seen(events, 3)))
    ended = grown(events, (kinds.ROLLBACK_COMMITTED, {"version": 2, "from": 3, "reason": "night", "degraded": False}))
    assert "I1" in names(broken_at_once(KILLED_BEFORE, seen(ended, 3)))


def test_before_the_intent_no_other_version_may_serve():
    assert names(broken_at_once(KILLED_BEFORE, seen(BEFORE, 3))) == {"I1"}


def other(**changes):
    return {3: replace(seen(DONE, 3).decisions[3], **changes)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pointer": None}, "nothing serves, the ledger says version 3"),
        ({"pointer": Pointer(version=3, path="models/x", digest="bytes-2")}, "bytes bytes-2 serve"),
        ({"aliases": {"champion": 2, "pre-synthetic": 3}}, "the registry shows version 2 as champion"),
        ({"aliases": {}}, "the registry shows nothing as champion"),
        ({"decisions": {}}, "no decision about it is kept"),
        ({"decisions": other(sha256="decision-x")}, "its kept decision is another one"),
        ({"decisions": other(verdict="block")}, "did not pass"),
        ({"decisions": other(checkpoint="bytes-2")}, "is about other bytes"),
        ({"untrue": {"bytes-3": "model.safetensors differs"}}, "its bytes are not true: model.safetensors differs"),
        ({"events": grown(BEFORE, intended(3, 2, approved=()), committed(3, 2))}, "nobody approved these bytes"),
        ({"events": grown(BEFORE, intended(3, 2, checkpoint="bytes-2"), committed(3, 2))}, "nobody approved these bytes"),
        ({"events": grown(BEFORE[:-1], registered(3, verdict="block"), intended(3, 2), committed(3, 2))}, "its verdict is block"),
    ],
)
def test_who_serves_without_a_right_to_is_named(changes, said):
    before = KILLED_BEFORE if "events" not in changes else replace(KILLED_BEFORE, events=changes["events"][:-2])
    found = broken_at_once(before, replace(seen(DONE, 3), **changes))
    assert names(found) == {"I1"}
    assert said in "\n".join(one.found for one in found)


def test_an_alias_left_over_is_found_once_recovery_has_ended():
    left = seen(DONE, 3, aliases={"champion": 3, "pre-synthetic": 3, "candidate": 3})
    assert broken_at_once(KILLED_BEFORE, left) == ()
    assert names(broken_when_settled(KILLED_BEFORE, left)) == {"I1"}


@pytest.mark.parametrize(
    "events",
    [
        (),
        BEFORE[:-1],
        grown(BEFORE[:-1], registered(3, cycle="another")),
        (*BEFORE[:2], replace(BEFORE[2], actor="somebody"), *BEFORE[3:]),
        (*BEFORE[:3], *BEFORE[4:]),
    ],
    ids=["gone", "cut", "another last event", "altered", "one left out"],
)
def test_an_acknowledged_event_that_is_lost_or_altered_is_named(events):
    assert names(broken_when_settled(KILLED_BEFORE, seen(events, 2))) == {"I2"}


def test_a_new_event_that_does_not_follow_breaks_the_chain():
    strange = replace(DONE[-1], previous="0" * 64)
    assert names(broken_at_once(KILLED_BEFORE, seen((*DONE[:-1], strange), 3))) == {"I2"}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ((intended(3, 2), committed(3, 2), committed(3, 2)), "ends a promotion of 3 that was not open"),
        ((intended(3, 2), committed(3, 2), intended(3, 2), committed(3, 2)), "2 promotions were committed"),
        ((registered(4, cycle="cycle-3"), intended(3, 2), committed(3, 2)), "has 2 candidates"),
    ],
)
def test_a_second_winner_or_a_second_candidate_of_one_cycle_is_named(more, said):
    found = [one for one in broken_at_once(KILLED_BEFORE, seen(grown(BEFORE, *more), 3)) if one.invariant == "I3"]
    assert said in "\n".join(one.found for one in found)


def test_a_way_back_whose_bytes_are_not_true_is_named():
    assert names(broken_at_once(KILLED_BEFORE, seen(DONE, 3, untrue={"bytes-2": "does not load"}))) == {"I5"}
    assert broken_at_once(KILLED_BEFORE, seen(DONE, 3, untrue={"bytes-1": "does not load"})) == ()


def test_a_file_outside_of_the_workspace_is_named():
    found = broken_at_once(KILLED_BEFORE, seen(DONE, 3, around=frozenset({"home/.cache", "beside/stray"})))
    assert [(one.invariant, "beside/stray" in one.found) for one in found] == [("I6", True)]


def test_batches_beyond_a_cap_and_a_page_that_could_run_something_are_named():
    found = broken_at_once(
        KILLED_BEFORE, seen(BEFORE, 2, overdrawn=("synthetic tokens exceed the cap (1/3)",), lively=("cycle/review/report.html may run",))
    )
    assert found == (
        Broken(invariant="I4", found="synthetic tokens exceed the cap (1/3)"),
        Broken(invariant="I7", found="cycle/review/report.html may run"),
    )


@pytest.mark.parametrize(
    ("page", "lively"),
    [
        (f"{HEAD}<p>text</p>", False),
        (f"{HEAD}<script>1</script>", True),
        (f"{HEAD}<ScRiPt src=x>", True),
        ("<p>text</p>", True),
        (HEAD.replace("'none'", "*"), True),
    ],
)
def test_a_page_is_inert_by_its_policy_and_has_no_script(tmp_path, page, lively):
    place = tmp_path / ".heirloom" / "archive" / "abc" / "report.html"
    place.parent.mkdir(parents=True)
    place.write_text(page)
    assert bool(list(lively_pages(tmp_path))) is lively


def test_every_step_is_killed_at_once_and_moments_follow_from_the_seed():
    assert kills_at_steps({"promote": ["a", "b", "a"], "retrain": ["b"]}) == (
        Kill(act="promote", step="a"),
        Kill(act="promote", step="b"),
        Kill(act="retrain", step="b"),
    )
    drawn = kills_at_random({"promote": 4.0, "retrain": 40.0}, 200, seed=7)
    assert (
        drawn
        == kills_at_random({"promote": 4.0, "retrain": 40.0}, 200, seed=7)
        != kills_at_random({"promote": 4.0, "retrain": 40.0}, 200, seed=8)
    )
    moments = [kill.seconds for kill in drawn if kill.act == "promote"]
    assert len(moments) == 100
    assert min(moments) < 0.4
    assert 3.6 < max(moments) <= 4.0


@pytest.mark.parametrize("changes", [{}, {"step": "a", "seconds": 1.0}])
def test_a_kill_is_at_a_step_or_at_a_moment(changes):
    with pytest.raises(ValueError, match="a step or at a moment"):
        Kill(act="promote", **changes)


def test_the_answer_counts_what_held_and_names_what_did_not():
    from cli.crashed import crash_lines

    held = Killed(kill=Kill(act="promote", step="a"), died=True, recovery="finished", recover_seconds=1.0, broken=())
    late = replace(held, kill=Kill(act="promote", seconds=2.5), died=False, recover_seconds=1.94)
    hurt = replace(held, kill=Kill(act="promote", step="b"), broken=(Broken(invariant="I2", found="gone"),))
    drill = CrashDrill(killed=(held, hurt, late), seed=5)
    said = crash_lines(drill)
    assert said[0] == "1 of 2 kill points: ledger intact, no unapproved champion, recover finished or undid each. Longest recover 1.9 s."
    assert said[1] == "1 of 1 random kills, seed 5: the same. 1 came after the act had ended."
    assert said[2:] == [" BROKEN  promote at b", "   I2  gone"]
    document = drill.document()
    assert [document[name] for name in ("kill_points", "random_kills", "died", "broken")] == [2, 1, 2, 1]
    assert document["kills"][1]["broken"] == [{"invariant": "I2", "found": "gone"}]
