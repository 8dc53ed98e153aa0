"""What turns texts into vectors where the frozen default is not enough: a sentence encoder, behind one method."""

from collections.abc import Sequence
from typing import Protocol

from governance.collapse.evidence import Floats


class Encoder(Protocol):
    """A frozen encoder: one digest and one text give one vector, for good."""

    def __hash__(self) -> int:
        """By identity: vectors are kept for the next metric of the same probe."""

    @property
    def digest(self) -> str:
        """The sha256 name of what it is made of."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """A row a text, in the order of the texts, all of one width; of any length but zero."""
