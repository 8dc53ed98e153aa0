"""The cap controller: cuts at once, loosens slowly and never into a decline, and proposes nothing twice."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.advice.controller import Change, Proposal, propose
from governance.advice.course import TAIL_METRICS, FinishedCycle, finished_cycle
from governance.advice.rules import AdviceRules
from governance.collapse.intervals import Comparison
from governance.mixing.rules import SAFETY_CRITICAL, MixRules

RULES = AdviceRules()
POLICY = MixRules()


def reading(change: float, half: float = 0.01) -> Comparison:
    return Comparison(change=change, low=change - half, high=change + half, se=half, noise=0.0, n=200)


def cycle(number: int, tail: float = 0.0, **more: Any) -> FinishedCycle:
    facts: dict[str, Any] = {
        "kind": "retraining",
        "verdict": "pass",
        "version": number,
        "cap_percent": 35,
        "anchor_percent": 15,
        "human_rows": 100,
        "human_tokens": 6_500,
        "synthetic_tokens": 3_500,
        "held_back": 1_000,
        "worst_slice": None,
        "readings": {"tail_perplexity": {"baseline": reading(tail)}},
    }
    return FinishedCycle(number=number, **{**facts, **more})


def applied(proposal: Proposal, mixing: MixRules) -> MixRules:
    return replace(mixing, **{change.setting: change.proposed for change in proposal.changes})


@st.composite
def histories(draw: st.DrawFn) -> list[FinishedCycle]:
    found = []
    for number in range(draw(st.integers(0, 7))):
        readings = {
            name: {
                reference: reading(draw(st.floats(-0.05, 0.05)), draw(st.sampled_from([0.005, 0.03])))
                for reference in ("baseline", "champion")
            }
            for name in TAIL_METRICS
            if draw(st.booleans())
        }
        found.append(
            cycle(
                number + 1,
                kind=draw(st.sampled_from(["retraining", "retraining", "founding"])),
                verdict=draw(st.sampled_from(["pass", "pass", "block", "inconclusive"])),
                cap_percent=draw(st.sampled_from([5, 15, 35, 50])),
                synthetic_tokens=draw(st.sampled_from([0, 500, 3_500])),
                held_back=draw(st.sampled_from([0, 100])),
                readings=readings,
            )
        )
    return found


@given(histories(), st.sampled_from([1, 5, 15, 35, 50]), st.integers(0, 50))
@settings(deadline=None)
def test_no_history_loosens_while_a_tail_declines_and_every_step_is_bounded(history: list[FinishedCycle], cap: int, anchors: int) -> None:
    mixing = MixRules(synthetic_cap_percent=cap, anchor_percent=anchors)
    proposal = propose(history, mixing, RULES)
    last = [found for found in history if found.kind == "retraining" and found.measured][-1:]
    if last and last[0].declines:
        assert not proposal.needs_approval
    for change in proposal.changes:
        assert change.direction in {"tightens", "loosens"}
        if change.direction == "loosens":
            assert change.proposed - change.now <= RULES.loosen_points
        elif change.setting == "synthetic_cap_percent":
            assert change.proposed >= min(RULES.lowest_cap_percent, change.now)
            trained_with = min(last[0].cap_percent, last[0].share_percent)
            assert trained_with - change.proposed <= 2 * RULES.cut_points
    assert proposal.reasons


@given(histories(), st.sampled_from([1, 5, 15, 35, 50]), st.integers(0, 50))
@settings(deadline=None)
def test_a_proposal_that_was_followed_is_not_made_again(history: list[FinishedCycle], cap: int, anchors: int) -> None:
    mixing = MixRules(synthetic_cap_percent=cap, anchor_percent=anchors)
    followed = applied(propose(history, mixing, RULES), mixing)
    assert propose(history, followed, RULES).changes == ()


def test_a_decline_cuts_the_cap_and_asks_for_the_human_text_that_is_then_missing() -> None:
    proposal = propose([cycle(2), cycle(3, 0.03, worst_slice="regional")], POLICY, RULES)
    assert [change.sentence() for change in proposal.changes] == ["tightens mixing.synthetic_cap_percent 35 -> 25"]
    assert proposal.refresh is not None
    assert (proposal.refresh.tokens, proposal.refresh.rows, proposal.refresh.slice) == (1_000, 16, "regional")
    assert "tail perplexity moved +3.0 % [+2.0, +4.0] against the baseline" in proposal.reasons[0]
    assert proposal.toml() == "[mixing]\nsynthetic_cap_percent = 25  # now 35: tightens"


def test_two_declines_in_a_row_cut_twice_as_far() -> None:
    assert propose([cycle(2, 0.03), cycle(3, 0.03)], POLICY, RULES).changes[0].proposed == 15


@pytest.mark.parametrize(("metric", "change"), [("ngram_entropy", -0.03), ("rare_words", -0.03), ("distinct_2", -0.03)])
def test_every_tail_metric_can_call_for_a_cut(metric: str, change: float) -> None:
    fallen = cycle(2, readings={metric: {"champion": reading(change)}})
    assert propose([fallen], POLICY, RULES).changes[0].proposed == 25
    risen = cycle(2, readings={metric: {"champion": reading(-change)}})
    assert propose([risen], POLICY, RULES).silent


def test_a_decline_within_noise_is_no_decline() -> None:
    assert propose([cycle(2, 0.009)], POLICY, RULES).silent


def test_where_no_cap_is_left_to_cut_anchors_are_raised() -> None:
    low = cycle(2, 0.03, cap_percent=5, synthetic_tokens=300)
    proposal = propose([low], MixRules(synthetic_cap_percent=5), RULES)
    assert proposal.changes == (Change(setting="anchor_percent", now=15, proposed=20),)


def test_a_decline_without_synthetic_text_is_not_blamed_on_the_cap() -> None:
    proposal = propose([cycle(2, 0.03, synthetic_tokens=0)], POLICY, RULES)
    assert proposal.silent
    assert "no synthetic text by its labels" in proposal.reasons[-1]


STABLE = [cycle(number) for number in range(2, 6)]


def test_stable_cycles_whose_cap_held_text_back_allow_a_small_loosening_that_needs_approval() -> None:
    proposal = propose(STABLE, POLICY, RULES)
    assert [change.sentence() for change in proposal.changes] == ["loosens mixing.synthetic_cap_percent 35 -> 40"]
    assert proposal.needs_approval


@pytest.mark.parametrize(
    ("history", "why"),
    [
        (STABLE[1:], "3 of 4 cycles"),
        ([*STABLE[:2], cycle(4, verdict="inconclusive"), STABLE[3]], "cycle 4 did not pass"),
        ([cycle(n + 2, cap_percent=30) for n in range(4)], "another cap than 35"),
        ([cycle(n + 2, tail) for n, tail in enumerate((0.001, 0.002, 0.003, 0.004))], "rose a little in every one"),
        ([*STABLE[:3], cycle(5, held_back=0)], "kept nothing out"),
        ([cycle(1, kind="founding")], "no retraining was measured"),
    ],
)
def test_anything_less_than_stable_proposes_nothing_and_says_why(history: list[FinishedCycle], why: str) -> None:
    proposal = propose(history, POLICY, RULES)
    assert proposal.silent
    assert why in proposal.reasons[0]


def test_a_profile_that_forbids_a_looser_cap_is_not_asked_for_one() -> None:
    mixing = MixRules(profile=SAFETY_CRITICAL)
    proposal = propose([cycle(n + 2, cap_percent=19) for n in range(4)], mixing, RULES)
    assert proposal.silent
    assert "as loose as the policy may be" in proposal.reasons[0]


def test_a_cycle_is_read_from_its_documents() -> None:
    comparison = {"change": 0.03, "low": 0.02, "high": 0.04, "se": 0.01, "n": 200}
    found = finished_cycle(
        {"number": 3, "kind": "retraining"},
        {
            "synthetic_cap_percent": 35,
            "anchor_percent": 15,
            "rows": {"human": 10, "synthetic": 4},
            "tokens": {"human": 700, "synthetic": 200},
            "tokens_dropped": {"synthetic-cap": 50, "near-duplicate": 7},
        },
        {"metrics": [{"name": "tail_perplexity", "against": {"baseline": comparison, "champion": {"change": None, "reason": "x"}}}]},
        {"verdict": "pass", "worst_slice": {"slice": "regional", "low": 0.01}},
        4,
    )
    assert (found.share_percent, found.held_back, found.worst_slice, found.version) == (23, 50, "regional", 4)
    assert [decline.metric for decline in found.declines] == ["tail_perplexity"]


@pytest.mark.parametrize(
    "wrong", [{"stable_cycles": 1}, {"cut_points": 26}, {"loosen_points": 0}, {"lowest_cap_percent": 51}, {"minutes_per_row": 0.0}]
)
def test_impossible_rules_cannot_be_built(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        AdviceRules(**wrong)
