"""What a person's label is worth: the section [labels]."""

from dataclasses import dataclass

DEMO = "demo"


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelRules:
    """Labels are always attributed to a person; whether the name alone suffices is the policy's."""

    require_signature: bool | None = None
    """Only signed labels count. Left out: everywhere but in the demo. `false` is refused in production."""
    queue_limit: int = 1_000
    """Refused rows that one cycle puts into the queue; the rest is counted (attack A30)."""

    def __post_init__(self) -> None:
        if self.queue_limit < 1:
            raise ValueError(f"queue_limit: {self.queue_limit} is not at least 1")

    def signed_only(self, environment: str) -> bool:
        """Whether a label that is not signed counts for nothing in an environment."""
        return environment != DEMO if self.require_signature is None else self.require_signature
