"""Dates as publishers write them -> the day a text was written; a coarse date counts as its last day, never as older than it may be."""

import polars as pl

EARLIEST_YEAR, LATEST_YEAR = 1000, 2100
_TIME = r"[T ]+\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?"
PATTERN = rf"^(?P<year>\d{{4}})(?:-(?P<month>\d{{1,2}})(?:-(?P<day>\d{{1,2}})(?:{_TIME})?)?)?$"
"""`2019`, `2019-03`, `2019-03-05`, `2019-03-05T9:00:00Z`, `2019-03-05 10:00:43 -0400`: the forms found in real archives."""


def parsed_day(column: pl.Expr) -> pl.Expr:
    """Strings -> Date, null where there is no such day.

    The day is the one the publisher wrote: a zone does not move it. A month stands for its last day, a year for 31 December, so that
    nothing is ever taken for older than it is.
    """
    parts = column.str.extract_groups(PATTERN).struct
    year, month, day = parts.field("year"), parts.field("month"), parts.field("day")
    first = pl.concat_str(year, month.str.zfill(2).fill_null("12"), day.str.zfill(2).fill_null("01"), separator="-")
    start = first.str.to_date("%Y-%m-%d", strict=False)
    return pl.when(day.is_null()).then(start.dt.month_end()).otherwise(start)


def impossible(column: pl.Expr) -> pl.Expr:
    """Days no text can have been written on, whatever the clock says: before the year 1000 or after 2100."""
    return (column.dt.year() < EARLIEST_YEAR) | (column.dt.year() > LATEST_YEAR)
