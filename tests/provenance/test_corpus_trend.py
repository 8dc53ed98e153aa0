"""The trend of declared model text over the years, and a share with its interval: told only where the years tell it."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.corpus.document import trend
from governance.provenance.corpus.shares import Counted
from governance.provenance.corpus.tally import Tally
from governance.provenance.corpus.trend import FALLS, OPEN, RISES, NoTrend, Trend, trend_of
from tests.provenance.corpus_rows import held, human, model


def slope(years: dict[int, tuple[int, int]]) -> Trend:
    found = trend_of(years)
    assert isinstance(found, Trend)
    return found


def test_a_share_that_climbs_rises_and_its_mirror_falls():
    climbing = {2015 + n: (40 * n + 3 * (n % 2), 1000) for n in range(8)}
    assert slope(climbing).direction == RISES
    assert slope(climbing).slope == pytest.approx(0.04, abs=0.002)
    assert slope({year: (of - hits, of) for year, (hits, of) in climbing.items()}).direction == FALLS


def test_one_large_year_is_one_year_however_many_rows_it_has():
    level = {2010 + n: (20, 100) for n in range(9)}
    assert slope({**level, 2019: (900, 1000)}).slope == slope({**level, 2019: (900_000, 1_000_000)}).slope
    assert slope({**level, 2019: (900_000, 1_000_000)}).direction == OPEN


@pytest.mark.parametrize("years", [4, 6, 10, 16])
def test_an_interval_covers_the_level_truth_at_least_as_often_as_it_says(years: int):
    stream = np.random.Generator(np.random.Philox(years))
    covered = 0
    for _ in range(600):
        shares = stream.beta(2, 6, years)
        rows = stream.integers(40, 5_000, years)
        found = slope({2000 + n: (int(stream.binomial(rows[n], shares[n])), int(rows[n])) for n in range(years)})
        covered += found.low <= 0 <= found.high
    assert covered / 600 >= 0.93


def test_points_that_lie_on_a_line_do_not_make_it_certain():
    found = slope({2020: (10, 100), 2021: (20, 100), 2022: (30, 100)})
    assert found.high - found.low > 0.1


@pytest.mark.parametrize(
    ("years", "why"),
    [
        ({2020: (5, 100), 2021: (9, 100)}, "at least 3 are wanted"),
        ({2020: (5, 100), 2021: (9, 100), 2022: (9, 29)}, "at least 3 are wanted"),
        ({2020: (0, 100), 2021: (0, 100), 2022: (0, 100)}, "no row"),
        ({2020: (50, 50), 2021: (50, 50), 2022: (50, 50)}, "every row"),
    ],
)
def test_where_nothing_can_be_told_it_says_why(years: dict[int, tuple[int, int]], why: str):
    found = trend_of(years)
    assert isinstance(found, NoTrend)
    assert why in found.reason


def test_rows_of_unknown_vintage_or_origin_are_in_no_year():
    dated = [human(f"h{year}{n}", "t", vintage=str(year)) for year in (2019, 2020, 2021) for n in range(40)]
    dated += [model(f"m{n}", "t", vintage="2021") for n in range(20)]
    plain = trend(Tally().with_rows(held(*dated), {}, {}))
    undated = [model(f"u{n}", "t") for n in range(500)]
    unlabelled = [{"row_id": f"x{n}", "text": "t", "vintage": "2019"} for n in range(500)]
    assert trend(Tally().with_rows(held(*dated, *undated, *unlabelled), {}, {})) == plain


@given(st.integers(0, 500), st.integers(0, 500))
def test_a_share_is_inside_its_interval_and_the_interval_inside_the_unit(hits: int, rest: int):
    counted = Counted(hits=hits, rows=hits + rest)
    low, high = counted.interval
    assert 0 <= low <= high <= 1
    assert not counted.rows or low <= hits / counted.rows <= high


def test_the_interval_is_wilsons():
    low, high = Counted(hits=10, rows=100).interval
    assert (round(low, 4), round(high, 4)) == (0.0552, 0.1744)
    assert Counted(hits=0, rows=0).interval == (0.0, 1.0)
    with pytest.raises(ValueError, match="no share"):
        Counted(hits=3, rows=2)
