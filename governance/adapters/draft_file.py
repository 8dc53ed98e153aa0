"""Drafts of a synthesis that is not finished, a line each piece: what was written, and perhaps paid for, is not asked for again."""

import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from governance.errors import IntegrityError

PREFIX = "drafts-"
NAME_DIGITS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftFile:
    """The drafts of one question: `question` is the digest of all that decides what is written. Private to the workspace."""

    folder: Path
    question: str

    @property
    def place(self) -> Path:
        return self.folder / f"{PREFIX}{self.question[:NAME_DIGITS]}.jsonl"

    def kept(self) -> dict[tuple[int, str], str]:
        """(candidate, row id) -> draft. A last line that a kill cut short was never kept.

        Raises: IntegrityError where a line is none that was written here.
        """
        return {(candidate, row_id): text for candidate, piece in self._lines() for row_id, text in piece.items()}

    def keep(self, candidate: int, piece: Mapping[str, str]) -> None:
        """Append a piece; it is on disk when this returns."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with self.place.open("a+b") as stream:
            _cut_torn(stream.fileno())
            stream.write(json.dumps([candidate, dict(piece)]).encode() + b"\n")
            stream.flush()
            os.fsync(stream.fileno())

    def drop(self) -> None:
        """Remove these drafts, and those of questions that nobody asks any more."""
        for left in self.folder.glob(f"{PREFIX}*.jsonl"):
            left.unlink()

    def _lines(self) -> Iterator[tuple[int, dict[str, str]]]:
        if not self.place.is_file():
            return
        for number, line in enumerate(self.place.read_bytes().split(b"\n")[:-1], start=1):
            try:
                candidate, piece = json.loads(line)
            except ValueError as error:
                raise IntegrityError("is no line of drafts", where=f"{self.place} line {number}", fix="remove the file") from error
            yield candidate, piece


def _cut_torn(handle: int) -> None:
    """Cut off what a kill left behind the last line feed."""
    size = os.fstat(handle).st_size
    end = size
    while end and os.pread(handle, 1, end - 1) != b"\n":
        end -= 1
    if end != size:
        os.ftruncate(handle, end)
