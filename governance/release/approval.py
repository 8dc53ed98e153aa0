"""One person's yes to a candidate as the ledger keeps it: over which digests, until when, at which place of the chain, how signed."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """It counts for exactly these bytes, this evidence, this policy and this champion (`governance.release.electorate`).

    Everything from `model` on is None or empty where an older version wrote the event: such a yes is by name only. `head` is the digest of
    the event before it; an event cannot be moved to another place of a chain and keep it.
    """

    by: str
    seq: int
    checkpoint: str
    decision_sha256: str
    policy_sha256: str
    expected_champion: int | None
    reason: str
    at: str = ""
    head: str = ""
    model: str | None = None
    environment: str | None = None
    cycle_digest: str | None = None
    not_after: str | None = None
    policy_committer: str | None = None
    statement_sha256: str = ""
    signature: str = ""
    key: str = ""

    @property
    def signed(self) -> bool:
        return bool(self.signature)
