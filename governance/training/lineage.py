"""Which checkpoint came from which, and how much synthetic text has flowed into it: through its rows and through its initial weights."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC

SCHEMA = "heirloom/lineage/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The initial weights of a run and what they had seen before it. Depth 0 means that no synthetic token ever flowed in."""

    digest: str
    synthetic_tokens: int = 0
    total_tokens: int = 0
    depth: int = 0

    def __post_init__(self) -> None:
        _check_tokens(self.synthetic_tokens, self.total_tokens)
        _check_depth(self.depth, self.synthetic_tokens)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Start":
        """The `start` of cycle.json; its `version` says where it is kept and nothing about what it has seen."""
        return cls(**{name: document[name] for name in ("digest", "synthetic_tokens", "total_tokens", "depth")})

    @property
    def untrained(self) -> bool:
        """True for fresh random weights: a cycle from here is a founding one."""
        return self.total_tokens == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticShare:
    """Synthetic tokens out of all tokens; the share is derived, never stored."""

    synthetic: int
    total: int

    def __post_init__(self) -> None:
        _check_tokens(self.synthetic, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A checkpoint's parents. `synthetic_tokens` and `total_tokens` are the start's plus this run's, every epoch counted.

    Depth is 0 exactly where no synthetic token flowed in, else the largest number of model generations that any of it has been through.
    """

    checkpoint: str
    start: str
    mix_root: str
    recipe: Mapping[str, Any]
    seed: int
    trained_tokens: Mapping[str, int]
    synthetic_tokens: int
    total_tokens: int
    depth: int
    worst_shard_synthetic: SyntheticShare

    def __post_init__(self) -> None:
        if set(self.trained_tokens) != set(ROLES):
            raise ValueError(f"trained_tokens: {sorted(self.trained_tokens)} are not the roles {', '.join(ROLES)}")
        _check_tokens(self.synthetic_tokens, self.total_tokens)
        _check_depth(self.depth, self.synthetic_tokens)
        if self.synthetic_tokens < self.trained_tokens[SYNTHETIC] or self.total_tokens < sum(self.trained_tokens.values()):
            raise ValueError("trained_tokens: more than the checkpoint has seen in all")

    @classmethod
    def of(
        cls, *, checkpoint: str, start: Start, mix_root: str, mix_depth: int, recipe: Mapping[str, Any], seed: int, log: pl.DataFrame
    ) -> "Lineage":
        """The lineage of a run from its start and the log of what it really trained on.

        `mix_depth` is the largest depth among the rows of the mix (`rows_depth`); it flows in only where a synthetic token was trained.
        """
        trained = {role: int(log[f"{role}_tokens"].sum()) for role in ROLES}
        return cls(
            checkpoint=checkpoint,
            start=start.digest,
            mix_root=mix_root,
            recipe=recipe,
            seed=seed,
            trained_tokens=trained,
            synthetic_tokens=start.synthetic_tokens + trained[SYNTHETIC],
            total_tokens=start.total_tokens + sum(trained.values()),
            depth=max(start.depth, max(mix_depth, 1) if trained[SYNTHETIC] else 0),
            worst_shard_synthetic=worst_shard(log),
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Lineage":
        """The inverse of `document`: `Lineage.from_document(lineage.document()) == lineage`."""
        fields = {name: value for name, value in document.items() if name != "schema"}
        return cls(**{**fields, "worst_shard_synthetic": SyntheticShare(**document["worst_shard_synthetic"])})

    def document(self) -> dict[str, Any]:
        """The lineage as JSON: lineage.json."""
        return {
            "schema": SCHEMA,
            "checkpoint": self.checkpoint,
            "start": self.start,
            "mix_root": self.mix_root,
            "recipe": dict(self.recipe),
            "seed": self.seed,
            "trained_tokens": dict(self.trained_tokens),
            "synthetic_tokens": self.synthetic_tokens,
            "total_tokens": self.total_tokens,
            "depth": self.depth,
            "worst_shard_synthetic": {"synthetic": self.worst_shard_synthetic.synthetic, "total": self.worst_shard_synthetic.total},
        }

    def as_start(self) -> Start:
        """What a later run starts from, if it starts here."""
        return Start(digest=self.checkpoint, synthetic_tokens=self.synthetic_tokens, total_tokens=self.total_tokens, depth=self.depth)


def rows_depth(generator_depths: Iterable[int | None]) -> int:
    """Depth of rows by the depths of the models that wrote them: the largest plus one; None, an unknown model, counts 0; no row gives 0."""
    return max((1 if depth is None else depth + 1 for depth in generator_depths), default=0)


def worst_shard(log: pl.DataFrame) -> SyntheticShare:
    """The shard of a batch log with the largest synthetic share over all its epochs; the lowest shard number where shares are equal.

    The total leaves the anchors out, as the cap does.
    """
    shards = log.group_by("shard").agg(pl.col(f"{ANCHOR}_tokens", f"{HUMAN}_tokens", f"{SYNTHETIC}_tokens").sum()).sort("shard")
    worst = SyntheticShare(synthetic=0, total=0)
    for human, synthetic in zip(shards[f"{HUMAN}_tokens"].to_list(), shards[f"{SYNTHETIC}_tokens"].to_list(), strict=True):
        share = SyntheticShare(synthetic=synthetic, total=human + synthetic)
        if worst.total == 0 or share.synthetic * worst.total > worst.synthetic * share.total:
            worst = share
    return worst


def _check_tokens(synthetic: int, total: int) -> None:
    if not 0 <= synthetic <= total:
        raise ValueError(f"synthetic_tokens: {synthetic} is not in 0..{total}")


def _check_depth(depth: int, synthetic: int) -> None:
    if depth < 0 or (depth == 0) != (synthetic == 0):
        raise ValueError(f"depth: {depth} with {synthetic} synthetic tokens; depth is 0 exactly where there are none")
