"""What a person's label is worth: the section [labels]."""

from dataclasses import dataclass

DEMO = "demo"
SAMPLE_ROWS = 20
"""Of a cycle outside the demo: some ten minutes of reading."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRules:
    """Labels are always attributed to a person; whether the name alone suffices is the policy's."""

    require_signature: bool | None = None
    """Only signed labels count. Left out: everywhere but in the demo. `false` is refused in production."""
    queue_limit: int = 1_000
    """Refused rows that one cycle puts into the queue; the rest is counted (attack A30)."""
    sample_rows: int | None = None
    """Rows of its model text that every cycle puts before a person. Left out: 20, and none in the demo."""
    sample_days: int = 14
    """Days until a sample that nobody has read whole stops every promotion."""

    def __post_init__(self) -> None:
        if self.queue_limit < 1:
            raise ValueError(f"queue_limit: {self.queue_limit} is not at least 1")
        if self.sample_rows is not None and not 0 <= self.sample_rows <= 1_000:
            raise ValueError(f"sample_rows: {self.sample_rows} is not in 0..1000")
        if not 1 <= self.sample_days <= 366:
            raise ValueError(f"sample_days: {self.sample_days} is not in 1..366")

    def sampled(self, environment: str) -> int:
        """Rows of a cycle's model text that a person has to read, in an environment."""
        if self.sample_rows is None:
            return 0 if environment == DEMO else SAMPLE_ROWS
        return self.sample_rows

    def signed_only(self, environment: str) -> bool:
        """Whether a label that is not signed counts for nothing in an environment."""
        return environment != DEMO if self.require_signature is None else self.require_signature
