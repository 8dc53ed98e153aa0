"""Tool-shape collapse is bred and seen: rows whose calls are all one call lower the entropy of shapes, and human text alone leaves it."""

from collections.abc import Mapping

import blunted
import numpy as np
import planted_language
import polars as pl
import pytest

from governance.adapters.trainers.ngram import TRAINER
from governance.collapse.report import shipped_metrics
from governance.drills.faults.tool_shape import ONE_CALL, of_one_shape
from governance.drills.run import Stock, bred, shipped_faults
from governance.drills.shelf import Shelf
from governance.drills.table import promises_of
from governance.drills.trial import Instruments, Probed, Trial, examine
from governance.gates.margins import GateRules, Margin

NAMES = ("human_only", "tool_shape")
TOOLS = (*planted_language.THINGS, "search")
LOSS = Margin(margin_percent=90.0, champion_step_percent=90.0)
"""More than the whole of what the fault takes away."""


def called(stream: np.random.Generator) -> str:
    """One of thirteen calls; one of them is the call that the fault makes of all, so that a model knows its words."""
    tool = str(stream.choice(TOOLS))
    return ONE_CALL if tool == "search" else f'{{"{tool}": {stream.integers(1, 9)}}}'


def told(seed: int, count: int, name: str) -> pl.DataFrame:
    """So many reports of three people who each call a tool."""
    stream = np.random.Generator(np.random.Philox(seed))
    asked = [
        [f"{stream.choice(planted_language.NAMES)} asks for {called(stream)} {stream.choice(planted_language.HOW)}." for _ in range(3)]
        for _ in range(count)
    ]
    texts = [" ".join(sentences) for sentences in asked]
    return pl.DataFrame({"row_id": [f"{name}-{place}" for place in range(count)], "text": texts, "slice": ["all"] * count})


def instruments(how: str | None = None) -> Instruments:
    metric = shipped_metrics()["shape_entropy"]
    made = metric if how is None else blunted.METRICS[how](metric, LOSS)
    return Instruments(plan=planted_language.PLAN, rules=GateRules(), metrics={"shape_entropy": made})


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Probed]:
    """The first candidate of a sound course and of one whose calls are all one."""
    prompts = pl.DataFrame(
        {
            "prompt_id": [f"p{place}" for place in range(len(planted_language.NAMES))],
            "text": [f"{name} asks for" for name in planted_language.NAMES],
            "slice": ["all"] * len(planted_language.NAMES),
        }
    )
    shelf = Shelf(
        anchors=told(11, 60, "anchor"), pool=told(1, 900, "pool"), tail=told(21, 40, "tail"), human=told(31, 40, "human"), prompts=prompts
    )
    stock = Stock(trainer=TRAINER, recipe=planted_language.RECIPE, shelf=shelf, size=planted_language.SIZE)
    faults = {name: shipped_faults()[name] for name in NAMES}
    courses = bred(stock, instruments(), faults, seed=3, place=tmp_path_factory.mktemp("calls"), step=lambda _: None)
    return {course[0].fault: course[0] for course in courses}


def broken(trial: Trial) -> list[str]:
    """The promises on a metric that this trial breaks."""
    return [
        promise.what
        for promise in promises_of(shipped_faults()[trial.fault], [trial])
        if promise.what == "shape_entropy down" and promise.broken
    ]


def test_calls_of_one_shape_lower_the_entropy_of_shapes_with_the_whole_interval(probed: Mapping[str, Probed]) -> None:
    trials = {name: examine(one, instruments()) for name, one in probed.items()}
    assert trials["tool_shape"].baseline["shape_entropy"].high < -0.5
    assert broken(trials["tool_shape"]) == []
    sound = trials["human_only"].baseline["shape_entropy"]
    assert sound.low > trials["tool_shape"].baseline["shape_entropy"].high
    assert abs(sound.change) < 0.1


@pytest.mark.parametrize("how", ["constant", "negated", "shifted_up"])
def test_the_drill_notices_a_reading_of_shapes_that_is_wrong(probed: Mapping[str, Probed], how: str) -> None:
    assert broken(examine(probed["tool_shape"], instruments(how))) == ["shape_entropy down"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('Ask {"a": 1} twice.', f"Ask {ONE_CALL} twice."),
        ('{"tool": "x", "arguments": {"deep": {"er": [1, {"b": 2}]}}}', ONE_CALL),
        ('{"a": 1}{"b": "}"} {', f"{ONE_CALL}{ONE_CALL} {{"),
        ('{"cut": ', '{"cut": '),
        ('{ {"a": 1} }', f"{{ {ONE_CALL} }}"),
        ("no call", "no call"),
    ],
)
def test_whole_calls_are_replaced_whatever_they_hold_and_nothing_else_is(text: str, found: str) -> None:
    assert of_one_shape(text) == found


def test_a_text_of_many_open_braces_is_gone_through() -> None:
    assert of_one_shape("{" * 3_000) == "{" * 3_000
