"""What no gate decides by is watched: Holm over all such readings, beyond a mark, and a gate's own metric is left to the gate."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from governance.adapters.report.documents import read_cycle
from governance.adapters.report.page import render
from governance.advice.watched import MARK_PERCENT, watched
from governance.digest import read_document, write_document
from governance.stages.closure import closure
from governance.stages.gate_version import CODE
from tests.report.cycle_on_disk import write_cycle

MARK = math.log1p(MARK_PERCENT / 100)
NOTHING: dict[str, Any] = {"gates": []}


def reading(name: str, log_change: float, se: float = 0.02, better: str = "lower", n: int = 400) -> dict[str, Any]:
    low, change, high = (math.expm1(log_change + side * 1.65 * se) for side in (-1, 0, 1))
    found = {"change": change, "low": low, "high": high, "se": se, "noise": 0.0, "n": n}
    return {"name": name, "title": name.replace("_", " "), "better": better, "against": {"baseline": found}}


def names(*entries: dict[str, Any], decision: dict[str, Any] | None = None) -> list[str]:
    return [one.metric for one in watched({"metrics": entries}, decision or NOTHING)]


@pytest.mark.parametrize(
    ("better", "log_change", "said"),
    [
        ("lower", 0.3, True),
        ("lower", -0.3, False),
        ("higher", -0.3, True),
        ("higher", 0.3, False),
        ("two-sided", 0.3, True),
        ("two-sided", -0.3, True),
        ("two-sided", 0.02, False),
    ],
)
def test_a_reading_is_watched_in_the_direction_that_is_worse(better: str, log_change: float, said: bool) -> None:
    assert names(reading("refusals", log_change, better=better)) == ["refusals"] * said


def test_what_a_gate_judged_and_what_was_never_compared_is_not_watched() -> None:
    both = [reading("distinct_2", 0.5, better="two-sided"), reading("self_bleu", 0.5)]
    assert names(*both, decision={"gates": [{"metric": "distinct_2"}]}) == ["self_bleu"]
    missing = {**reading("hallucination", 0.5), "against": {"baseline": {"change": None, "reason": "no sentinels"}}}
    assert names(missing, {**missing, "against": {}}) == []
    assert watched(None, NOTHING) == []


def test_holm_asks_more_of_one_reading_among_many_and_is_gentler_once_one_is_sure() -> None:
    doubtful = reading("openings", MARK + 2.0 * 0.02)  # one-sided chance of 2.3 %
    assert names(doubtful) == ["openings"]
    calm = [reading(f"calm_{n}", 0.0) for n in range(4)]
    assert names(doubtful, *calm) == []
    sure = [reading(f"sure_{n}", 0.6) for n in range(3)]
    assert names(doubtful, calm[0], *sure) == ["sure_0", "sure_1", "sure_2", "openings"]


def test_at_the_mark_a_word_is_said_of_any_of_twenty_readings_in_at_most_five_of_a_hundred_cycles() -> None:
    rng = np.random.Generator(np.random.Philox(8))
    said = 0
    for _ in range(2000):
        together = rng.normal() * 0.6
        drawn = MARK + 0.02 * (together + 0.8 * rng.normal(size=20))
        said += bool(names(*(reading(f"m{n}", float(value)) for n, value in enumerate(drawn))))
    assert said / 2000 <= 0.05


def test_the_report_says_it_under_the_gates_and_no_verdict_knows_it(tmp_path: Path) -> None:
    folder = write_cycle(tmp_path / "cycle")
    assert "moved too far to be chance" not in render(read_cycle(folder))
    measures = read_document(folder / "measures.json")
    measures["metrics"].append({**measures["metrics"][-1], **reading("refusals", 0.9), "title": "refusals <b>"})
    write_document(folder / "measures.json", measures)
    page = render(read_cycle(folder))
    assert "<b>Look at</b> refusals &lt;b&gt; moved +146.0 % [" in page
    assert page.index("<h2>Gates") < page.index("<b>Look at</b> refusals") < page.index("<h2>Your own tasks")
    assert "governance.advice.watched" not in closure(CODE)
