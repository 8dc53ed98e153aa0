"""Columns that nobody mapped, and that by their names say how well a text did: a batch may have been picked or weighted by one (R62).

Only names are looked at, never values: a column of numbers says nothing of itself.
"""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import pairwise

from governance.provenance.mapping import ColumnMapping

MOST_NAMES, MOST_CHARACTERS = 20, 40
_WORDS = """
    boost click clicks clicked clickthrough conversion conversions ctr dwell engagement fitness impressions likes liked oversample
    pageviews performance popularity preference rank ranking rating ratings reactions repeats retention revenue reward rewards sales
    score scores scored stars success successes upsample upvotes views virality votes weight weights winner winrate wins
"""
SUCCESS_WORDS = frozenset(_WORDS.split())
SUCCESS_PAIRS = frozenset((("open", "rate"), ("win", "rate"), ("click", "rate"), ("read", "time"), ("time", "spent")))
_SEAM = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|[^0-9A-Za-z]+|(?<=[a-zA-Z])(?=[0-9])")


def tells_success(name: str) -> bool:
    """True where one of the words of a name is about success: `ctr`, `engagementScore`, `open_rate`; not `description` or `scoreboard`."""
    words = [word.casefold() for word in _SEAM.split(unicodedata.normalize("NFKC", name[:200])) if word]
    return not SUCCESS_WORDS.isdisjoint(words) or not SUCCESS_PAIRS.isdisjoint(pairwise(words))


def unmapped_success(names: Iterable[str], mapping: ColumnMapping) -> Sequence[str]:
    """The names of columns about success that no field is read from: the first 20 in order, cut to 40 characters."""
    read = {*mapping.scalar_columns, *mapping.list_columns}
    return first_names(name for name in names if name not in read and tells_success(name))


def first_names(names: Iterable[str]) -> Sequence[str]:
    """So few that they can be kept for any number of columns, and the same few in whatever order they come."""
    return tuple(sorted({name[:MOST_CHARACTERS] for name in names})[:MOST_NAMES])


def success_words(columns: Sequence[str]) -> str:
    """What a person is told of them, as a sentence without its full stop."""
    named = ", ".join(columns)
    which = "columns sound" if len(columns) > 1 else "a column sounds"
    return (
        f"{which} like how well a text did, and no field is mapped to it: {named}. Where model text was picked or weighted by it, say so"
        f' ([source.mapping] success = "{columns[0]}"): only a mapped column is seen'
    )
