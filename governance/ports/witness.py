"""Whoever keeps the platform's word outside the ledger, and the key with which the platform gives it."""

from collections.abc import Mapping
from typing import Protocol

from governance.release.checkpoint import SignedCheckpoint, Testimony


class Witness(Protocol):
    """A place outside the ledger that keeps signed checkpoints and never forgets one."""

    @property
    def name(self) -> str:
        """In a word or two, for people: `folder`, `git`."""

    def keep(self, one: SignedCheckpoint) -> None:
        """Keep a checkpoint, whole or not at all; one that is kept already changes nothing, and none is ever written over.

        Raises: DependencyError where the place cannot be reached.
        """

    def testimony(self) -> Testimony:
        """Everything that is kept. A place that cannot be asked says so in the answer, and raises nothing."""


class PlatformSeal(Protocol):
    """The platform's private key, and the file in the workspace that says to everybody which keys are the platform's."""

    def public(self, *, make: bool) -> str:
        """The public key of the key at hand, as OpenSSH writes it, without a comment. With `make` a missing key is made, where it may be.

        Raises: UsageError where there is none; IntegrityError where others can read it; DependencyError without OpenSSH.
        """

    def sign(self, content: bytes) -> str:
        """An armoured signature in the platform's namespace. Raises: as `public`."""

    def doubt(self, content: bytes, signature: str, public: str) -> str:
        """Why this is not that key's signature over the content in the platform's namespace; empty where it is."""

    def listed(self) -> Mapping[str, str]:
        """Fingerprint -> public key of every key that the file lists; empty where there is no file."""

    def enlist(self, public: str) -> None:
        """Add a key to the file; one that is there changes nothing."""
