"""Which releases learnt from some rows, as far as that was kept; and taking rows out for good. Plain functions, no Prefect."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl

from flows.finish import archive_of
from flows.label_rows import seen
from flows.recall import authors_of, recorded_rows, withdrawn_rows
from governance.actions.freeze import frozen_cycle
from governance.actions.withdraw import Request, withdraw_rows
from governance.adapters.withdrawal_folder import WithdrawalFolder
from governance.digest import read_document
from governance.errors import UsageError
from governance.ports.desk import SHARDS
from governance.provenance.labels.label import KEY
from governance.release.judged import Withdrawal
from governance.release.kinship import descended
from governance.release.state import ADOPTED, State
from governance.wiring import Shop, steps

ID_CHARACTERS = 200
_PAIRS = pl.Schema({"row_id": pl.String(), "version": pl.Int64()})
_OF_ROWS = ("anchors", "tail", "human")


@dataclass(frozen=True, slots=True, kw_only=True)
class Learnt:
    """Who was trained on some rows: version -> rows; `perhaps` are versions of which it cannot be told, `started` those that started from
    the weights of such a one or learnt from its text; `open_cycle` is the cycle at hand where it was mixed with them and has no release.
    """

    trained: dict[int, int] = field(default_factory=dict)
    perhaps: tuple[int, ...] = ()
    started: tuple[int, ...] = ()
    open_cycle: int | None = None
    shards: dict[str, int] = field(default_factory=dict)
    """Pinned shard -> rows of them that stand in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """What a withdrawal came to. `changed` is False where the rows had been withdrawn before; `already` of them had been."""

    withdrawal: Withdrawal
    changed: bool
    rows: int
    already: int
    kept_files: int
    learnt: Learnt


def ids_in(file: Path) -> list[str]:
    """The row ids of a file, one a line. Raises: UsageError where it cannot be read, or holds what is no id."""
    try:
        lines = [line.strip() for line in file.read_text(encoding="utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError("cannot be read as a file of row ids", where=str(file), expected="one id a line, in UTF-8") from error
    ids = [line for line in lines if line]
    if long := [f"line {number}" for number, line in enumerate(lines, 1) if len(line) > ID_CHARACTERS]:
        raise UsageError(
            f"{len(long)} lines are no row ids", where=str(file), expected=f"at most {ID_CHARACTERS} characters", examples=long
        )
    return ids


def withdraw(shop: Shop, ids: Sequence[str], reason: str) -> Withdrawn:
    """Bar rows from every later mix, and take them out of what is kept.

    Raises: UsageError where nothing is known of a row, naming at most five: then nothing is recorded.
    """
    wanted = sorted(set(ids))
    if not wanted:
        raise UsageError("no row is named", fix='heirloom withdraw ROW --reason "...", or --file FILE with one id a line')
    state = shop.ledger.state()
    known = known_rows(shop, state, wanted)
    if unknown := sorted(set(wanted) - set(known["row_id"])):
        raise UsageError(
            f"nothing is known of {len(unknown)} of {len(wanted)} rows",
            expected="ids of rows of the cycle at hand, of earlier batches, of kept rows or of pinned shards",
            examples=unknown,
            fix="correct them; nothing was recorded",
        )
    before = withdrawn_rows(shop, state)
    fresh = known.join(before, on=KEY, how="anti")
    learnt = learnt_from(shop, state, known)
    store = WithdrawalFolder(folder=shop.workspace.withdrawn)
    already = len(set(wanted) & set(before["row_id"]))
    if fresh.is_empty():
        shop.rows.forget(set(state.replaced_rows) - set(state.kept_rows.values()))
        seq = before.join(known, on=KEY, how="semi")["seq"].max()
        last = next(one for one in state.withdrawn.values() if one.seq == seq)
        return Withdrawn(withdrawal=last, changed=False, rows=0, already=already, kept_files=0, learnt=learnt)
    told = trained_on(shop, state, fresh).group_by("row_id").agg(pl.col("version").sort().alias("trained"))
    fresh = fresh.join(told, on="row_id", how="left").with_columns(pl.col("trained").fill_null([]))
    request = Request(rows=fresh, reason=reason, trained=learnt.trained, perhaps=learnt.perhaps)
    done, changed = withdraw_rows(shop.ledger, store, shop.rows, request, read=state, authors=authors_of(shop, state), steps=steps())
    replaced = [seq for seq in shop.ledger.state().replaced_rows.values() if seq == done.seq]
    return Withdrawn(
        withdrawal=done, changed=changed, rows=fresh["row_id"].n_unique(), already=already, kept_files=len(replaced), learnt=learnt
    )


def known_rows(shop: Shop, state: State, ids: Collection[str]) -> pl.DataFrame:
    """`row_id` and `sha256` of everything that is known under these ids: at hand, in the memory, in kept rows and in pinned shards."""
    wanted = pl.col("row_id").is_in(list(ids))
    parts = [seen(shop, ids).select(KEY)]
    parts += [frame.filter(wanted) for sha256 in state.kept_rows.values() for frame in shop.rows.frames(sha256, KEY)]
    parts += [rows.filter(wanted) for _, rows in _shards(shop)]
    return pl.concat(parts).unique().sort(KEY)


def learnt_from(shop: Shop, state: State, rows: pl.DataFrame) -> Learnt:
    """Who was trained on rows (`row_id`, `sha256`), under their id or as the same text under another one."""
    digest, mixed = _mixed_at_hand(shop, rows)
    by_cycle = {r.cycle_digest: r.version for r in state.releases.values()}
    pairs = trained_on(shop, state, rows)
    counted = dict(pairs.group_by("version").len().sort("version").iter_rows())
    back = {back for version in counted for back in _came_back(shop, state, state.releases[version].cycle)}
    last = _last_admitted(shop, state, rows)
    untold = {
        r.version
        for r in state.releases.values()
        if r.kind != ADOPTED and r.cycle_digest not in state.kept_rows and r.cycle_digest != digest and (last is None or r.cycle <= last)
    }
    shards = {name: len(_asked(rows, found)) for name, found in _shards(shop)}
    return Learnt(
        trained=counted,
        perhaps=tuple(sorted((untold | back) - set(counted))),
        started=tuple(sorted(descended(state.parents, counted))),
        open_cycle=_number_at_hand(shop) if len(mixed) and digest not in by_cycle else None,
        shards={name: count for name, count in shards.items() if count},
    )


def trained_on(shop: Shop, state: State, rows: pl.DataFrame) -> pl.DataFrame:
    """`row_id` and `version` of every release that is known to have been trained on one of the rows: from kept rows, from the mix at hand,
    from the pinned anchors, which every release saw, and from what was recorded when a row was withdrawn.
    """
    by_cycle = {r.cycle_digest: r.version for r in state.releases.values()}
    found = [_PAIRS.to_frame()]
    for cycle, sha256 in state.kept_rows.items():
        if cycle in by_cycle:
            found += [_pairs(_asked(rows, frame), by_cycle[cycle]) for frame in shop.rows.frames(sha256, KEY)]
    digest, mixed = _mixed_at_hand(shop, rows)
    if digest in by_cycle:
        found.append(_pairs(mixed, by_cycle[digest]))
    for name, shard in _shards(shop):
        if name == "anchors":
            found += [_pairs(_asked(rows, shard), r.version) for r in state.releases.values() if r.kind != ADOPTED]
    told = recorded_rows(shop, state).join(rows, on="row_id", how="semi").select("row_id", version="trained")
    found.append(told.explode("version", empty_as_null=False, keep_nulls=False).cast(_PAIRS))
    return pl.concat(found).unique().sort("row_id", "version")


def _asked(rows: pl.DataFrame, found: pl.DataFrame) -> pl.Series:
    """The ids of asked rows that are among those found, under their id or as the same text."""
    both = [rows.join(found, on=key, how="semi")["row_id"] for key in KEY]
    return pl.concat(both).unique()


def _pairs(ids: pl.Series, version: int) -> pl.DataFrame:
    return ids.to_frame().with_columns(pl.lit(version, dtype=pl.Int64).alias("version"))


def _shards(shop: Shop) -> Iterator[tuple[str, pl.DataFrame]]:
    for name in _OF_ROWS:
        place = shop.workspace.root / SHARDS[name]
        if place.is_file():
            yield name, pl.read_parquet(place, columns=list(KEY))


def _came_back(shop: Shop, state: State, cycle: int) -> set[int]:
    """Versions whose cycle let the rows of an earlier one come back: which of them it drew is not kept."""
    found = set()
    for release in state.releases.values():
        place = archive_of(shop, release.cycle_digest) / "cycle.json"
        if place.is_file() and cycle in read_document(place).get("earlier", {}).get("cycles", ()):
            found.add(release.version)
    return found


def _mixed_at_hand(shop: Shop, rows: pl.DataFrame) -> tuple[str, pl.Series]:
    """(digest of the cycle at hand, the ids of asked rows that are in its mix and no anchors)."""
    at_hand, place = frozen_cycle(shop.workspace), shop.workspace.cycle / "mix.parquet"
    if at_hand is None or not place.is_file():
        return "", rows["row_id"].clear()
    mix = pl.read_parquet(place, columns=[*KEY, "role"]).filter(pl.col("role") != "anchor")
    return at_hand[1], _asked(rows, mix)


def _number_at_hand(shop: Shop) -> int | None:
    at_hand = frozen_cycle(shop.workspace)
    return int(at_hand[0]["number"]) if at_hand else None


def _last_admitted(shop: Shop, state: State, rows: pl.DataFrame) -> int | None:
    """The last cycle that admitted one of the rows; None where the memory has forgotten one of them."""
    place = shop.memory.settled(state.memory)
    if place is None:
        return None
    memory = pl.scan_parquet(place).filter(pl.col("row_id").is_in(rows["row_id"].implode())).select("row_id", "cycle").collect()
    if memory["row_id"].n_unique() < rows["row_id"].n_unique():
        return None
    return int(str(memory["cycle"].max()))
