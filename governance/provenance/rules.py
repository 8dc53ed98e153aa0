"""What provenance the policy admits: the section [provenance]."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

ADMIT, REFUSE = "admit", "refuse"
REFUSE_HUMAN = "refuse-human"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProvenanceRules:
    """Classes of doubtful provenance are admitted (and counted as synthetic, never as human) or refused into the quarantine."""

    unknown_generator_version: str = ADMIT
    unknown_vintage: str = ADMIT
    exposed: str = ADMIT
    """Text of people who saw or were trained by model output: refusing it would only teach them to call it human."""
    weak: str = REFUSE
    unknown_origin: str = REFUSE
    latest_vintage: str = ""
    """A day, as YYYY-MM-DD: no row is from later. Empty: any day up to the year 2100, because no rule reads a clock."""
    max_row_bytes: int = 1_000_000
    min_characters: int = 1
    known_tiers: tuple[str, ...] = ()
    """Source tiers that may enter; empty admits all."""
    unknown_parent: str = REFUSE_HUMAN
    """Rows with a parent that is neither in the batch nor known from an earlier one: admitted, refused, or refused where they claim to be
    human, because a claim that nobody can check is no proof (docs/decisions/unknown-parents.md)."""
    memory_rows: int = 2_000_000
    """Admitted rows that are remembered, without their texts; what was seen longest ago is forgotten first."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """A spelling of a generator's name -> the one name that it stands for; reviewed like the rest of the policy."""
    alias_versions: Mapping[str, str] = field(default_factory=dict)
    """A spelling that names a version too -> that version."""

    def __post_init__(self) -> None:
        for name in ("unknown_generator_version", "unknown_vintage", "exposed", "weak", "unknown_origin"):
            if getattr(self, name) not in (ADMIT, REFUSE):
                raise ValueError(f"{name}: {getattr(self, name)!r} is neither 'admit' nor 'refuse'")
        if self.max_row_bytes < 1 or self.min_characters < 0:
            raise ValueError("max_row_bytes must be at least 1 and min_characters at least 0")
        if self.unknown_parent not in (ADMIT, REFUSE, REFUSE_HUMAN):
            raise ValueError(f"unknown_parent: {self.unknown_parent!r} is none of 'admit', 'refuse', 'refuse-human'")
        if self.memory_rows < 1:
            raise ValueError(f"memory_rows: {self.memory_rows} is not at least 1")
        if self.latest_vintage and not _is_day(self.latest_vintage):
            raise ValueError(f"latest_vintage: {self.latest_vintage!r} is no day of the form YYYY-MM-DD")
        self._check_aliases()

    def _check_aliases(self) -> None:
        """Every spelling leads to a name in one step, so that no order of reading could lead to another."""
        for spelling, name in self.aliases.items():
            if not spelling.strip() or not name.strip() or spelling.strip() != spelling:
                raise ValueError(f"aliases.{spelling!r}: {name!r} is no name for it")
            if name in self.aliases:
                raise ValueError(f"aliases.{spelling!r}: {name!r} is an alias itself, of {self.aliases[name]!r}")
        if strange := sorted(set(self.alias_versions) - set(self.aliases)):
            raise ValueError(f"alias_versions.{strange[0]!r}: {strange[0]!r} is no spelling in aliases")


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
