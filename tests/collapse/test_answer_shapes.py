"""Shapes of structured answers: what means to be JSON, what it looks like, and what a collapse of shapes does to the readings."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from planted_probe import MODELS, PLAN, probe, texts

from governance.collapse.evidence import Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.metric import Case, Reading
from governance.collapse.metrics import shape_entropy, shape_validity
from governance.collapse.shapes import NO_SHAPE, shape_of, structure_in

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)
CALL = '<tool_call>{"name": "find", "arguments": {"query": "a"}}</tool_call>'


@pytest.mark.parametrize(
    ("text", "structure"),
    [
        ('{"a": 1}', '{"a": 1}'),
        (' [{"a": 1}]', '[{"a": 1}]'),
        ('Here it is:\n```json\n{"a": 1}\n```\nthat was it', '{"a": 1}\n'),
        ("```\n[1, 2]", "[1, 2]"),
        (CALL, '{"name": "find", "arguments": {"query": "a"}}'),
        ("<function_call> broken", "broken"),
        ("[see the manual] for more", None),
        ("{name} is put in place", None),
        ("a dictionary such as {1: 2}", None),
        ("", None),
    ],
)
def test_what_means_to_be_structure(text, structure):
    assert structure_in(text) == structure


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ('{"a": 1, "b": "x"}', '{"b": "y", "a": 2.5}', True),
        ('{"a": [1, 2]}', '{"a": [3]}', True),
        ('{"a": 1}', '{"a": "1"}', False),
        ('{"a": 1}', '{"b": 1}', False),
        ('{"a": true}', '{"a": 1}', False),
        ('{"name": "find", "arguments": {}}', '{"name": "open", "arguments": {}}', False),
        ('{"name": "Ann"}', '{"name": "Bob"}', True),
    ],
)
def test_a_shape_is_keys_and_kinds_and_the_tool_that_is_called(one, other, same):
    assert (shape_of(one) == shape_of(other)) is same
    assert shape_of(one) is not None


@pytest.mark.parametrize("broken", ['{"a": 1', "{'a': 1}", '{"a": NaN}', "", "[" * 50_000, "[" * 30 + "]" * 30])
def test_what_cannot_be_read_has_no_shape(broken):
    assert shape_of(broken) is None


@given(VALUES)
def test_a_shape_does_not_depend_on_spaces_or_the_order_of_keys(value):
    spread = json.dumps(value, indent=3, sort_keys=True)
    assert shape_of(json.dumps(value)) == shape_of(spread) == shape_of(spread + " and so on")


def read(metric, said) -> Reading:
    return metric.measure(Case(evidence=probe(said=said), samples=Unmeasured(reason="not looked at"), plan=PLAN, seed=7))


def answers(shapes: int, count: int = 240, broken: int = 0) -> list[str]:
    """So many shapes in turn; the first draws of the first prompts are broken."""
    return ['{"a": ' if i < broken else json.dumps({f"k{i * 7 % shapes}": i}) for i in range(count)]


def test_equal_shapes_are_no_change_and_the_entropy_is_that_of_counting():
    reading = read(shape_entropy.METRIC, dict.fromkeys(MODELS, answers(4)))
    assert reading.values["candidate"] == pytest.approx(2.0)
    found = reading.against["baseline"]
    assert isinstance(found, Comparison)
    assert found.change == 0


def test_one_shape_for_everything_is_a_loss_and_not_a_missing_reading():
    reading = read(shape_entropy.METRIC, {"candidate": answers(1), "champion": answers(4), "baseline": answers(4)})
    found = reading.against["baseline"]
    assert isinstance(found, Comparison)
    assert reading.values["candidate"] == 0
    assert found.change == pytest.approx(-0.75)
    assert found.high < -0.5


def test_shapes_are_compared_where_every_model_answered_with_one():
    said = {"candidate": answers(1, broken=40), "champion": answers(4), "baseline": answers(4)}
    assert read(shape_entropy.METRIC, said).values["baseline"] == pytest.approx(2.0, abs=0.01)


def test_answers_that_cannot_be_read_are_counted():
    said = {"candidate": answers(4, broken=60), "champion": answers(4), "baseline": texts(1, 120) + answers(4, count=120)}
    reading = read(shape_validity.METRIC, said)
    assert reading.values == {"candidate": 0.75, "champion": 1.0, "baseline": 0.5}
    found = reading.against["champion"]
    assert isinstance(found, Comparison)
    assert found.change == pytest.approx((180.5 / 241) / (240.5 / 241) - 1)
    assert found.high < 0


@pytest.mark.parametrize("metric", [shape_entropy.METRIC, shape_validity.METRIC], ids=lambda metric: metric.name)
def test_samples_without_any_structure_are_not_measured(metric):
    reading = read(metric, dict.fromkeys(MODELS, texts(1, 240)))
    reasons = {value.reason for value in reading.values.values() if isinstance(value, Unmeasured)}
    assert len(reasons) == 1
    assert reading.units == 0
    assert metric.name != "shape_validity" or reasons == {NO_SHAPE}
