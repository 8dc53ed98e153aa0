import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import RefusedError, UsageError
from governance.mixing.rules import MixRules
from governance.mixing.strictness import LEAVES, LOOSENS, TIGHTENS, Override, direction, stricter

POLICY = MixRules(slice_caps={"regional": 30}, slice_cap_percent=40)


@pytest.mark.parametrize(
    ("wanted", "planned", "policy"),
    [
        ("mixing.synthetic_cap_percent=25", 25, 35),
        ("mixing.anchor_percent=20", 20, 15),
        ("mixing.minimum_human_tokens=2000", 2000, 1000),
        ("mixing.slice_caps.regional=0", 0, 30),
        ("mixing.slice_caps.west=10", 10, 40),
        ("mixing.task_caps.headline=10", 10, None),
        ("mixing.other_generators=refuse", "refuse", "admit"),
        ("mixing.synthetic_cap_percent = 35", 35, 35),
    ],
)
def test_a_stricter_setting_is_taken_and_named_beside_the_policys(wanted: str, planned: int | str, policy: int | str | None) -> None:
    rules, overrides = stricter(POLICY, [wanted])
    assert (overrides[0].planned, overrides[0].policy) == (planned, policy)
    kind, _, name = overrides[0].setting.partition(".")
    assert (getattr(rules, kind)[name] if name else getattr(rules, kind)) == planned


@pytest.mark.parametrize(
    "wanted",
    [
        "mixing.synthetic_cap_percent=36",
        "mixing.anchor_percent=14",
        "mixing.slice_caps.regional=31",
        "mixing.slice_caps.west=41",
        "mixing.self_generated=admit",
        "mixing.most_anchor_passes=51",
    ],
)
def test_a_looser_setting_is_refused_with_the_policys_value(wanted: str) -> None:
    with pytest.raises(RefusedError, match="is looser than the policy's"):
        stricter(POLICY, ["mixing.minimum_human_tokens=2000", wanted])


@pytest.mark.parametrize(
    "wanted",
    [
        "mixing.shard_rows=10",
        "mixing.slice_caps=10",
        "mixing.teachers.tutor=x",
        "gates.margin=1",
        "mixing.synthetic_cap_percent",
        "mixing.synthetic_cap_percent=-1",
        "mixing.synthetic_cap_percent=0",
        "mixing.other_generators=maybe",
        "mixing.synthetic_cap_percent.x=1",
    ],
)
def test_what_is_no_setting_or_no_value_is_a_usage_error(wanted: str) -> None:
    with pytest.raises(UsageError):
        stricter(POLICY, [wanted])


@given(st.integers(1, 50), st.integers(1, 50))
def test_a_change_and_its_reverse_go_opposite_ways(one: int, other: int) -> None:
    ways = {direction("synthetic_cap_percent", one, other), direction("synthetic_cap_percent", other, one)}
    assert ways == ({LEAVES} if one == other else {TIGHTENS, LOOSENS})
    assert direction("anchor_percent", one, other) == direction("synthetic_cap_percent", other, one)


def test_a_second_setting_is_held_against_the_first() -> None:
    with pytest.raises(RefusedError):
        stricter(POLICY, ["mixing.synthetic_cap_percent=20", "mixing.synthetic_cap_percent=30"])
    assert stricter(POLICY, [])[1] == ()
    assert Override(setting="x", policy=None, planned=1).policy is None
