"""Who lets a candidate out, and what a rollback switches off: the section [promotion]; and when controls are due: [controls]."""

from dataclasses import dataclass

AUTO, REVIEW = "auto", "review"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRules:
    """`auto`: the approved policy is the approver. `review`: `approvals` people by distinct names, bound to what they saw."""

    mode: str = AUTO
    approvals: int = 1
    exclude_requester: bool = True
    """Four eyes by name: who asked for the run does not approve it."""
    freeze_after_rollback: bool = True
    """Going back to an older release stops scheduled retraining until somebody has looked."""

    def __post_init__(self) -> None:
        if self.mode not in (AUTO, REVIEW):
            raise ValueError(f"mode: {self.mode!r} is neither {AUTO!r} nor {REVIEW!r}")
        if not 1 <= self.approvals <= 20:
            raise ValueError(f"approvals: {self.approvals} is not in 1..20")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRules:
    """How often a retraining trains human-only controls of its own cycle before it is judged. They cost a training each."""

    every: int = 0
    """At most so many cycles from one with controls to the next; 0 = none but those that `heirloom retrain --control` makes."""
    count: int = 1
    """So many in a cycle in which they are due."""

    def __post_init__(self) -> None:
        if not 0 <= self.every <= 1000:
            raise ValueError(f"every: {self.every} is not in 0..1000")
        if not 1 <= self.count <= 50:
            raise ValueError(f"count: {self.count} is not in 1..50")
