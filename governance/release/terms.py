"""What a promotion is held to where it is asked for."""

from collections.abc import Callable
from dataclasses import dataclass

from governance.release.rules import PromotionRules
from governance.release.state import Release


def not_compared(release: Release) -> str:
    """Changes of a policy of which nothing but the digest is at hand."""
    del release
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What holds where a promotion is asked for: the policy in force, the environment, and whether its margins are calibrated."""

    rules: PromotionRules
    policy_sha256: str
    environment: str
    margins_calibrated: bool
    changes: Callable[[Release], str] = not_compared
    """What the policy says other than the one that a release was judged under, in words; empty where nobody can say."""

    @property
    def signed_only(self) -> bool:
        """Whether a yes that is not signed counts for nothing here."""
        return self.rules.signed_only(self.environment)
