"""One name per generator: spellings that a reviewed table of the policy knows are brought to it, all others are left as they are.

A spelling is recognised to the letter, never by likeness: `gpt-4` and `gpt-4o` are as like as two spellings of one model. What is only
like a known name (case, blanks, hyphens, dots) is suggested to whoever keeps the table.
"""

from collections.abc import Mapping

import polars as pl

FOUND = "generator_found"
"""The column that keeps the name as the file spelt it."""
CONTRADICTORY_VERSION = "contradictory-version"

_SIGNS = "".join(chr(code) for code in range(128) if not chr(code).isalnum())
_PLAIN = str.maketrans("", "", _SIGNS)


def named_as_reviewed(claims: pl.DataFrame, aliases: Mapping[str, str], versions: Mapping[str, str]) -> pl.DataFrame:
    """The same rows under reviewed names; the column `generator_found` keeps each name as it was found.

    A spelling that names a version too gives it to a row that states none. A version that only repeats the spelling states none.
    """
    found = claims.with_columns(pl.col("generator").alias(FOUND))
    if not aliases:
        return found
    stated = pl.when(pl.col("generator").is_in(list(aliases)) & (pl.col("generator_version") == pl.col("generator"))).then(None)
    version = stated.otherwise("generator_version")
    return found.with_columns(
        _replaced("generator", aliases),
        pl.coalesce(version, _version_of(versions)).alias("generator_version"),
    )


def contradicts(versions: Mapping[str, str]) -> pl.Expr:
    """True where the spelling names one version and the row states another."""
    return (_version_of(versions) != pl.col("generator_version")).fill_null(value=False)


def suggestions(names: Mapping[str, int], aliases: Mapping[str, str]) -> Mapping[str, str]:
    """Spelling -> the name that it is only like; `names` are names after review, with their rows.

    Names of the table win; of names that it does not hold, the one with the most rows, then the first by letters.
    """
    known = {*aliases.values()}
    strange = sorted((name for name in names if name not in known), key=lambda name: (-names[name], name))
    nearest: dict[str, str] = {}
    for name in (*sorted(known), *strange):
        nearest.setdefault(folded(name), name)
    for spelling, name in sorted(aliases.items()):
        nearest.setdefault(folded(spelling), name)
    return {name: nearest[folded(name)] for name in sorted(strange) if nearest[folded(name)] != name}


def folded(name: str) -> str:
    """A name without case, blanks, hyphens and other signs."""
    return "".join(name.casefold().translate(_PLAIN).split())


def _replaced(column: str, table: Mapping[str, str]) -> pl.Expr:
    return pl.col(column).replace(list(table), list(table.values()))


def _version_of(versions: Mapping[str, str]) -> pl.Expr:
    """The version that a spelling names; null where it names none."""
    if not versions:
        return pl.lit(None, dtype=pl.String)
    return pl.col(FOUND).replace_strict(list(versions), list(versions.values()), default=None, return_dtype=pl.String)
