"""How the later sentences of texts begin: "In conclusion, the", "It is important", in any language, since nobody lists the phrases."""

from collections.abc import Sequence

import numpy as np
import polars as pl

from governance.provenance.hashing import Hashes, Places
from governance.provenance.shingles import openings
from governance.provenance.words import read_words

HEAD_CHARACTERS = 80
"""Read of a sentence: a frame of three words is shorter."""
_TEXTS_AT_A_TIME = 4_096
_END = r"[.!?\u3002\uff01\uff1f][\"'\)\]\u201d\u2019]*\s+|[\u3002\uff01\uff1f]|\n+"
_MARK = "\x1e"


def sentence_frames(texts: Sequence[str], words: int) -> tuple[Places, Hashes]:
    """(place of a text, a hash of the first words of one of its sentences), each pair once, by place; the first sentence of a text is its
    opening and no frame. Abbreviations end sentences too: they do so in all texts alike.
    """
    places, frames = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.uint64)]
    for first in range(0, len(texts), _TEXTS_AT_A_TIME):
        part, found = _frames(texts[first : first + _TEXTS_AT_A_TIME], words)
        places.append(part + first)
        frames.append(found)
    return np.concatenate(places), np.concatenate(frames)


def _frames(texts: Sequence[str], words: int) -> tuple[Places, Hashes]:
    marked = pl.DataFrame({"text": texts}, schema={"text": pl.String}).with_row_index("place")
    split = pl.col("text").str.strip_chars().str.replace_all(_END, _MARK).str.split(_MARK).list.slice(1)
    heads = (
        marked.select("place", split.alias("head")).explode("head").drop_nulls().with_columns(pl.col("head").str.slice(0, HEAD_CHARACTERS))
    )
    read = read_words(heads["head"].to_list())
    found = pl.DataFrame({"place": heads["place"], "frame": openings(read, words)}).filter(pl.Series(read.lengths >= words))
    found = found.unique().sort("place", "frame")
    return found["place"].to_numpy().astype(np.int64), found["frame"].to_numpy()
