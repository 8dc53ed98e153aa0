"""What the texts of a batch were found to be, row by row, when they passed: nothing after it looks at a text again."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

import numpy as np
import polars as pl

from governance.mixing.quality import damage_of
from governance.provenance.corpus.openings import outlines
from governance.provenance.hashing import Hashes, Places
from governance.provenance.sentences import sentence_frames

OUTLINE_SCHEMA = pl.Schema({"place": pl.Int64(), "outline": pl.String()})
_PAIR = np.dtype([("place", "<i8"), ("frame", "<u8")])
_PAIRS_AT_A_TIME = 1 << 18


class Frames(Protocol):
    """Sentence frames as hashes: a text has each of its own once."""

    @property
    def count(self) -> int:
        """How many there are."""

    def pieces(self) -> Iterator[tuple[Places, Hashes]]:
        """(place of the text, frame) of all of them, in no order, some after the others."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HeldFrames:
    """Frames in memory."""

    places: Places
    frames: Hashes

    @property
    def count(self) -> int:
        return int(self.frames.size)

    def pieces(self) -> Iterator[tuple[Places, Hashes]]:
        yield self.places, self.frames


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameFile:
    """Frames in a file, as `write_frames` left them there."""

    path: Path

    @property
    def count(self) -> int:
        return self.path.stat().st_size // _PAIR.itemsize

    def pieces(self) -> Iterator[tuple[Places, Hashes]]:
        for first in range(0, self.count, _PAIRS_AT_A_TIME):
            pairs = np.fromfile(self.path, dtype=_PAIR, count=_PAIRS_AT_A_TIME, offset=first * _PAIR.itemsize)
            yield pairs["place"].astype(np.int64), pairs["frame"].astype(np.uint64)


def write_frames(file: BinaryIO, places: Places, frames: Hashes) -> None:
    """Frames after those that the file holds already."""
    pairs = np.empty(places.size, dtype=_PAIR)
    pairs["place"], pairs["frame"] = places, frames
    file.write(pairs.tobytes())


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Lines by `place` of the text: damage by rule, and an outline where a text has one; and sentence frames."""

    damage: pl.DataFrame
    frames: Frames
    outlines: pl.DataFrame

    @classmethod
    def of(cls, texts: pl.Series, frame_words: int) -> "Findings":
        """Everything that is found in texts, whose places are counted from 0; a frame is so many words."""
        places, frames = sentence_frames(texts.to_list(), frame_words)
        return cls(
            damage=damage_of(texts),
            frames=HeldFrames(places=places, frames=frames),
            outlines=outlines(texts).select(pl.col("place").cast(pl.Int64), pl.col("words").alias("outline")),
        )

    def moved(self, places: Places) -> "Findings":
        """The same findings where text number `places[i]` stands at place i."""
        now = np.empty(places.size, dtype=np.int64)
        now[places] = np.arange(places.size)
        damage, lines = (frame.with_columns(pl.Series("place", now[frame["place"].to_numpy()])) for frame in (self.damage, self.outlines))
        at, frames = (np.concatenate(parts) for parts in zip(*self.frames.pieces(), strict=True))
        return Findings(damage=damage, frames=HeldFrames(places=now[at], frames=frames), outlines=lines)
