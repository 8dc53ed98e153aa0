"""What the pages of the desk show: what waits for a person, rows of the queue, pairs of the round. Nothing is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.approvals import poll_of
from flows.labels import Queue, queue
from flows.sides import Round, at_hand
from governance.actions.freeze import frozen_cycle
from governance.actions.hearing import Poll
from governance.adapters.batch.quarantined import by_ids
from governance.errors import UsageError
from governance.release.state import State
from governance.wiring import Shop

ROWS_SHOWN, PAIRS_SHOWN = 10, 5
"""On one page, and so for one signature."""
_BEFORE = ("row_id", "origin", "generator", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What waits: candidates with how many approvals they have of how many (None = the policy itself approves), rows, and pairs."""

    state: State
    polls: Mapping[int, Poll | None]
    queue: Queue
    round: Round | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One row of the queue and the texts that it names as its parents: the draft that became it, where that is at hand."""

    row: Mapping[str, object]
    before: Sequence[Mapping[str, object]]


def waiting(shop: Shop) -> Waiting:
    """Raises: IntegrityError where the ledger's chain is broken."""
    state = shop.ledger.state()
    polls = {release.version: poll_of(shop, release) for release in state.waiting}
    return Waiting(state=state, polls=polls, queue=queue(shop), round=round_of(shop))


def round_of(shop: Shop) -> Round | None:
    """The newest round of the cycle at hand; None where none was drawn."""
    try:
        return at_hand(shop)
    except UsageError:
        return None


def rows_asked(shop: Shop, after: int) -> tuple[int, Sequence[Asked]]:
    """How many rows wait, and a page of them that begins after so many."""
    rows = queue(shop).rows
    shown = rows.slice(after, ROWS_SHOWN)
    before = _parents(shop, shown["row_id"].to_list())
    found = [Asked(row=row, before=before.get(row["row_id"], [])) for row in shown.iter_rows(named=True)]
    return rows.height, found


def open_pairs(round_: Round, rater: str) -> tuple[int, Sequence[Mapping[str, object]]]:
    """How many pairs a rater has said nothing of, and the first of them with their prompts."""
    voted = round_.folder.votes().filter(pl.col("rater") == rater)["pair_id"]
    left = round_.pairs.filter(~pl.col("pair_id").is_in(voted.implode()))
    shown = left.head(PAIRS_SHOWN).iter_rows(named=True)
    return left.height, [{**pair, "prompt": round_.prompts.get(pair["prompt_id"], "")} for pair in shown]


def _parents(shop: Shop, ids: Sequence[str]) -> Mapping[str, Sequence[Mapping[str, object]]]:
    """Row -> the rows that it names as its parents, as far as the cycle at hand holds them."""
    named = _at_hand(shop, ids).select("row_id", "parent_ids").unique("row_id", keep="first", maintain_order=True)
    pairs = [(row_id, parent) for row_id, parents in named.iter_rows() for parent in parents or ()]
    texts = {row["row_id"]: row for row in _at_hand(shop, [parent for _, parent in pairs]).select(_BEFORE).iter_rows(named=True)}
    found: dict[str, list[Mapping[str, object]]] = {}
    for row_id, parent in pairs:
        if parent in texts:
            found.setdefault(row_id, []).append(texts[parent])
    return found


def _at_hand(shop: Shop, ids: Sequence[str]) -> pl.DataFrame:
    """Rows of these ids in the cycle at hand, admitted or refused, with the columns that tell a draft."""
    folder, columns = shop.workspace.cycle, [*_BEFORE, "parent_ids"]
    parts = [pl.DataFrame(schema={**dict.fromkeys(_BEFORE, pl.String), "parent_ids": pl.List(pl.String)})]
    if ids and (folder / "admitted.parquet").is_file():
        parts.append(_admitted(folder / "admitted.parquet", ids).select(columns))
    at_hand_now = frozen_cycle(shop.workspace)
    if ids and at_hand_now and (folder / "quarantine.jsonl").is_file():
        refused = by_ids(folder / "quarantine.jsonl", at_hand_now[0]["mapping"], shop.policy.provenance.max_row_bytes, ids)
        parts.append(refused.rows.filter(pl.col("text").is_not_null()).select(columns))
    return pl.concat(parts)


def _admitted(place: Path, ids: Sequence[str]) -> pl.DataFrame:
    return pl.scan_parquet(place).filter(pl.col("row_id").is_in(list(ids))).collect()
