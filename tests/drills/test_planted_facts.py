"""A drill plants sentinels: facts that are dealt out anew show in them, and human text alone leaves them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import blunted
import numpy as np
import planted_language
import polars as pl
import pytest

from governance.adapters.trainers.ngram import TRAINER
from governance.collapse.report import shipped_metrics
from governance.collapse.sentinels import SENTINEL_SCHEMA
from governance.drills.run import Stock, bred, shipped_faults
from governance.drills.shelf import Shelf
from governance.drills.table import promises_of
from governance.drills.trial import Instruments, Probed, Trial, examine
from governance.gates.margins import GateRules, Margin

PARTS = (("boat", "lamp", "bell", "door", "well", "road", "mill"), ("house", "yard", "gate", "side", "top", "end"))
THINGS = ["".join(parts) for parts in product(*PARTS)]
OWNERS = dict(zip(THINGS, planted_language.NAMES, strict=True))
"""Who owns what: the only facts of this language."""


LOSS = Margin(margin_percent=99.999, champion_step_percent=99.999)
"""More than the whole of what the fault takes away."""


def told(seed: int, count: int, name: str) -> pl.DataFrame:
    """So many reports that name the owners of four things each."""
    stream = np.random.Generator(np.random.Philox(seed))
    drawn = [stream.choice(THINGS, 4, replace=False) for _ in range(count)]
    how = planted_language.HOW
    texts = [" ".join(f"the {thing} of {OWNERS[thing]} stands {stream.choice(how)}." for thing in things) for things in drawn]
    return pl.DataFrame({"row_id": [f"{name}-{place}" for place in range(count)], "text": texts, "slice": ["all"] * count})


def sentinels() -> pl.DataFrame:
    """Each thing with its owner, and with the next thing's."""
    others = [*planted_language.NAMES[1:], planted_language.NAMES[0]]
    pairs = zip(THINGS, others, strict=True)
    rows = [(thing, "all", f"the {thing} of {OWNERS[thing]}", f"the {thing} of {other}") for thing, other in pairs]
    return pl.DataFrame(rows, schema=SENTINEL_SCHEMA, orient="row")


def instruments(how: str | None = None) -> Instruments:
    metrics = {name: metric for name, metric in shipped_metrics().items() if name in {"fact_margin", "hallucination"}}
    if how is not None:
        metrics["fact_margin"] = blunted.METRICS[how](metrics["fact_margin"], LOSS)
    return Instruments(plan=planted_language.PLAN, rules=GateRules(), metrics=metrics)


@pytest.fixture(scope="module")
def probed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Probed]:
    """The first candidate of a sound course and of one whose facts are swapped."""
    prompts = told(41, 40, "prompt").with_columns(pl.col("text").str.split(" ").list.head(3).list.join(" ")).rename({"row_id": "prompt_id"})
    shelf = Shelf(
        anchors=told(11, 60, "anchor"),
        pool=told(1, 900, "pool"),
        tail=told(21, 40, "tail"),
        human=told(31, 40, "human"),
        prompts=prompts,
        sentinels=sentinels(),
    )
    stock = Stock(trainer=TRAINER, recipe=planted_language.RECIPE, shelf=shelf, size=planted_language.SIZE)
    faults = {name: shipped_faults()[name] for name in ("human_only", "facts_swapped")}
    courses = bred(stock, instruments(), faults, seed=3, place=tmp_path_factory.mktemp("facts"), step=lambda _: None)
    return {course[0].fault: course[0] for course in courses}


@pytest.fixture(scope="module")
def trials(probed: Mapping[str, Probed]) -> Mapping[str, Trial]:
    return {name: examine(one, instruments()) for name, one in probed.items()}


def test_swapped_facts_lower_the_margin_of_truth_with_the_whole_interval(trials: Mapping[str, Trial]) -> None:
    found = trials["facts_swapped"].baseline["fact_margin"]
    assert found.n == len(THINGS)
    assert found.high < 0
    assert trials["facts_swapped"].baseline["hallucination"].change >= 0


@pytest.mark.parametrize("how", [None, "constant", "negated", "shifted_up"])
def test_the_drill_notices_a_margin_of_truth_that_is_wrong(probed: Mapping[str, Probed], how: str | None) -> None:
    trial = examine(probed["facts_swapped"], instruments(how))
    promises = {promise.what: promise.broken for promise in promises_of(shipped_faults()["facts_swapped"], [trial])}
    assert promises["fact_margin down"] is (how is not None)


def test_human_text_alone_leaves_it_where_it_was(trials: Mapping[str, Trial]) -> None:
    sound, swapped = (trials[name].baseline["fact_margin"] for name in ("human_only", "facts_swapped"))
    assert sound.low > swapped.high


def test_a_shelf_without_a_slice_keeps_its_sentinels_and_lays_them_out(tmp_path: Path) -> None:
    shelf = replace(planted_language.shelf(), sentinels=sentinels())
    assert "sentinels" in shelf.without("school").lay_out(tmp_path)
    assert pl.read_parquet(tmp_path / "shards" / "sentinels.parquet").equals(sentinels())
