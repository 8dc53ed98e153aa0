"""How synthetic rows are asked for: who writes, what is asked, and the plug-in that turns answers into labelled rows."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from governance.digest import digest_document, digest_text
from governance.ports.endpoint import Endpoint, Secret
from governance.ports.language_model import Decoding

VERSION_DIGITS = 12
"""Hex digits of a checkpoint's digest that stand as generator_version in a row."""

Progress = Callable[[int, int, str], None]
"""Called with (done, in all, a few words)."""


class Sampler(Protocol):
    """Whatever goes on from a prompt: a language model that is held here, or one behind an address."""

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, in order, without the prompt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """A model that writes rows, under the name and version that its rows carry for ever."""

    name: str
    version: str
    model: Sampler

    def __post_init__(self) -> None:
        if not self.name or not self.version:
            raise ValueError("an author without name and version would write rows of unknown provenance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One row to be written: continue the opening; with a human percentage, mix sentences of the human parent into the draft."""

    row_id: str
    opening: str
    slice: str = "none"
    task: str = "none"
    parent_id: str | None = None
    parent_text: str = ""
    human_percent: int = 0
    """Share of the draft's sentences to replace by the parent's; 0 asks for a row of the model alone."""

    def __post_init__(self) -> None:
        if not self.row_id or not self.opening.strip():
            raise ValueError("a request needs a row id and an opening of at least one word")
        if not 0 <= self.human_percent < 100:
            raise ValueError(f"human_percent: {self.human_percent} is not in 0..99")
        if self.human_percent and not (self.parent_id and self.parent_text):
            raise ValueError(f"{self.row_id}: a hybrid needs its human parent, id and text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """A plug-in: `GENERATOR` in governance/adapters/generators/NAME.py."""

    name: str
    write: Callable[[Author, Sequence[Request], Decoding], Iterator[Mapping[str, str]]]
    """(author, requests, decoding) -> row id: what was written after its opening, in pieces, each as soon as it is done.

    Whoever asks keeps every piece and asks for no more than is missing; a piece is never asked for in part.
    """
    open: Callable[[str, Endpoint, str, Secret | None], Author] | None = None
    """(name, endpoint, instruction, key) -> the author behind an address. None: the generator writes with weights that are held here."""


def prompts_digest(requests: Sequence[Request]) -> str:
    """The sha256 of everything that is asked, in order: ids, openings, human shares, and the parents by id and digest of their text."""
    asked = [[r.row_id, r.opening, r.slice, r.task, r.parent_id or "", digest_text(r.parent_text), r.human_percent] for r in requests]
    return digest_document(asked)
