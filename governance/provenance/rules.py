"""What provenance the policy admits: the section [provenance]."""

from dataclasses import dataclass

ADMIT, REFUSE = "admit", "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceRules:
    """Classes of doubtful provenance are admitted (and counted as synthetic, never as human) or refused into the quarantine."""

    unknown_generator_version: str = ADMIT
    unknown_vintage: str = ADMIT
    weak: str = REFUSE
    unknown_origin: str = REFUSE
    max_row_bytes: int = 1_000_000
    min_characters: int = 1
    known_tiers: tuple[str, ...] = ()
    """Source tiers that may enter; empty admits all."""

    def __post_init__(self) -> None:
        for name in ("unknown_generator_version", "unknown_vintage", "weak", "unknown_origin"):
            if getattr(self, name) not in (ADMIT, REFUSE):
                raise ValueError(f"{name}: {getattr(self, name)!r} is neither 'admit' nor 'refuse'")
        if self.max_row_bytes < 1 or self.min_characters < 0:
            raise ValueError("max_row_bytes must be at least 1 and min_characters at least 0")
