"""The human text that a drill breeds on: what is locked for judging, what comes back in every cycle, and what fresh text is drawn from."""

from dataclasses import dataclass, field, replace
from pathlib import Path

import polars as pl

from governance.adapters.shards import parquet_bytes
from governance.collapse.intervals import generator
from governance.collapse.sentinels import SENTINELS_FILE, no_sentinels
from governance.digest import digest_bytes, digest_file
from governance.errors import UsageError
from governance.ports.desk import SHARDS

SENTINELS, PLANTED = "sentinels", f"shards/{SENTINELS_FILE}"
"""The name of the sentinels among the shards, and where they lie."""
FEWEST_ROWS = 60
"""Rows of fresh human text: half of them make a training set, and fewer teach no model anything."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shelf:
    """Frames with row_id, text and slice; prompts have prompt_id, text and slice. Nothing in `pool` or `anchors` is in another frame."""

    anchors: pl.DataFrame
    pool: pl.DataFrame
    tail: pl.DataFrame
    human: pl.DataFrame
    prompts: pl.DataFrame
    sentinels: pl.DataFrame = field(default_factory=no_sentinels)
    """Truths and their known falsehoods; without any a course that swaps facts is not measured."""

    def __post_init__(self) -> None:
        if self.pool.height < FEWEST_ROWS or min(self.anchors.height, self.tail.height, self.human.height, self.prompts.height) < 1:
            raise UsageError(
                f"{self.pool.height} rows of fresh human text are too little to drill with",
                expected=f"at least {FEWEST_ROWS}, and anchors, tail, human shard and prompts",
                where="shards and base batch",
            )

    def drawn(self, rows: int, seed: int, purpose: str) -> pl.DataFrame:
        """So many different rows of the pool, or all of it: a function of the seed and the purpose."""
        order = generator(seed, f"drill {purpose}").permutation(self.pool.height)
        return self.pool[order[:rows]]

    def without(self, name: str) -> "Shelf":
        """The same shelf with one slice gone from what is trained on; what judges stays."""
        kept = [frame.filter(pl.col("slice") != name) for frame in (self.anchors, self.pool)]
        return replace(self, anchors=kept[0], pool=kept[1])

    def digests(self) -> dict[str, str]:
        """The digest of every part by name."""
        return {name: digest_bytes(parquet_bytes(getattr(self, name))) for name in self.__slots__}

    def lay_out(self, root: Path, documents: int | None = None) -> dict[str, str]:
        """Write the shards that judge, at most so many rows of each, and all sentinels; return their digests by name."""
        (root / "shards").mkdir(parents=True)
        found = {}
        for name in ("anchors", "tail", "human", "prompts"):
            frame: pl.DataFrame = getattr(self, name)
            frame.head(documents or frame.height).write_parquet(root / SHARDS[name])
            found[name] = digest_file(root / SHARDS[name])
        self.sentinels.write_parquet(root / PLANTED)
        return {**found, SENTINELS: digest_file(root / PLANTED)}
