"""Limits of the policy on a corpus: counted in tokens as integers, or by the interval of a sample; none is set unless somebody sets it."""

import numpy as np
import pytest

from governance.provenance.corpus.emitted import own_emissions
from governance.provenance.corpus.limits import EXCEEDED, HELD, NOT_MEASURED, exceeded, limits
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.corpus.shares import Counted
from governance.provenance.corpus.tally import Tally
from governance.provenance.emissions import emitted
from governance.provenance.synthesis import EmissionLimits
from tests.provenance.corpus_rows import held, human, model

NEAR = Counted(hits=5, rows=100)


def words(count: int) -> str:
    return " ".join("w" for _ in range(count))


TALLY = Tally().with_rows(
    held(
        human("a", words(60), vintage="2019"),
        model("b", words(30), vintage="2024"),
        human("c", words(5), vintage="2024"),
        {"row_id": "d", "text": words(5)},
    ),
    {},
    {},
)


def outcome(**settings) -> list[tuple[str, str]]:
    return [(limit.setting, limit.outcome) for limit in limits(CorpusRules(**settings), TALLY, None, NEAR)]


def test_without_a_limit_there_is_only_a_report():
    assert outcome() == []


def test_a_limit_holds_at_its_number_and_is_exceeded_above_it():
    assert outcome(max_synthetic_percent=30) == [("max_synthetic_percent", HELD)]
    assert outcome(max_synthetic_percent=29) == [("max_synthetic_percent", EXCEEDED)]
    assert outcome(max_unknown_percent=5) == [("max_unknown_percent", HELD)]
    assert outcome(max_unknown_percent=4) == [("max_unknown_percent", EXCEEDED)]


def test_since_a_year_text_of_unknown_vintage_is_not_taken_for_older():
    assert outcome(max_synthetic_percent=75, since=2020) == [("max_synthetic_percent", HELD)]
    assert outcome(max_synthetic_percent=74, since=2020) == [("max_synthetic_percent", EXCEEDED)]
    assert outcome(max_unknown_percent=12, since=2025) == [("max_unknown_percent", EXCEEDED)]


def test_a_sample_exceeds_a_limit_only_where_its_whole_interval_does():
    assert outcome(max_near_duplicate_percent=3) == [("max_near_duplicate_percent", HELD)]
    assert outcome(max_near_duplicate_percent=2) == [("max_near_duplicate_percent", EXCEEDED)]


def test_a_limit_on_what_nobody_can_see_is_not_measured_and_stops_nobody():
    found = limits(CorpusRules(max_own_emissions_percent=0), TALLY, None, NEAR)
    assert [limit.outcome for limit in found] == [NOT_MEASURED]
    assert exceeded(found) == []


@pytest.mark.parametrize(
    "settings", [{"max_unknown_percent": 101}, {"since": 2020}, {"since": 5, "max_unknown_percent": 1}, {"fewest_documents": 1}]
)
def test_a_limit_that_cannot_be_is_refused(settings):
    with pytest.raises(ValueError, match=next(iter(settings))):
        CorpusRules(**settings)


def prose(count: int, seed: int) -> str:
    return " ".join(f"w{n}" for n in np.random.Generator(np.random.Philox(seed)).integers(0, 50_000, count))


def test_our_own_text_is_found_whatever_it_claims_to_be_and_a_short_one_gives_no_answer():
    ours = [prose(60, seed) for seed in range(10)]
    ledger = emitted("teacher/1", ours, [""] * 10, EmissionLimits())
    rows = held(
        human("copy", ours[0]),
        human("edited", ours[1].replace("w1", "v1", 3)),
        model("said", ours[2], generator="teacher"),
        human("own", prose(60, 99)),
        human("short", "six words are too few here"),
    )
    found = own_emissions(rows, ledger, 50)
    assert (found.counted.hits, found.counted.rows, found.unanswered) == (3, 4, 1)
    assert {name: (one.hits, one.rows) for name, one in found.by_origin.items()} == {"human": (2, 3), "model": (1, 1)}
    assert found.row_ids == ("copy", "edited")
