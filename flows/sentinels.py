"""The sentinels of a workspace: an optional shard that is pinned when it is first seen. Plain functions, no Prefect."""

from dataclasses import replace

import polars as pl

from governance.collapse.sentinels import SENTINELS_FILE, checked_sentinels
from governance.digest import digest_file
from governance.errors import IntegrityError
from governance.mixing.benchmarks import BENCHMARKS_SCHEMA, Benchmarks
from governance.release import kinds
from governance.release.state import State
from governance.wiring import Shop

GUARD = "sentinels"
"""The name under which the sentinels stand among the benchmarks."""


def pinned_sentinels(shop: Shop, state: State) -> pl.DataFrame | None:
    """The sentinels; None where none were ever planted.

    Raises: IntegrityError where the file is not what the ledger pinned, or is no table of sentinels.
    """
    path = shop.workspace.shards / SENTINELS_FILE
    found = digest_file(path) if path.is_file() else None
    if state.sentinels is not None and found != state.sentinels:
        said = f"is {found[:12]}" if found else "is missing"
        raise IntegrityError(f"{said}, pinned as {state.sentinels[:12]}", where=str(path), fix="restore the pinned file")
    if found is None:
        return None
    try:
        return checked_sentinels(pl.read_parquet(path))
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(str(error), where=str(path), expected="sentinel_id, slice, true_text, false_text") from error


def guarded(benchmarks: Benchmarks, sentinels: pl.DataFrame | None) -> Benchmarks:
    """The benchmarks with the sentinels among their texts: no row that says one of them, true or false, is trained on."""
    if sentinels is None:
        return benchmarks
    said = pl.concat([sentinels["true_text"], sentinels["false_text"]])
    texts = pl.select(benchmark=pl.lit(GUARD), line=pl.int_range(1, len(said) + 1, dtype=pl.Int64), text=said)
    return replace(benchmarks, texts=pl.concat([benchmarks.texts, texts.select(BENCHMARKS_SCHEMA.names())]))


def record_sentinels(shop: Shop, state: State) -> None:
    """Pin what is seen for the first time."""
    path = shop.workspace.shards / SENTINELS_FILE
    if state.sentinels is None and path.is_file():
        shop.ledger.record(kinds.SENTINELS_PINNED, {"sha256": digest_file(path)})
