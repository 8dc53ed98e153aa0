"""Whose word some bytes are: a person's key signs them, and the workspace's list of keys says whose signature it is, or why nobody's."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """The signature is over exactly these bytes, by this person's key, which was allowed at that time. `key` is its fingerprint."""

    by: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NotSigned:
    """Why a signature proves nothing, as a phrase about it: `its key is not among the allowed signers`."""

    reason: str


class Signer(Protocol):
    """The key of whoever runs this process."""

    def fingerprint(self) -> str:
        """The key by its name, `SHA256:...`, without opening it. Raises: as `sign`."""

    def sign(self, content: bytes) -> str:
        """An armoured signature over the content, a text of some lines.

        Raises: UsageError where there is no such key or it cannot be opened; DependencyError where the signing program is missing.
        """


class Verifier(Protocol):
    """The keys that a workspace takes for its people's."""

    def verify(self, content: bytes, signature: str, *, by: str, at: datetime) -> Signed | NotSigned:
        """Whether this is the signature of `by` over the content, by a key that was allowed at a time.

        A key that is listed for more than one name proves no name. Raises: DependencyError where the signing program is missing.
        """

    def people(self) -> tuple[str, ...]:
        """Every name that has a key, in order of name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NobodysKeys:
    """A Verifier that knows no key: every signature proves nothing."""

    def verify(self, content: bytes, signature: str, *, by: str, at: datetime) -> Signed | NotSigned:
        del content, signature, at
        return NotSigned(reason=f"no key of {by} is known here")

    def people(self) -> tuple[str, ...]:
        return ()
