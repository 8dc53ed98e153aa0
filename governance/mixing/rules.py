"""How much of each origin a run may learn from: the section [mixing] of the policy."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from governance.provenance.rules import ADMIT, REFUSE

ANCHORED, ACCUMULATE, FIXED_BUDGET, REPLACE = REGIMES = ("anchored", "accumulate", "accumulate-fixed-budget", "replace")
"""What comes back of earlier cycles: the anchors alone, also all rows, also as many rows as a budget has room for, or nothing."""

EVEN, ACTIVE = "even", "active"
"""How anchors are drawn."""

FULL, PROVEN = "full", "proven"
"""How hybrids count: every token, or the share that their edit does not prove to be given back (docs/hybrids.md)."""

HUMAN, SYNTHETIC = "human", "synthetic"
"""What the unknown past of an adopted model counts as where its own text comes in."""

PINNED = "pinned"
"""Allow-list value: the digest that cycle.json pins for this teacher is the one that counts."""

_PERCENTAGES = {
    "anchor_percent": (0, 50),
    "near_duplicate_jaccard_percent": (50, 100),
    "overlap_percent": (1, 100),
    "hybrid_floor_percent": (50, 100),
    "minimum_fresh_human_percent": (0, 99),
    "exposed_weight_percent": (50, 100),
}
_AT_LEAST_ONE = (
    "shingle_words",
    "overlap_words",
    "benchmark_words",
    "fewest_benchmark_words",
    "opening_words",
    "openings_per_million_tokens",
    "fewest_openings",
    "minimum_human_tokens",
)
_CHOICES = {
    "other_generators": (ADMIT, REFUSE),
    "self_generated": (ADMIT, REFUSE),
    "anchor_sampling": (EVEN, ACTIVE),
    "hybrid_weight": (FULL, PROVEN),
    "unknown_past": (HUMAN, SYNTHETIC),
}
_SHA256_HEX = 64

GENERAL, SAFETY_CRITICAL = "general", "safety-critical"
_PROFILE_CAPS = {GENERAL: (35, 50), SAFETY_CRITICAL: (19, 19)}
"""Profile -> (the cap of the run where the policy names none, the largest cap that it accepts). Health and finance stay below 20 %."""


class _ByProfile(int):
    """Stands for a cap that the policy does not name; a rule that was built never holds it."""


_BY_PROFILE = _ByProfile()


@dataclass(frozen=True, slots=True, kw_only=True)
class MixRules:
    """Caps are whole percentages of tokens, so that every limit is compared in integers."""

    synthetic_cap_percent: int = _BY_PROFILE
    """Synthetic tokens of human plus synthetic tokens, anchors not counted; per run, shard and batch. 35 (Harbor's recovery plan), or 19
    where the profile is safety-critical."""
    anchor_percent: int = 15
    """Anchor tokens of all tokens, at least; per run and per shard (Harbor's recovery plan)."""
    most_anchor_passes: int = 50
    """A mix that must show the anchors more often than this is refused: that few texts are learnt by heart."""
    warned_anchor_passes: int = 4
    """Passes over the anchors in a run, all epochs counted, beyond which plan and report warn: up to 4 epochs, repeated text is worth
    nearly as much as new text (arXiv 2305.16264)."""
    anchor_sampling: str = EVEN
    """`active` shows anchors of slices more often that fresh human text has too little of (docs/mixing.md)."""
    minimum_human_tokens: int = 1_000
    """Fresh human tokens of a cycle, at least: neither anchors nor rows of earlier cycles count."""
    minimum_fresh_human_percent: int = 0
    """Fresh human tokens of all human and synthetic ones, at least."""
    regime: str = ANCHORED
    """What of earlier cycles is trained on again (docs/regimes.md)."""
    budget_tokens: int | None = None
    """Human and synthetic tokens of a cycle in all, under `accumulate-fixed-budget`."""
    kept_cycles: int | None = None
    """Cycles that served, the newest first, whose rows stay kept for a regime that accumulates; None: all that may come back. 0 keeps
    none."""
    replace_reason: str = ""
    """Why nothing at all may come back, not even the anchors: without it, `replace` is refused."""
    shard_rows: int = 2_000
    """Rows of a training shard, about."""
    near_duplicate_jaccard_percent: int = 70
    shingle_words: int = 5
    embedding_cosine_percent: int | None = None
    """Cosine of two texts in the frozen embedding from which on the later one leaves too (docs/selection.md); None: it is not asked."""
    overlap_words: int = 8
    overlap_percent: int = 50
    """Runs of `overlap_words` words shared with a pinned text, of the shorter of the two."""
    benchmark_words: int = 13
    """Words in a row that a row shares with a benchmark text, and is left out for: the run of GPT-3's filter (arXiv 2005.14165)."""
    fewest_benchmark_words: int = 8
    """A shorter benchmark text is in many rows by chance: only a row of just these words is left out for it."""
    opening_words: int = 3
    openings_per_million_tokens: int = 30
    fewest_openings: int = 5
    """So many synthetic rows may share an opening or a sentence frame however small the batch is."""
    other_generators: str = ADMIT
    """Rows of generators that are no teacher: admitted as synthetic, or refused."""
    self_generated: str = REFUSE
    """Rows that the student's own line wrote."""
    synthetic_tasks: tuple[str, ...] = ()
    """Tasks that synthetic rows may teach; empty admits all."""
    teachers: Mapping[str, str] = field(default_factory=dict)
    """Allow-list: name of a teacher -> sha256 of its checkpoint, or "pinned"."""
    profile: str = GENERAL
    """`safety-critical` refuses every cap of 20 % or more."""
    slice_caps: Mapping[str, int] = field(default_factory=dict)
    """Slice -> its own cap over the run, in percent of its human and synthetic tokens; 0 keeps it human."""
    slice_cap_percent: int | None = None
    """The cap of every slice that `slice_caps` does not name; None: only the run's cap holds for it."""
    task_caps: Mapping[str, int] = field(default_factory=dict)
    """Task -> its own cap over the run, likewise."""
    hybrid_weight: str = FULL
    hybrid_floor_percent: int = 50
    """What a hybrid counts at least, whatever its edit proves: a hybrid stays model-biased (docs/hybrids.md)."""
    exposed_weight_percent: int = 100
    """What exposed text counts: never less than half, and never nothing."""
    max_depth: int | None = None
    """Models that a row may have been through: 1 admits text of human-only models alone. None: no limit."""
    effective_cap_percent: int | None = None
    """A cap like `synthetic_cap_percent` in which a token counts once for each model that it went through. None: no limit."""
    unknown_past: str = SYNTHETIC
    """What nobody knows of an adopted model's past counts as in the depth of what it wrote: synthetic (the upper end) or human."""

    def __post_init__(self) -> None:
        self._check_caps()
        self._check_depth()
        self._check_regime()
        if self.embedding_cosine_percent is not None and not 80 <= self.embedding_cosine_percent <= 100:
            raise ValueError(f"embedding_cosine_percent: {self.embedding_cosine_percent} is not a percentage in 80..100")
        for name, (low, high) in _PERCENTAGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not a percentage in {low}..{high}")
        for name in (*_AT_LEAST_ONE, "shard_rows", "most_anchor_passes", "warned_anchor_passes"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least 1")
        for name, (one, other) in _CHOICES.items():
            if getattr(self, name) not in (one, other):
                raise ValueError(f"{name}: {getattr(self, name)!r} is neither {one!r} nor {other!r}")
        for name, digest in self.teachers.items():
            if digest != PINNED and not _is_sha256(digest):
                raise ValueError(f"teachers.{name}: {digest!r} is neither a sha256 in 64 hex digits nor 'pinned'")

    def cap_of_slice(self, name: str) -> int | None:
        """The cap of one slice beside the run's, or None."""
        return self.slice_caps.get(name, self.slice_cap_percent)

    def cap_of_task(self, name: str) -> int | None:
        """The cap of one task beside the run's, or None."""
        return self.task_caps.get(name)

    def _check_regime(self) -> None:
        if self.regime not in REGIMES:
            raise ValueError(f"regime: {self.regime!r} is none of {', '.join(REGIMES)}")
        if (self.regime == FIXED_BUDGET) != (self.budget_tokens is not None):
            raise ValueError(f"budget_tokens: {self.budget_tokens} under regime {self.regime!r}; only {FIXED_BUDGET!r} has one")
        if self.budget_tokens is not None and self.budget_tokens < 1:
            raise ValueError(f"budget_tokens: {self.budget_tokens} is not at least 1")
        if self.kept_cycles is not None and self.kept_cycles < (least := int(self.regime in (ACCUMULATE, FIXED_BUDGET))):
            raise ValueError(f"kept_cycles: {self.kept_cycles} is not at least {least} under regime {self.regime!r}")
        if (self.regime == REPLACE) != bool(self.replace_reason.strip()):
            raise ValueError(f"replace_reason: {self.replace_reason!r} under regime {self.regime!r}; 'replace' wants a reason, others none")
        if self.regime == REPLACE and self.anchor_percent:
            raise ValueError(f"anchor_percent: {self.anchor_percent} with regime 'replace', which brings nothing back; 'anchored' does")

    def _check_depth(self) -> None:
        if self.max_depth is not None and self.max_depth < 1:
            raise ValueError(f"max_depth: {self.max_depth} is not at least 1: synthetic text has been through one model")
        if self.effective_cap_percent is not None and not 1 <= self.effective_cap_percent <= 99:
            raise ValueError(f"effective_cap_percent: {self.effective_cap_percent} is not a percentage in 1..99")

    def _check_caps(self) -> None:
        if self.profile not in _PROFILE_CAPS:
            raise ValueError(f"profile: {self.profile!r} is none of {', '.join(_PROFILE_CAPS)}")
        default, largest = _PROFILE_CAPS[self.profile]
        if self.synthetic_cap_percent is _BY_PROFILE:
            object.__setattr__(self, "synthetic_cap_percent", default)
        caps = {"synthetic_cap_percent": (self.synthetic_cap_percent, 1)}
        caps |= {f"slice_caps.{name}": (cap, 0) for name, cap in self.slice_caps.items()}
        caps |= {f"task_caps.{name}": (cap, 0) for name, cap in self.task_caps.items()}
        if self.slice_cap_percent is not None:
            caps["slice_cap_percent"] = (self.slice_cap_percent, 0)
        for name, (cap, smallest) in caps.items():
            if not smallest <= cap <= largest:
                raise ValueError(f"{name}: {cap} is not a percentage in {smallest}..{largest} (profile {self.profile})")


def _is_sha256(digest: str) -> bool:
    return len(digest) == _SHA256_HEX and set(digest) <= set("0123456789abcdef")
