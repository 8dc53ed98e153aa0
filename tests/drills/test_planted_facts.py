"""A drill plants sentinels: facts that are dealt out anew show in them, and human text alone leaves them."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import planted_language
import polars as pl
import pytest

from governance.adapters.trainers.ngram import TRAINER
from governance.collapse.report import shipped_metrics
from governance.collapse.sentinels import SENTINEL_SCHEMA
from governance.drills.run import Stock, bred, shipped_faults
from governance.drills.shelf import Shelf
from governance.drills.trial import Instruments, Trial, examine
from governance.gates.margins import GateRules

PARTS = (("boat", "lamp", "bell", "door", "well", "road", "mill"), ("house", "yard", "gate", "side", "top", "end"))
THINGS = ["".join(parts) for parts in product(*PARTS)]
OWNERS = dict(zip(THINGS, planted_language.NAMES, strict=True))
"""Who owns what: the only facts of this language."""


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


@pytest.fixture(scope="module")
def trials(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Trial]:
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
    metrics = {name: metric for name, metric in shipped_metrics().items() if name in {"fact_margin", "hallucination"}}
    instruments = Instruments(plan=planted_language.PLAN, rules=GateRules(), metrics=metrics)
    faults = {name: shipped_faults()[name] for name in ("human_only", "facts_swapped")}
    courses = bred(stock, instruments, faults, seed=3, place=tmp_path_factory.mktemp("facts"), step=lambda _: None)
    return {probed[0].fault: examine(probed[0], instruments) for probed in courses}


def test_swapped_facts_lower_the_margin_of_truth_with_the_whole_interval(trials: Mapping[str, Trial]) -> None:
    found = trials["facts_swapped"].baseline["fact_margin"]
    assert found.n == len(THINGS)
    assert found.high < 0
    assert trials["facts_swapped"].baseline["hallucination"].change >= 0


def test_human_text_alone_leaves_it_where_it_was(trials: Mapping[str, Trial]) -> None:
    sound, swapped = (trials[name].baseline["fact_margin"] for name in ("human_only", "facts_swapped"))
    assert sound.low > swapped.high


def test_a_shelf_without_a_slice_keeps_its_sentinels_and_lays_them_out(tmp_path: Path) -> None:
    shelf = replace(planted_language.shelf(), sentinels=sentinels())
    assert "sentinels" in shelf.without("school").lay_out(tmp_path)
    assert pl.read_parquet(tmp_path / "shards" / "sentinels.parquet").equals(sentinels())
