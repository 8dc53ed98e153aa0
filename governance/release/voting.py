"""What a person signs who votes on pairs of a blind round: by digest the votes, and the round by the digest of its key."""

from typing import Any

from governance.digest import canonical_bytes
from governance.release import kinds

STATEMENT = "heirloom/votes/1"


def statement(*, model: str | None, environment: str | None, by: str, key_sha256: str, votes: int, votes_sha256: str) -> bytes:
    """Who, for which line in which environment, which round, how many votes, and which.

    A vote is given once, so a statement that is replayed says nothing new.
    """
    said: dict[str, Any] = {"by": by, "key_sha256": key_sha256, "votes": votes, "votes_sha256": votes_sha256}
    return canonical_bytes({"schema": STATEMENT, "act": kinds.SIDES_VOTED, "model": model, "environment": environment, **said})
