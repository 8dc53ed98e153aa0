"""What is known of a workspace before advice is given; None where nothing is known yet."""

from dataclasses import dataclass, field

from governance.advice.course import FinishedCycle
from governance.mixing.rules import MixRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """The newest mix: what it is made of, in rows and tokens, and what its caps kept out."""

    cycle: int
    human_rows: int
    human_tokens: int
    synthetic_rows: int
    synthetic_tokens: int
    anchor_tokens: int
    anchor_repeats: int
    headroom_tokens: int
    held_back: int
    unknown_vintage: int | None = None
    admitted: int | None = None

    def human_rows_for(self, tokens: int) -> int | None:
        """Rows of the batch's mean human length that hold so many tokens."""
        if not self.human_rows or not self.human_tokens:
            return None
        return -(-tokens * self.human_rows // self.human_tokens)


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """What serves, and what flowed into it."""

    version: int
    synthetic_tokens: int
    total_tokens: int
    depth: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """A workspace in the numbers that the decision table speaks of. `history` is oldest first."""

    mixing: MixRules
    start: str
    promotion: str
    champion: Champion | None = None
    batch: Batch | None = None
    history: tuple[FinishedCycle, ...] = field(default=())
    tail_documents: int | None = None
    planned_tail_documents: int = 500
    """For one-sided power at the starting margins (SCIENCE section 2)."""
    sharpened_teacher: bool = False
    minutes_per_row: float | None = None

    def hours(self, rows: int | None) -> str:
        """The time that people need for so many rows."""
        if rows is None:
            return "hours not known"
        if self.minutes_per_row is None:
            return "hours not known (advice.minutes_per_row)"
        return f"{rows * self.minutes_per_row / 60:,.1f} hours of people"
