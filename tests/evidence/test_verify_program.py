"""The auditor's program says the same as the library: bytes, digests, random numbers, intervals, limits, statements."""

import json
import math
from array import array
from dataclasses import replace

import numpy as np
import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from governance.adapters.evidence import verify
from governance.adapters.evidence.tables import ROW_COLUMNS, SCORE_COLUMNS
from governance.collapse.intervals import bootstrap_se, compare_logs, generator, t_quantile
from governance.collapse.noise import Noise
from governance.gates.bounds import FEWEST_TO_FOUND, Bound, judge_comparison
from governance.gates.decision import shipped_gates
from governance.gates.extension import ExtensionRules, at_look
from governance.release.approval_statement import Statement
from governance.release.checkpoint import DECIDES
from governance.release.dsse import IN_TOTO
from governance.release.platform_key import NAMESPACE, PLATFORM, Line
from governance.release.preregistration import registration_of

NUMBERS = st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**53) + 1, 2**53 - 1)
VALUES = st.recursive(
    st.none() | st.booleans() | NUMBERS | st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6
)


@given(VALUES)
@settings(max_examples=60)
def test_a_document_has_one_form_and_it_is_the_librarys(value):
    assert verify.canonical(value).encode() == rfc8785.dumps(value)


@pytest.mark.parametrize("number", [1e21, 1e-7, 1e-6, 123456789012345680000.0, 5e-324, 1.7976931348623157e308, -0.0, 100.0, 0.1, 2.5e-8])
def test_a_number_is_written_as_ecmascript_writes_it(number):
    assert verify.canonical(number).encode() == rfc8785.dumps(number)


@given(st.integers(0, 2**40), st.text(max_size=20), st.integers(2, 3000))
@settings(max_examples=25)
def test_the_stream_of_random_places_is_numpys(seed, purpose, units):
    wanted = generator(seed, purpose).integers(0, units, size=50, dtype=np.int32)
    assert list(verify.drawn(seed, purpose, units, 50)) == wanted.tolist()


def test_a_stream_that_draws_again_is_numpys_too():
    """Above half of 2^32 every other word is drawn again, which no number of documents would show."""
    units = 2**31 - 1
    wanted = generator(3, "tail/all").integers(0, units, size=500, dtype=np.int32)
    assert list(verify.drawn(3, "tail/all", units, 500)) == wanted.tolist()


def test_an_interval_is_the_librarys_to_the_last_digits():
    chance = np.random.default_rng(5)
    above, below = chance.normal(2, 9, 37), chance.integers(50, 900, 37).astype(float)
    places = array("i", verify.drawn(7002, "tail/all", 37, 300 * 37))
    se = verify.bootstrap_se(above.tolist(), below.tolist(), places)
    assert se == pytest.approx(bootstrap_se(above, below, 300, generator(7002, "tail/all")), rel=1e-12)
    for noise in (Noise(sd=0.004), Noise(sd=0.02, degrees=6), Noise(sd=0.0)):
        wanted = compare_logs(0.03, se, noise, units=37, degrees=36).document()
        found = verify.comparison(0.03, se, noise.document(), 37)
        assert found.keys() == wanted.keys()
        assert all(math.isclose(found[key], wanted[key], rel_tol=1e-12, abs_tol=1e-15) for key in wanted)
    assert [verify.t_quantile(0.975, n) for n in (5, 30, 499)] == [t_quantile(0.975, n) for n in (5, 30, 499)]


def test_the_limits_that_are_written_down_are_those_of_the_gates_that_ship():
    gates = {name: gate for name, gate in shipped_gates().items() if gate.margin}
    assert {
        name: (gate.margin.margin_percent, gate.margin.champion_step_percent, gate.margin.minimum_units, gate.two_sided)
        for name, gate in gates.items()
    } == verify.MARGINS
    assert verify.FEWEST_TO_FOUND == FEWEST_TO_FOUND


@given(st.floats(-0.2, 0.2), st.floats(0, 0.2), st.booleans(), st.integers(50, 200))
def test_a_verdict_is_the_gates(change, half, two_sided, n):
    bound = Bound(
        metric="m", title="m", unit="documents", against="baseline", limit=0.05, two_sided=two_sided, minimum_units=100, power=0.8
    )
    found = {"change": change, "low": change - half, "high": change + half, "se": 0.01, "noise": 0.0, "n": n}
    from governance.collapse.intervals import Comparison

    wanted = judge_comparison(bound, Comparison.from_document(found)).verdict.value
    assert verify.verdict_of(found, 0.05, 100, two_sided=two_sided) == wanted


@pytest.mark.parametrize("extension", [None, {"of": "first"}])
@pytest.mark.parametrize("first", [2.5, 1.0])
def test_a_look_is_as_wide_as_the_librarys(extension, first):
    found = {"change": 0.02, "low": -0.01, "high": 0.051, "n": 41, "se": 0.018, "noise": 0.004}
    rules = ExtensionRules(allowed=True, first_look_alpha_percent=first)
    wanted = at_look({"m": {"against": {"baseline": found}}}, rules, extension)["m"]["against"]["baseline"]
    policy = {"gates": {"extension": {"allowed": True, "first_look_alpha_percent": first}, "margins": {}}}
    entry = {"against": {"baseline": found}, "values": {"candidate": 1.0, "baseline": 1.0}}
    judge = verify.Judge({"policy": policy, "extension": extension, "baseline": None, "champion": None}, {"m": entry}, {}, {})
    told = judge._reading("m", "baseline")
    assert told is not None
    assert all(math.isclose(told[key], wanted[key], rel_tol=1e-12) for key in found)


def test_the_statement_of_an_approval_is_built_as_it_was_signed():
    statement = Statement(
        by="reviewer-a",
        approves=True,
        model="student",
        version=17,
        environment="production",
        checkpoint="4" * 64,
        decision_sha256="a" * 64,
        policy_sha256="7" * 64,
        policy_committer="Ann, 4f2d91c",
        cycle_digest="c" * 64,
        expected_champion=None,
        not_after="2026-11-27T12:00:00Z",
        reason='regional voice is back "\u2028" é',
        seq=413,
        head="e" * 64,
    )
    body = {
        name: getattr(statement, name)
        for name in (
            "model",
            "version",
            "environment",
            "checkpoint",
            "decision_sha256",
            "policy_sha256",
            "policy_committer",
            "cycle_digest",
        )
    } | {name: getattr(statement, name) for name in ("expected_champion", "not_after", "reason")}
    event = {"seq": 414, "previous": statement.head, "actor": statement.by, "body": body}
    assert verify.canonical(verify.statement_of(event)).encode() == statement.content
    assert verify.PAYLOAD_TYPE == IN_TOTO
    assert verify.canonical(verify.statement_of({**event, "seq": 415})).encode() == replace(statement, seq=414).content


def test_what_the_platform_signs_of_a_cycle_is_built_as_it_was_signed():
    line = Line(model="student", environment="staging", origin="a" * 64)
    names = ("batch_digest", "policy_sha256", "seed", "shards", "number", "kind")
    cycle = dict.fromkeys(names, "x") | {"batch": {"digest": "b" * 64}, "champion": {"digest": "c" * 64}, "baseline": None}
    for allowed, extension in ((True, {"of": "x"}), (False, None)):
        told = {
            "best_ever": None,
            "extension": extension,
            "attempt": 3,
            "policy": {"gates": {"extension": {"allowed": allowed}}, "probe": {}},
        }
        wanted = registration_of(cycle | told, "d" * 64, "gate", line)
        assert verify.registration_of(cycle | told, "d" * 64, line.document()) | {"gate_version": "gate"} == wanted
    assert verify.DECIDES <= DECIDES
    assert (verify.PLATFORM, verify.PLATFORM_NAMESPACE) == (PLATFORM, NAMESPACE)


def test_the_tables_have_the_columns_that_it_reads():
    assert ["place", *ROW_COLUMNS] == verify.ROW_COLUMNS
    assert list(SCORE_COLUMNS) == verify.SCORE_COLUMNS


def test_a_name_is_shown_without_a_character_that_a_terminal_obeys():
    assert verify.shown("a\x1b[31m\u202eb\n" + "x" * 200) == "a\\u001b[31m\\u202eb\\u000a" + "x" * (80 - 9)
    json.dumps(verify.shown("\ud800"))
