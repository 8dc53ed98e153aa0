"""A signature that held is not verified again by the same process, as long as the list of keys says the same.

Labels are weighed at every look at the queue, and each of their signatures costs a run of `ssh-keygen`. Only what held is remembered: a
signature that did not, or could not be verified, is asked about each time.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from governance.ports.signer import NotSigned, Signed, Verifier

MOST = 10_000
_HELD: dict[bytes, Signed] = {}
"""Digest of everything that an answer depends on -> the answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RememberingVerifier:
    """A `governance.ports.signer.Verifier` before another one, whose answers follow from the file `allowed` and from what it is asked."""

    inner: Verifier
    allowed: Path
    most: int = MOST
    """Where so many are remembered all are forgotten: they are found again."""

    def verify(self, content: bytes, signature: str, *, by: str, at: datetime) -> Signed | NotSigned:
        asked = _digest(self._listed(), content, signature.encode(), by.encode(), at.isoformat().encode())
        if (held := _HELD.get(asked)) is not None:
            return held
        found = self.inner.verify(content, signature, by=by, at=at)
        again = _digest(self._listed(), content, signature.encode(), by.encode(), at.isoformat().encode())
        if isinstance(found, Signed) and again == asked:  # the list did not change while it was asked
            if len(_HELD) >= self.most:
                _HELD.clear()
            _HELD[asked] = found
        return found

    def people(self) -> tuple[str, ...]:
        return self.inner.people()

    def _listed(self) -> bytes:
        return self.allowed.read_bytes() if self.allowed.is_file() else b""


def _digest(*parts: bytes) -> bytes:
    """One name for all parts, each with its length, so that none can be taken for a piece of another."""
    seen = hashlib.sha256()
    for part in parts:
        seen.update(len(part).to_bytes(8, "big") + part)
    return seen.digest()
