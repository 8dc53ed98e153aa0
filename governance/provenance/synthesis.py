"""How model text may be made and how it is remembered: the section [synthesis] of the policy."""

from dataclasses import dataclass, field

FEWEST_HASHES = 1_000
"""A smaller sample says little about any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionLimits:
    """How many hashes the emission ledger keeps at most: of runs of words, and of whole rows.

    A million words of fresh text are about a million runs, and 8 bytes each. Beyond the limit every second hash is kept, and so on.
    """

    runs: int = 4_000_000
    rows: int = 500_000

    def __post_init__(self) -> None:
        for name in ("runs", "rows"):
            if getattr(self, name) < FEWEST_HASHES:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {FEWEST_HASHES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRules:
    """What every text that a model of ours writes is held to."""

    emissions: EmissionLimits = field(default_factory=EmissionLimits)
