"""Rows of one role, joined by end tokens and cut into blocks of exactly as many tokens as the recipe says."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import polars as pl

ANCHOR, HUMAN, SYNTHETIC = "anchor", "human", "synthetic"
ROLES = (ANCHOR, HUMAN, SYNTHETIC)

Tokens = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Every block that may be trained on; block n has tokens[n], shards[n], roles[n] and the ids of the rows that it holds."""

    tokens: Tokens
    shards: tuple[int, ...]
    roles: tuple[str, ...]
    row_ids: tuple[tuple[str, ...], ...]

    def __post_init__(self) -> None:
        lengths = {len(self.tokens), len(self.shards), len(self.roles), len(self.row_ids)}
        if len(lengths) != 1:
            raise ValueError(f"blocks: columns of {sorted(lengths)} entries")
        if unknown := set(self.roles) - set(ROLES):
            raise ValueError(f"blocks: {min(unknown)!r} is no role")

    def numbers(self, shard: int, role: str) -> tuple[int, ...]:
        """The numbers of the blocks of one role in one shard, in order."""
        return tuple(n for n, found in enumerate(zip(self.shards, self.roles, strict=True)) if found == (shard, role))


def pack(rows: pl.DataFrame, documents: Sequence[Sequence[int]], *, block_tokens: int, end: int) -> Blocks:
    """Blocks of one role and one shard each, by shard and then by role, rows in the order of the frame.

    `rows` has the columns row_id, role and shard; `documents` are their tokens, without end tokens: every document is opened by one.
    What is left over at the end of a role fills its last block up from the beginning of the same role, so that every human and every
    anchor token is trained in every epoch. The left-over of synthetic text is dropped: filling up would add what is capped.
    """
    if rows.height != len(documents):
        raise ValueError(f"documents: {len(documents)} for {rows.height} rows")
    numbered = rows.select("row_id", "role", "shard").with_row_index("place")
    parts = [_pack_role(group, documents, block_tokens=block_tokens, end=end) for group in _by_shard_and_role(numbered)]
    return Blocks(
        tokens=np.concatenate([p.tokens for p in parts]) if parts else np.empty((0, block_tokens), dtype=np.int32),
        shards=tuple(s for p in parts for s in p.shards),
        roles=tuple(r for p in parts for r in p.roles),
        row_ids=tuple(i for p in parts for i in p.row_ids),
    )


def _by_shard_and_role(rows: pl.DataFrame) -> list[pl.DataFrame]:
    groups = rows.partition_by("shard", "role", as_dict=True, maintain_order=True)
    return [groups[key] for key in sorted(groups)]


def _pack_role(group: pl.DataFrame, documents: Sequence[Sequence[int]], *, block_tokens: int, end: int) -> Blocks:
    role, shard = group["role"][0], int(group["shard"][0])
    ids = group["row_id"].to_list()
    chosen = [np.array([end, *documents[place]], dtype=np.int32) for place in group["place"].to_list()]
    stream = np.concatenate(chosen)
    owners = np.repeat(np.arange(len(chosen)), [len(c) for c in chosen])
    count = len(stream) // block_tokens if role == SYNTHETIC else -(-len(stream) // block_tokens)
    tokens = np.resize(stream, (count, block_tokens)) if count else np.empty((0, block_tokens), dtype=np.int32)
    held = np.resize(owners, (count, block_tokens)) if count else np.empty((0, block_tokens), dtype=np.int64)
    return Blocks(
        tokens=tokens,
        shards=(shard,) * count,
        roles=(role,) * count,
        row_ids=tuple(tuple(ids[owner] for owner in dict.fromkeys(line.tolist())) for line in held),
    )
