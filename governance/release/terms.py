"""What a promotion is held to where it is asked for."""

from dataclasses import dataclass

from governance.release.rules import PromotionRules


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds where a promotion is asked for: the policy in force, the environment, and whether its margins are calibrated."""

    rules: PromotionRules
    policy_sha256: str
    environment: str
    margins_calibrated: bool

    @property
    def signed_only(self) -> bool:
        """Whether a yes that is not signed counts for nothing here."""
        return self.rules.signed_only(self.environment)
