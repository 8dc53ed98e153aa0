from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.vintage import impossible, parsed_day


def day_of(written: str) -> date | None:
    found: date | None = pl.select(parsed_day(pl.lit(written, dtype=pl.String))).item()
    return found


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2016-09-27", date(2016, 9, 27)),
        ("2016-9-7", date(2016, 9, 7)),
        ("2022-10-11 12:10:00 -0500", date(2022, 10, 11)),
        ("2016-03-23 9:00:00 -4", date(2016, 3, 23)),
        ("2020-01-02T03:04:05-05:00", date(2020, 1, 2)),
        ("2020-01-02T03:04:05.123456Z", date(2020, 1, 2)),
        ("2020-01-02 03:04", date(2020, 1, 2)),
        ("2019", date(2019, 12, 31)),
        ("2019-02", date(2019, 2, 28)),
        ("0999-01-01", date(999, 1, 1)),
    ],
)
def test_dates_are_read_as_publishers_write_them(written: str, day: date) -> None:
    assert day_of(written) == day


@pytest.mark.parametrize(
    "written", ["2021-02-30", "2021-13-01", "yesterday", "05/03/2019", "2019-01-01 noon", "1650000000", "20190101x", ""]
)
def test_what_is_no_date_is_no_day(written: str) -> None:
    assert day_of(written) is None


@given(st.dates(min_value=date(1000, 1, 1)))
def test_every_day_is_read_back_from_its_iso_form_and_a_coarser_form_is_never_older(day: date) -> None:
    assert day_of(day.isoformat()) == day
    assert (day_of(day.isoformat()[:7]) or date.min) >= day
    assert (day_of(day.isoformat()[:4]) or date.min) >= day


def test_only_years_from_1000_to_2100_are_possible() -> None:
    days = pl.Series([date(999, 12, 31), date(1000, 1, 1), date(2100, 12, 31), date(2101, 1, 1)])
    assert pl.select(impossible(pl.lit(days))).to_series().to_list() == [True, False, False, True]
