"""How much of each origin a run may learn from: the section [mixing] of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.provenance.rules import ADMIT, REFUSE

PINNED = "pinned"
"""Allow-list value: the digest that cycle.json pins for this teacher is the one that counts."""

_PERCENTAGES = {
    "synthetic_cap_percent": (1, 50),
    "anchor_percent": (0, 50),
    "near_duplicate_jaccard_percent": (50, 100),
    "overlap_percent": (1, 100),
}
_AT_LEAST_ONE = (
    "shingle_words",
    "overlap_words",
    "opening_words",
    "openings_per_million_tokens",
    "fewest_openings",
    "minimum_human_tokens",
)
_SHA256_HEX = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRules:
    """Caps are whole percentages of tokens, so that every limit is compared in integers."""

    synthetic_cap_percent: int = 35
    """Synthetic tokens of human plus synthetic tokens, anchors not counted; per run and per shard (Harbor's recovery plan)."""
    anchor_percent: int = 15
    """Anchor tokens of all tokens, at least; per run and per shard (Harbor's recovery plan)."""
    most_anchor_passes: int = 50
    """A mix that must show the anchors more often than this is refused: that few texts are learnt by heart."""
    minimum_human_tokens: int = 1_000
    shard_rows: int = 2_000
    """Rows of a training shard, about."""
    near_duplicate_jaccard_percent: int = 70
    shingle_words: int = 5
    overlap_words: int = 8
    overlap_percent: int = 50
    """Runs of `overlap_words` words shared with a pinned text, of the shorter of the two."""
    opening_words: int = 3
    openings_per_million_tokens: int = 30
    fewest_openings: int = 5
    """So many synthetic rows may share an opening however small the batch is."""
    other_generators: str = ADMIT
    """Rows of generators that are no teacher: admitted as synthetic, or refused."""
    self_generated: str = REFUSE
    """Rows that the student's own line wrote."""
    synthetic_tasks: tuple[str, ...] = ()
    """Tasks that synthetic rows may teach; empty admits all."""
    teachers: Mapping[str, str] = field(default_factory=dict)
    """Allow-list: name of a teacher -> sha256 of its checkpoint, or "pinned"."""

    def __post_init__(self) -> None:
        for name, (low, high) in _PERCENTAGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not a percentage in {low}..{high}")
        for name in (*_AT_LEAST_ONE, "shard_rows", "most_anchor_passes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least 1")
        for name in ("other_generators", "self_generated"):
            if getattr(self, name) not in (ADMIT, REFUSE):
                raise ValueError(f"{name}: {getattr(self, name)!r} is neither 'admit' nor 'refuse'")
        for name, digest in self.teachers.items():
            if digest != PINNED and not _is_sha256(digest):
                raise ValueError(f"teachers.{name}: {digest!r} is neither a sha256 in 64 hex digits nor 'pinned'")


def _is_sha256(digest: str) -> bool:
    return len(digest) == _SHA256_HEX and set(digest) <= set("0123456789abcdef")
