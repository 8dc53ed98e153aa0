"""Everything that is known of one row but its text: what it says, what people said, what cycles did with it, and who learnt from it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from flows.label_rows import frozen_labels
from flows.recall import withdrawn_rows
from flows.withdraw import Learnt, known_rows, learnt_from
from governance.actions.freeze import frozen_cycle
from governance.actions.label import standing
from governance.adapters.batch.quarantined import by_ids
from governance.errors import UsageError
from governance.provenance.labels.history import Word, words_on
from governance.provenance.labels.label import relabelled
from governance.release.judged import Withdrawal
from governance.release.state import State
from governance.wiring import Shop

_SAYS = ("sha256", "origin", "generator", "generator_version", "slice", "vintage")
_REMEMBERED = ("sha256", "origin", "generator", "generator_version", "depth")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declared:
    """What a row says it is, labels included, and where that stands: `cycle 3`, `memory` or `kept rows of cycle 2`."""

    where: str
    sha256: str
    origin: str | None
    generator: str | None
    generator_version: str | None
    more: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happened:
    """What one cycle did with it: admitted, quarantined, dropped, flagged, mixed or kept; `why` names rule and detail."""

    cycle: int
    what: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One row. A cycle that is neither at hand nor remembered left nothing that could be asked."""

    row_id: str
    declared: Sequence[Declared]
    words: Sequence[Word]
    happened: Sequence[Happened]
    learnt: Learnt
    withdrawn: Withdrawal | None


def story_of(shop: Shop, row_id: str) -> Story:
    """The story of a row. Raises: UsageError where nothing is known of it."""
    state = shop.ledger.state()
    labels = standing(state, shop.labels, shop.seal)
    words = words_on(row_id, labels.said, {one.seq: one.reason for one in labels.left_out})
    known = known_rows(shop, state, [row_id])
    if known.is_empty() and not words:
        raise UsageError(
            f"nothing is known of row {row_id[:80]!r}",
            expected="the id of a row of the cycle at hand, of an earlier batch, of kept rows or of a pinned shard",
        )
    here, there = _at_hand(shop, row_id), _before(shop, state, row_id)
    seq = withdrawn_rows(shop, state).filter(pl.col("row_id") == row_id)["seq"].min()
    return Story(
        row_id=row_id,
        declared=[one for one, _ in (*here, *there) if one is not None],
        words=words,
        happened=sorted((one for _, one in (*there, *here) if one is not None), key=lambda one: one.cycle),
        learnt=learnt_from(shop, state, known) if known.height else Learnt(),
        withdrawn=next((one for one in state.withdrawn.values() if one.seq == seq), None),
    )


Found = tuple[Declared | None, Happened | None]


def _at_hand(shop: Shop, row_id: str) -> list[Found]:
    at_hand, folder = frozen_cycle(shop.workspace), shop.workspace.cycle
    if at_hand is None:
        return []
    number, found = int(at_hand[0]["number"]), list[Found]()
    for row in _rows(folder / "admitted.parquet", row_id, *_SAYS):
        found.append((_declared(f"cycle {number}", row), Happened(cycle=number, what="admitted", why="")))
    if (folder / "quarantine.jsonl").is_file():
        refused = by_ids(folder / "quarantine.jsonl", at_hand[0]["mapping"], shop.policy.provenance.max_row_bytes, [row_id]).rows
        for row in relabelled(refused, frozen_labels(folder)).filter(pl.col("sha256").is_not_null()).iter_rows(named=True):
            found.append(
                (_declared(f"cycle {number}", row), Happened(cycle=number, what="quarantined", why=f"{row['rule']}: {row['found']}"))
            )
    for name, what in (("dropped", "dropped"), ("flagged", "kept although")):
        for row in _rows(folder / f"{name}.parquet", row_id, "rule", "detail"):
            found.append((None, Happened(cycle=number, what=what, why=f"{row['rule']}: {row['detail']}")))
    shards = sorted({(row["role"], row["shard"]) for row in _rows(folder / "mix.parquet", row_id, "role", "shard")})
    found += [(None, Happened(cycle=number, what="mixed", why=f"as {role} text in shard {shard}")) for role, shard in shards]
    return found


def _before(shop: Shop, state: State, row_id: str) -> list[Found]:
    found = list[Found]()
    memory = shop.memory.settled(state.memory)
    if memory is not None:
        for row in _rows(memory, row_id, *_REMEMBERED, "cycle"):
            found.append((_declared("memory", row), Happened(cycle=row["cycle"], what="admitted", why="the last time that it was")))
    for sha256 in state.kept_rows.values():
        for frame in shop.rows.frames(sha256, ["row_id", *_SAYS, "cycle", "depth"]):
            for row in frame.filter(pl.col("row_id") == row_id).iter_rows(named=True):
                kept = Happened(cycle=row["cycle"], what="trained on", why="and kept, so that it may come back")
                found.append((_declared(f"kept rows of cycle {row['cycle']}", row), kept))
    return found


def _rows(place: Any, row_id: str, *columns: str) -> list[dict[str, Any]]:
    if not place.is_file():
        return []
    found: list[dict[str, Any]] = pl.scan_parquet(place).filter(pl.col("row_id") == row_id).select(columns).collect().to_dicts()
    return found


def _declared(where: str, row: dict[str, Any]) -> Declared:
    more = {name: str(row[name]) for name in ("slice", "vintage", "depth") if row.get(name) is not None}
    said = {name: row[name] for name in ("sha256", "origin", "generator", "generator_version")}
    return Declared(where=where, **said, more=more)
