"""Whatever number or word somebody writes into policy.toml or heirloom.toml: it has a place in a digest, or it is refused with its own."""

import dataclasses
import typing
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.errors import PolicyError
from governance.policy import LARGEST_SEED, Policy, read_policy
from governance.section import read_section
from governance.settings import Settings, read_settings

LINE = {"line": {"model": "student"}}
values = st.integers() | st.floats() | st.booleans() | st.text(max_size=5) | st.lists(st.integers() | st.floats(), max_size=2)


def leaves(kind: type[Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """The dotted path of every setting."""
    hints = typing.get_type_hints(kind)
    found = []
    for field in dataclasses.fields(kind):
        hint, place = hints[field.name], (*path, field.name)
        found += leaves(hint, place) if dataclasses.is_dataclass(hint) else [place]
    return found


def planted(path: tuple[str, ...], value: object) -> dict[str, Any]:
    document: dict[str, Any] = {name: dict(inner) for name, inner in LINE.items()}
    place = document
    for part in path[:-1]:
        place = place.setdefault(part, {})
    place[path[-1]] = value
    return document


@given(path=st.sampled_from(leaves(Policy)), value=values)
def test_any_value_of_any_setting_is_a_policy_with_a_digest_or_an_error_with_its_place(path: tuple[str, ...], value: object):
    try:
        policy = read_section(Policy, planted(path, value), "policy.toml")
    except PolicyError as error:
        place = error.where
    else:
        place = f"policy.toml.{path[0]}"
        assert len(policy.digest) == 64
        assert read_section(Policy, policy.document(), "policy.toml") == policy
    assert place.startswith(f"policy.toml.{path[0]}")


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 2**53, -(2**53)])
@pytest.mark.parametrize("path", leaves(Policy), ids=".".join)
def test_a_number_that_no_digest_can_hold_is_refused_everywhere(path: tuple[str, ...], value: float):
    with pytest.raises(PolicyError):
        read_section(Policy, planted(path, value), "policy.toml")


@pytest.mark.parametrize(("environment", "signed"), [("demo", False), ("staging", True), ("production", True)])
def test_labels_need_a_signature_everywhere_but_in_the_demo_unless_policy_says_so(environment: str, signed: bool):
    policy = read_section(Policy, {"line": {"model": "student", "environment": environment}}, "policy.toml")
    assert policy.labels.signed_only(environment) is signed
    stricter = read_section(Policy, {**LINE, "labels": {"require_signature": True}}, "policy.toml")
    assert stricter.labels.signed_only("demo")


def test_in_production_no_policy_lets_labels_count_that_are_not_signed():
    document = {"line": {"model": "student", "environment": "production"}, "labels": {"require_signature": False}}
    with pytest.raises(PolicyError, match=r"labels\.require_signature: false, and in production"):
        read_section(Policy, document, "policy.toml")


@pytest.mark.parametrize("seed", [-1, LARGEST_SEED + 1])
def test_a_seed_that_numpy_and_torch_do_not_take_is_refused_before_a_cycle_is_frozen(seed: int):
    with pytest.raises(PolicyError, match=rf"policy\.toml\.line: seed: {seed} is not in 0\.\."):
        read_section(Policy, planted(("line", "seed"), seed), "policy.toml")


def test_the_largest_seed_leaves_room_for_a_cycle_number_in_32_bits():
    assert LARGEST_SEED * 1000 + 294_000_000 < 2**32


def test_a_policy_that_is_missing_and_one_that_cannot_be_read_are_said_with_their_path(tmp_path: Path):
    with pytest.raises(PolicyError, match=r"nowhere\.toml: is missing(.|\n)*fix: heirloom init"):
        read_policy(tmp_path / "nowhere.toml")
    with pytest.raises(PolicyError, match="cannot be read: Is a directory"):
        read_policy(tmp_path)


def settings(tmp_path: Path, text: str) -> Settings:
    path = tmp_path / "heirloom.toml"
    path.write_text(text)
    return read_settings(path)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('source = "folder"', r"heirloom\.toml\.source: 'folder' is not a table"),
        ("[source]\nmapping = 3", r"heirloom\.toml\.source\.mapping: 3 is not a table"),
        ("[teacher]\ntemperature = 0.7", r"heirloom\.toml\.teacher: unknown setting 'temperature'"),
        ('[benchmarks.exam]\nfile = ""', r"heirloom\.toml\.benchmarks\.exam: file: names no file"),
        ('[benchmarks.exam]\nfile = "x"\ncolumns = []', r"benchmarks\.exam: columns: \[\] are not different columns"),
        ('[benchmarks."an exam"]\nfile = "x"', r"heirloom\.toml: benchmarks: 'an exam' is no name"),
        ("[teacher]\nmodel_rows_percent = -1", r"heirloom\.toml\.teacher: model_rows_percent: -1 is negative"),
    ],
)
def test_a_setting_that_cannot_be_is_refused_with_its_place(tmp_path: Path, text: str, said: str):
    with pytest.raises(PolicyError, match=said):
        settings(tmp_path, text)


def test_what_the_source_is_told_is_handed_on_as_it_stands(tmp_path: Path):
    read = settings(tmp_path, '[source]\nname = "corpus"\nfile = "x"\n[source.mapping.columns]\ntext = "body"')
    assert (read.source_name, read.source["file"]) == ("corpus", "x")
    assert read.mapping == {"columns": {"text": "body"}}
