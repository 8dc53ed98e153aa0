"""Which checkpoint came from which, and how much synthetic text has flowed into it: through its rows and through its initial weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from governance.provenance.descent import Bounds, Descent, descent_of
from governance.training.batch_log import Recorded
from governance.training.blocks import ANCHOR, HUMAN, ROLES, SYNTHETIC

SCHEMA = "heirloom/lineage/1"
DERIVED = ("mean_depth", "effective_share")
"""Keys of lineage.json that follow from its counts, for readers; in thousandths, as `low` and `high`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The initial weights of a run and what they had seen before it. Depth 0 means that no synthetic token is known to have flowed in.

    `passages` are in thousandths of a token; None where an older version kept none. `unknown_tokens`, which are in none of the other
    counts, were learnt before the model was adopted; `past_share` bounds the synthetic share of a past that nobody counted, in thousandths.
    """

    digest: str
    synthetic_tokens: int = 0
    total_tokens: int = 0
    depth: int = 0
    passages: int | None = None
    unknown_tokens: int = 0
    past_share: Bounds | None = None

    def __post_init__(self) -> None:
        _check_counts(self)

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Start":
        """The `start` of cycle.json; its `version` says where it is kept and nothing about what it has seen."""
        named = {name: document[name] for name in ("digest", "synthetic_tokens", "total_tokens", "depth")}
        past = Bounds.from_document(document.get("past_share"))
        return cls(**named, passages=document.get("passages"), unknown_tokens=document.get("unknown_tokens", 0), past_share=past)

    @property
    def descent(self) -> Descent:
        return _descent(self)

    @property
    def untrained(self) -> bool:
        """True for fresh random weights: a cycle from here is a founding one."""
        return self.total_tokens == 0 and self.unknown_tokens == 0 and self.past_share is None


@dataclass(frozen=True, slots=True, kw_only=True)
class SyntheticShare:
    """Synthetic tokens out of all tokens; the share is derived, never stored."""

    synthetic: int
    total: int

    def __post_init__(self) -> None:
        _check_tokens(self.synthetic, self.total)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lineage:
    """A checkpoint's parents. All counts but `trained_tokens` are the start's plus this run's, every epoch counted.

    Depth is 0 exactly where no synthetic token flowed in, else the largest number of model generations that any of it has been through.
    `teachers` are those that the cycle pinned: name -> digest. `batch_log` names the log of what was trained on; None where an older
    version chained none.
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
    passages: int | None = None
    unknown_tokens: int = 0
    past_share: Bounds | None = None
    teachers: Mapping[str, str] = field(default_factory=dict)
    batch_log: Recorded | None = None
    preference_tuned: str | None = None
    """Who says that the start was tuned on preferences; None where nobody does."""

    def __post_init__(self) -> None:
        if set(self.trained_tokens) != set(ROLES):
            raise ValueError(f"trained_tokens: {sorted(self.trained_tokens)} are not the roles {', '.join(ROLES)}")
        _check_counts(self)
        if self.synthetic_tokens < self.trained_tokens[SYNTHETIC] or self.total_tokens < sum(self.trained_tokens.values()):
            raise ValueError("trained_tokens: more than the checkpoint has seen in all")

    @classmethod
    def of(
        cls,
        *,
        checkpoint: str,
        start: Start,
        mix: Mapping[str, Any],
        teachers: Mapping[str, str],
        recipe: Mapping[str, Any],
        seed: int,
        log: pl.DataFrame,
        rows_sha256: str,
        preference_tuned: str | None = None,
    ) -> "Lineage":
        """The lineage of a run from its start, its mix (mix.json) and the log of what it really trained on.

        The synthetic tokens of a run have passed what those of its mix have, in proportion: blocks join rows, so that no log can tell
        which of them were shown twice. `rows_sha256` is the digest of the file of rows, from which the log's chain begins.
        """
        trained = {role: int(log[f"{role}_tokens"].sum()) for role in ROLES}
        planned, synthetic = mix["tokens"][SYNTHETIC], trained[SYNTHETIC]
        return cls(
            checkpoint=checkpoint,
            start=start.digest,
            mix_root=mix["root"],
            recipe=recipe,
            seed=seed,
            trained_tokens=trained,
            synthetic_tokens=start.synthetic_tokens + synthetic,
            total_tokens=start.total_tokens + sum(trained.values()),
            depth=max(start.depth, mix["depth"] if synthetic else 0),
            worst_shard_synthetic=worst_shard(log),
            passages=start.descent.passages + (-(-mix["passages"] * synthetic // planned) if synthetic else 0),
            unknown_tokens=start.unknown_tokens,
            past_share=start.past_share,
            teachers=dict(teachers),
            batch_log=Recorded.of(log, rows_sha256),
            preference_tuned=preference_tuned,
        )

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> "Lineage":
        """The inverse of `document`: `Lineage.from_document(lineage.document()) == lineage`."""
        fields = {name: value for name, value in document.items() if name not in ("schema", *DERIVED)}
        worst, past = SyntheticShare(**document["worst_shard_synthetic"]), Bounds.from_document(document.get("past_share"))
        recorded = Recorded.from_document(document.get("batch_log"))
        return cls(**{**fields, "worst_shard_synthetic": worst, "past_share": past, "batch_log": recorded})

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
            "passages": self.descent.passages,
            "unknown_tokens": self.unknown_tokens,
            "past_share": self.past_share.document() if self.past_share else None,
            "teachers": dict(self.teachers),
            "batch_log": self.batch_log.document() if self.batch_log else None,
            "preference_tuned": self.preference_tuned,
            "mean_depth": self.descent.mean_depth.document(),
            "effective_share": self.descent.effective_share.document(),
        }

    @property
    def descent(self) -> Descent:
        return _descent(self)

    def as_start(self) -> Start:
        """What a later run starts from, if it starts here."""
        return Start(
            digest=self.checkpoint,
            synthetic_tokens=self.synthetic_tokens,
            total_tokens=self.total_tokens,
            depth=self.depth,
            passages=self.passages,
            unknown_tokens=self.unknown_tokens,
            past_share=self.past_share,
        )


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


def _check_counts(counts: Start | Lineage) -> None:
    _check_tokens(counts.synthetic_tokens, counts.total_tokens)
    if counts.unknown_tokens < 0:
        raise ValueError(f"unknown_tokens: {counts.unknown_tokens} is negative")
    _descent(counts)


def _descent(counts: Start | Lineage) -> Descent:
    return descent_of(
        synthetic=counts.synthetic_tokens,
        known=counts.total_tokens,
        depth=counts.depth,
        passages=counts.passages,
        unknown=counts.unknown_tokens,
        past=counts.past_share,
    )
