"""Who lets a candidate out, and what a rollback switches off: the section [promotion]; and when controls are due: [controls]."""

from dataclasses import dataclass

AUTO, REVIEW = "auto", "review"
DEMO = "demo"
REQUIRED, OPTIONAL = "required", "optional"
REQUESTER, POLICY_COMMITTER, MAJORITY_LABELLER = "requester", "policy_committer", "majority_labeller"


@dataclass(frozen=True, slots=True, kw_only=True)
class PromotionRules:
    """`auto`: the approved policy is the approver. `review`: `approvals` people by distinct names, bound to what they saw."""

    mode: str = AUTO
    approvals: int = 1
    exclude_requester: bool = True
    """Four eyes by identity: who asked for the run does not approve it."""
    exclude: tuple[str, ...] = (POLICY_COMMITTER, MAJORITY_LABELLER)
    """Who else does not: who committed the policy in force, who labelled most of the rows of the cycle that a person labelled."""
    signed: str | None = None
    """`required`: a yes counts only with its person's signature. Left out: everywhere but in the demo. `optional` is refused elsewhere."""
    valid_days: int = 7
    """How long a yes holds."""
    approvers: tuple[str, ...] = ()
    """Who may approve at all; nobody named = everybody who is not excluded."""
    freeze_after_rollback: bool = True
    """Going back to an older release stops scheduled retraining until somebody has looked."""

    def __post_init__(self) -> None:
        if self.mode not in (AUTO, REVIEW):
            raise ValueError(f"mode: {self.mode!r} is neither {AUTO!r} nor {REVIEW!r}")
        if not 1 <= self.approvals <= 20:
            raise ValueError(f"approvals: {self.approvals} is not in 1..20")
        if wrong := sorted(set(self.exclude) - {REQUESTER, POLICY_COMMITTER, MAJORITY_LABELLER}):
            raise ValueError(f"exclude: {wrong[0]!r} is none of {REQUESTER}, {POLICY_COMMITTER}, {MAJORITY_LABELLER}")
        if REQUESTER in self.exclude and not self.exclude_requester:
            raise ValueError(f"exclude: names the {REQUESTER}, and exclude_requester = false says the opposite")
        if self.signed not in (None, REQUIRED, OPTIONAL):
            raise ValueError(f"signed: {self.signed!r} is neither {REQUIRED!r} nor {OPTIONAL!r}")
        if not 1 <= self.valid_days <= 365:
            raise ValueError(f"valid_days: {self.valid_days} is not in 1..365")
        if self.approvers and len(set(self.approvers)) < self.approvals:
            raise ValueError(f"approvals: {self.approvals} is more than the {len(set(self.approvers))} approvers")

    def signed_only(self, environment: str) -> bool:
        """Whether a yes that is not signed counts for nothing in an environment."""
        return environment != DEMO if self.signed is None else self.signed == REQUIRED


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
