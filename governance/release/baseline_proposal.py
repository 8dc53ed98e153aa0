"""Another baseline as it was proposed: over which evidence, by whom, and who has approved it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

APPROVALS = 2
"""Different people beside the one who proposes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineProposal:
    """What was proposed, over which evidence. `seq` names it; a newer proposal takes its place."""

    seq: int
    by: str
    version: int
    left: int
    control: int
    sealed_sha256: str
    policy_sha256: str
    evidence: Mapping[str, Any]
    reason: str
    approved_by: tuple[str, ...] = ()
