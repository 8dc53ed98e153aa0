"""Words that no mix takes: those of a recalled release, those that somebody asked out, and what was made from either."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np
import polars as pl

from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Places
from governance.provenance.kin import descendants
from governance.provenance.recalled import Recalled
from governance.provenance.row import OWN_WORDS
from governance.provenance.withdrawn import is_withdrawn, nothing_withdrawn

RECALLED, WITHDRAWN = "recalled", "withdrawn"
ELSEWHERE = pl.Schema({"row_id": pl.String, "version": pl.Int64})
_NOBODY = -1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Barred:
    """What cycle.json bars: the recalled releases, rows of earlier batches that one of them wrote (`ELSEWHERE`), and withdrawn rows."""

    recalled: tuple[Recalled, ...] = ()
    elsewhere: pl.DataFrame = field(default_factory=ELSEWHERE.to_frame)
    withdrawn: pl.DataFrame = field(default_factory=nothing_withdrawn)


def written_elsewhere(memory: pl.LazyFrame, recalled: Sequence[Recalled]) -> pl.DataFrame:
    """The rows of the memory that a recalled release wrote: what was made from them comes from it too."""
    if not recalled:
        return ELSEWHERE.to_frame()
    said = memory.filter(~pl.col("origin").is_in(OWN_WORDS)).select("row_id", "generator", "generator_version").collect()
    authors = said.select("generator", "generator_version").unique()
    meant = [next((one.version for one in recalled if one.wrote(*author)), None) for author in authors.iter_rows()]
    theirs = authors.with_columns(pl.Series("version", meant, dtype=pl.Int64)).drop_nulls("version")
    return said.join(theirs, on=authors.columns, nulls_equal=True).select(ELSEWHERE.names())


def without_withdrawn(sieve: Sieve, barred: Barred) -> tuple[Sieve, dict[str, int]]:
    """Withdrawn rows leave, the same text under another id, and everything that was made from one; and what mix.json says of them."""
    if barred.withdrawn.is_empty():
        return sieve, {"rows": 0, "tokens": 0}
    said = [is_withdrawn(rows, barred.withdrawn) for rows in sieve.pieces("row_id", "sha256")]
    theirs = pl.concat([pl.Series([], dtype=pl.Boolean), *said]).to_numpy()
    ids = sieve.column("row_id")
    origins = pl.concat([barred.withdrawn["row_id"], ids.filter(pl.Series(theirs))])
    made = ids.is_in(descendants(_edges(sieve, pl.lit(value=True)), origins).implode()).to_numpy() & ~theirs
    at = np.flatnonzero(theirs | made)
    details = ["made from a withdrawn row" if derived else "withdrawn" for derived in made[at].tolist()]
    told = {"rows": int(at.size), "tokens": int(sieve.chosen(at, "tokens")["tokens"].sum())}
    return sieve.without(at, WITHDRAWN, pl.Series(details, dtype=pl.String)), told


def without_recalled(sieve: Sieve, barred: Barred, model: str) -> tuple[Sieve, list[dict[str, Any]]]:
    """Model text of recalled releases leaves, and text that was made from it; and what mix.json says of each of them.

    Text of the line that names no version may be any release's: once one is recalled, it leaves too.
    """
    recalled = barred.recalled
    if not recalled:
        return sieve, []
    wrote = _authors(sieve, recalled, model)
    made = _made_from(sieve, barred, wrote)
    said: list[dict[str, Any]] = []
    for number, one in enumerate((*recalled, None)):
        name = f"{model}/{one.version} (quarantined, ledger {one.seq})" if one else f"{model} of unknown version, and one is quarantined"
        told = {"version": one.version if one else None, "ledger_seq": one.seq if one else None, "name": _short(model, one)}
        theirs, derived = np.flatnonzero(wrote == number), np.flatnonzero(made == number)
        at = np.concatenate([theirs, derived])
        details = pl.Series([f"by {name}"] * theirs.size + [f"made from text by {name}"] * derived.size, dtype=pl.String)
        rows, tokens = int(at.size), int(sieve.chosen(at, "tokens")["tokens"].sum())
        stays = (wrote != number) & (made != number)
        sieve, wrote, made = sieve.without(at, RECALLED, details), wrote[stays], made[stays]
        if one or rows:
            said.append({**told, "rows": rows, "tokens": tokens})
    return sieve, said


def recalled_words(mix: Mapping[str, Any]) -> list[str]:
    """`302 tainted by student/14 (quarantined)`, for each recalled release whose words were in the batch."""
    return [f"{one['rows']:,} tainted by {one['name']} (quarantined)" for one in mix.get("recalled", ()) if one["rows"]]


def _short(model: str, one: Recalled | None) -> str:
    return f"{model}/{one.version}" if one else f"{model}, version unknown"


def _authors(sieve: Sieve, recalled: Sequence[Recalled], model: str) -> Places:
    """For each row the place of the recalled release that wrote it, one more for text of the line without a version, -1 for others."""

    @cache
    def judge(generator: str | None, version: str | None) -> int:
        found = next((number for number, one in enumerate(recalled) if one.wrote(generator, version)), _NOBODY)
        return len(recalled) if found == _NOBODY and generator == model and version is None else found

    parts = [np.zeros(0, dtype=np.int64)]
    for rows in sieve.pieces("origin", "generator", "generator_version"):
        authors = rows.unique().filter(~pl.col("origin").is_in(OWN_WORDS))
        judged = [judge(generator, version) for _, generator, version in authors.iter_rows()]
        verdicts = authors.with_columns(pl.Series("by", judged, dtype=pl.Int64))
        found = rows.join(verdicts, on=rows.columns, how="left", nulls_equal=True, maintain_order="left")["by"]
        parts.append(found.fill_null(_NOBODY).to_numpy())
    return np.concatenate(parts)


def _made_from(sieve: Sieve, barred: Barred, wrote: Places) -> Places:
    """Likewise for model text by others that was made, at whatever distance, from rows that a recalled release wrote."""
    made = np.full(sieve.height, _NOBODY, dtype=np.int64)
    edges = _edges(sieve, ~pl.col("origin").is_in(OWN_WORDS))
    if edges.is_empty():
        return made
    ids = sieve.column("row_id")
    for number, version in enumerate((*(one.version for one in barred.recalled), None)):
        here = ids.gather(np.flatnonzero(wrote == number))
        there = barred.elsewhere.filter(pl.col("version").eq_missing(version))["row_id"]
        below = descendants(edges, pl.concat([here, there]))
        reached = ids.is_in(below.implode()).to_numpy() & (wrote == _NOBODY) & (made == _NOBODY)
        made[reached] = number
    return made


def _edges(sieve: Sieve, which: pl.Expr) -> pl.DataFrame:
    """`child` and `parent` of the rows that are still in, of those that `which` is true of."""
    parented = which & (pl.col("parent_ids").list.len() > 0)
    parts = (part.filter(parented).select(child="row_id", parent="parent_ids") for part in sieve.pieces("row_id", "origin", "parent_ids"))
    nothing = pl.DataFrame(schema={"child": pl.String, "parent": pl.String})
    return pl.concat([nothing, *(part.explode("parent") for part in parts)])
