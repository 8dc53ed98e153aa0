"""What texts begin with, what their lines begin with, and in which order kinds of lines follow each other: the marks of a template.

Words are shown only where they stand in many different texts, at most three of them, with every number as `#`; of what is rarer ids are
given. So no text of a person can be read out of an audit.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from governance.provenance.corpus.tally import DECLARED_SYNTHETIC
from governance.provenance.row import Origin
from governance.provenance.words import MARKUP

TEXT, LINE, SCAFFOLD = "text", "line", "scaffold"
SHOWN = 12
"""Openings of a kind that are reported, those in most different texts first."""
IDS_SHOWN = 3
FEWEST_ROWS = 2
HEAD_CHARACTERS = 400
LINES_READ, LINE_CHARACTERS = 200, 200
SCAFFOLD_LINES, SCAFFOLD_PARTS = 5, 8
"""Lines that hold something, below which a text has no scaffold; parts of a scaffold that are told."""

_THREE_WORDS = r"^[^\w]*(\w{1,20})[^\w]+(\w{1,20})[^\w]+(\w{1,20})(?:\W|$)"
"""Longer words are no part of an opening: they are addresses, digests, or whole sentences of a script without spaces."""
_KINDS = (
    ("heading", r"^\s{0,3}(?:#{1,6}\s|=+\s*$|-{3,}\s*$)"),
    ("bullet", r"^\s*[-*+\u2022]\s"),
    ("number", r"^\s*\(?\d{1,3}[.):]\s"),
    ("table", r"^\s*\|"),
    ("code", r"^(?:```|\t| {4,}\S)"),
    ("question", r"^[^\n]{1,200}\?\s*$"),
    ("label", r"^\s*[\w ]{1,40}:\s*$"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """One opening or scaffold: `words` is None where it stands in too few different texts, and `row_ids` are given instead."""

    kind: str
    words: str | None
    rows: int
    texts: int
    human: int
    synthetic: int
    row_ids: tuple[str, ...]

    def document(self) -> dict[str, Any]:
        """The opening as a part of corpus.json."""
        counts = {"kind": self.kind, "rows": self.rows, "texts": self.texts, "human": self.human, "synthetic": self.synthetic}
        return {**counts, **({"words": self.words} if self.words is not None else {"row_ids": list(self.row_ids)})}


def openings(rows: pl.DataFrame, fewest_documents: int) -> list[Opening]:
    """The most frequent openings of texts and of later lines, and the most frequent scaffolds. `rows` are a sample's."""
    slim = rows.select("row_id", "sha256", "origin", "text").with_row_index("place")
    lines = _lines(slim)
    found = (
        (TEXT, slim.select("place", _three_words(pl.col("text").str.slice(0, HEAD_CHARACTERS)).alias("words"))),
        (LINE, lines.filter(pl.col("number") > 0).select("place", _three_words(pl.col("line")).alias("words"))),
        (SCAFFOLD, _scaffolds(lines)),
    )
    return [one for kind, marks in found for one in _most(kind, marks, slim, fewest_documents)]


def outlines(texts: pl.Series) -> pl.DataFrame:
    """(place, words): in which order kinds of lines follow each other, for the texts that have a scaffold; by place."""
    lines = _lines(pl.DataFrame({"text": texts}).with_row_index("place"))
    return _scaffolds(lines).sort("place")


def _lines(slim: pl.DataFrame) -> pl.DataFrame:
    """The first lines of every text that hold something, numbered inside their text from 0."""
    split = slim.select("place", pl.col("text").str.split("\n").list.head(LINES_READ).alias("line")).explode("line")
    held = split.filter(pl.col("line").str.contains(r"\S"))
    return held.select("place", pl.col("line").str.slice(0, LINE_CHARACTERS), pl.int_range(pl.len()).over("place").alias("number"))


def _three_words(text: pl.Expr) -> pl.Expr:
    bare = pl.when(text.str.contains("[<&]")).then(text.str.replace_all(MARKUP, " ")).otherwise(text)
    words = bare.str.to_lowercase().str.extract_groups(_THREE_WORDS).struct
    joined = pl.concat_str(words.field("1"), words.field("2"), words.field("3"), separator=" ")
    return joined.str.replace_all(r"\d+", "#")


def _scaffolds(lines: pl.DataFrame) -> pl.DataFrame:
    kind = pl.lit("prose")
    for name, pattern in reversed(_KINDS):
        kind = pl.when(pl.col("line").str.contains(pattern)).then(pl.lit(name)).otherwise(kind)
    parts = pl.col("kind").rle().struct.field("value")
    outlines = (
        lines.select("place", kind.alias("kind"))
        .group_by("place", maintain_order=True)
        .agg(parts.head(SCAFFOLD_PARTS).alias("parts"), parts.len().alias("of"), pl.len().alias("lines"))
        .filter((pl.col("lines") >= SCAFFOLD_LINES) & (pl.col("of") > 1))
    )
    more = pl.when(pl.col("of") > SCAFFOLD_PARTS).then(pl.lit(", ...")).otherwise(pl.lit(""))
    return outlines.select("place", pl.concat_str(pl.col("parts").list.join(", "), more).alias("words"))


def _most(kind: str, marks: pl.DataFrame, slim: pl.DataFrame, fewest_documents: int) -> Sequence[Opening]:
    human, synthetic = (pl.col("origin").is_in(names) for names in ([Origin.HUMAN.value], list(DECLARED_SYNTHETIC)))
    rows = marks.drop_nulls().unique(maintain_order=True).join(slim.drop("text"), on="place", maintain_order="left")
    counted = (
        rows.group_by("words")
        .agg(
            pl.len().alias("rows"),
            pl.col("sha256").n_unique().alias("texts"),
            human.sum().alias("human"),
            synthetic.sum().alias("synthetic"),
            pl.col("row_id").sort().head(IDS_SHOWN).alias("row_ids"),
        )
        .filter(pl.col("rows") >= FEWEST_ROWS)
        .sort("texts", "rows", "words", descending=[True, True, False])
        .head(SHOWN)
    )
    shown = counted.with_columns(pl.when(pl.col("texts") >= fewest_documents).then("words").alias("words"))
    return [Opening(kind=kind, row_ids=tuple(one.pop("row_ids")), **one) for one in shown.to_dicts()]
