"""What the texts of a batch were found to be, row by row, when they passed: nothing after it looks at a text again."""

from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from governance.mixing.quality import DAMAGE_SCHEMA, damage_of
from governance.provenance.corpus.openings import outlines
from governance.provenance.hashing import Places
from governance.provenance.sentences import sentence_frames

FRAME_SCHEMA = pl.Schema({"place": pl.Int64(), "frame": pl.UInt64()})
OUTLINE_SCHEMA = pl.Schema({"place": pl.Int64(), "outline": pl.String()})


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Lines by `place` of the text: damage by rule, sentence frames as hashes, and an outline where a text has one."""

    damage: pl.DataFrame
    frames: pl.DataFrame
    outlines: pl.DataFrame

    @classmethod
    def of(cls, texts: pl.Series, frame_words: int) -> "Findings":
        """Everything that is found in texts, whose places are counted from 0; a frame is so many words."""
        places, frames = sentence_frames(texts.to_list(), frame_words)
        return cls(
            damage=damage_of(texts),
            frames=pl.DataFrame({"place": places, "frame": frames}, schema=FRAME_SCHEMA),
            outlines=outlines(texts).select(pl.col("place").cast(pl.Int64), pl.col("words").alias("outline")),
        )

    @classmethod
    def joined(cls, parts: Sequence["Findings"]) -> "Findings":
        """The findings of some texts and of others, whose places are those of all."""
        return cls(
            damage=pl.concat([DAMAGE_SCHEMA.to_frame(), *(part.damage for part in parts)]),
            frames=pl.concat([FRAME_SCHEMA.to_frame(), *(part.frames for part in parts)]).sort("place", "frame"),
            outlines=pl.concat([OUTLINE_SCHEMA.to_frame(), *(part.outlines for part in parts)]),
        )

    def moved(self, places: Places) -> "Findings":
        """The same findings where text number `places[i]` stands at place i."""
        to = pl.DataFrame({"place": places}).with_columns(pl.int_range(pl.len(), dtype=pl.Int64).alias("to"))
        found = (frame.join(to, on="place").drop("place").rename({"to": "place"}) for frame in (self.damage, self.frames, self.outlines))
        damage, frames, lines = found
        return Findings(damage=damage, frames=frames.sort("place", "frame"), outlines=lines)
