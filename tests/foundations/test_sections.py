"""Policy and settings are read strictly: a misspelt key, a wrong type or an impossible value is an error with its place."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import PolicyError
from governance.mixing.rules import MixRules
from governance.policy import is_name, read_policy, refuse_overrides
from governance.section import read_section, section_document
from governance.settings import read_settings

LINE = '[line]\nmodel = "student"\n'


def policy(tmp_path: Path, text: str) -> Path:
    (tmp_path / "policy.toml").write_text(text)
    return tmp_path / "policy.toml"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[mixing]\nsynthetic_cap_percent = 35", "'line' is not set"),
        (LINE + "[mixing]\nsynthetic_cap = 35", "policy.toml.mixing: unknown setting 'synthetic_cap'"),
        (LINE + "[mixing]\nsynthetic_cap_percent = 140", "policy.toml.mixing: synthetic_cap_percent: 140 is not a percentage in 1..50"),
        (LINE + '[mixing]\nsynthetic_cap_percent = "35"', "policy.toml.mixing.synthetic_cap_percent: '35' is a str"),
        (LINE + "[probe]\ntemperatures = [1.0, true]", "policy.toml.probe.temperatures[1]: True is a bool"),
        (LINE + "[mixing.teachers]\nold = 'sha'", "is neither a sha256 in 64 hex digits nor 'pinned'"),
        ("[line]\nmodel = '../etc'", "is no name"),
        ("[line", "is not TOML"),
        ("line = 3", "3 is not a table"),
    ],
)
def test_what_cannot_be_is_said_with_its_place(tmp_path: Path, text: str, said: str):
    with pytest.raises(PolicyError) as caught:
        read_policy(policy(tmp_path, text))
    assert said in str(caught.value)
    assert caught.value.exit_code == 2


def test_comments_and_order_do_not_change_the_digest_of_a_policy_and_a_value_does(tmp_path: Path):
    one = read_policy(policy(tmp_path, LINE + "[mixing]\nanchor_percent = 20\nshard_rows = 7\n")).digest
    other = read_policy(policy(tmp_path, "# why\n[mixing]\nshard_rows = 7\nanchor_percent = 20\n" + LINE)).digest
    assert one == other
    assert read_policy(policy(tmp_path, LINE + "[mixing]\nanchor_percent = 21\nshard_rows = 7\n")).digest != one


def test_a_default_that_is_written_out_is_the_same_policy(tmp_path: Path):
    plain = read_policy(policy(tmp_path, LINE)).digest
    assert read_policy(policy(tmp_path, LINE + f"[mixing]\nanchor_percent = {MixRules().anchor_percent}\n")).digest == plain


@given(cap=st.integers(1, 50), anchors=st.integers(0, 50), tasks=st.lists(st.text(max_size=5), max_size=3))
def test_a_section_comes_back_from_its_document(cap: int, anchors: int, tasks: list[str]):
    rules = MixRules(synthetic_cap_percent=cap, anchor_percent=anchors, synthetic_tasks=tuple(tasks), teachers={"t": "pinned"})
    assert read_section(MixRules, section_document(rules), "mixing") == rules


def test_the_environment_cannot_change_the_policy():
    refuse_overrides({"HEIRLOOM_ACTOR": "a", "PATH": "b"})
    with pytest.raises(PolicyError, match="heirloom_policy__x"):
        refuse_overrides({"heirloom_policy__x": "1"})


@given(st.text(max_size=80))
def test_a_name_is_safe_in_a_path(text: str):
    if is_name(text):
        assert text == text.lower()
        assert not set(text) & set('/\\\0 %"<>')
        assert text not in (".", "..")


def test_settings_are_optional_and_strict(tmp_path: Path):
    assert read_settings(tmp_path / "heirloom.toml").source_name == "folder"
    (tmp_path / "heirloom.toml").write_text('[source]\nname = "corpus"\nanything = 1\n[schedule]\nretrain = ""\n')
    read = read_settings(tmp_path / "heirloom.toml")
    assert (read.source_name, read.source["anything"], read.schedule.retrain) == ("corpus", 1, "")
    (tmp_path / "heirloom.toml").write_text("[schedule]\nretraining = ''\n")
    with pytest.raises(PolicyError, match="unknown setting 'retraining'"):
        read_settings(tmp_path / "heirloom.toml")
