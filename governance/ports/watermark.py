"""Who can tell a marked text: a model that counts green tokens in its own vocabulary, and a detector that also holds the key."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from governance.provenance.watermark import Greens, Mark


@runtime_checkable
class MarkReader(Protocol):
    """A language model that can read the marks which its own sampling leaves."""

    def greens(self, texts: Sequence[str], mark: Mark) -> Greens:
        """Pairs of neighbouring tokens of each text, and how many are green; nothing of the model is computed but its tokens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Detector:
    """One teacher's mark: its name and version, its tokenizer, and the key. `fingerprint` names the key and gives nothing of it away."""

    generator: str
    fingerprint: str
    reader: MarkReader
    mark: Mark

    def watermark_scores(self, texts: Sequence[str]) -> Greens:
        """Per text the tokens counted (`pairs`), how many were green, and `z`."""
        return self.reader.greens(texts, self.mark)
