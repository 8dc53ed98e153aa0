"""A batch without its texts: columns of its rows in memory, the words of its texts wherever they lie, and what the texts were found to be.

Texts are read once, a batch at a time, by `read_texts`; nothing after it asks for one but the weights of hybrids that policy lets prove
what a person gave back.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import polars as pl

from governance.mixing.feedback import told_success
from governance.mixing.findings import Findings
from governance.mixing.quality import DAMAGE_SCHEMA
from governance.mixing.rules import FULL, MixRules
from governance.mixing.sieve import place_of
from governance.provenance.kernels import NUMPY, Kernels
from governance.provenance.row import SUCCESS, Origin
from governance.provenance.word_file import WORD, WordWriter
from governance.provenance.words import AnyWords, CountTokens, read_words

KEYS = ("row_id", "sha256", "origin", "generator", "generator_version", "parent_ids", "slice", "task")
"""Columns of a row that the rules of a mix look at, beside its tokens."""
_DAMAGE = pl.Struct({name: kind for name, kind in DAMAGE_SCHEMA.items() if name != "place"})
READ_SCHEMA = pl.Schema(
    {"words": pl.Binary(), "tokens": pl.Int64(), "damage": pl.List(_DAMAGE), "frame": pl.List(pl.UInt64()), "outline": pl.String()}
)
WEIGHED = (Origin.HYBRID.value, Origin.EXPOSED.value)
"""Origins whose rows may count for less than their tokens."""
_MOST_GENERATIONS = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Row i of `rows` (KEYS, `success` and `tokens`) is text i of `words`, and place i of what was `found`.

    `weighed` are the rows that weights look at, with the texts that policy makes them need.
    """

    rows: pl.DataFrame
    words: AnyWords
    found: Findings
    weighed: pl.DataFrame

    @classmethod
    def of(cls, rows: pl.DataFrame, rules: MixRules, kernels: Kernels = NUMPY) -> "Pool":
        """The pool of rows (row schema and `tokens`) that are in memory."""
        words, found = read_words(rows["text"].to_list(), kernels), Findings.of(rows["text"], rules.opening_words)
        return cls(rows=told_success(rows).select(*KEYS, SUCCESS, "tokens"), words=words, found=found, weighed=rows)


def read_texts(rows: pl.DataFrame, count: CountTokens, frame_words: int, kernels: Kernels = NUMPY) -> pl.DataFrame:
    """What a pool keeps of the column `text`, row by row (READ_SCHEMA): hashes of words as little-endian bytes, tokens, findings."""
    texts: list[str] = rows["text"].to_list()
    words = read_words(texts, kernels)
    said, edges = words.ids.astype(WORD).tobytes(), (words.bounds * WORD.itemsize).tolist()
    columns = {"words": [said[first:last] for first, last in pairwise(edges)], "tokens": count(texts)}
    found = Findings.of(rows["text"], frame_words)
    by_row = pl.int_range(rows.height, dtype=pl.Int64, eager=True).alias("place").to_frame()
    for lines in (
        found.damage.group_by("place", maintain_order=True).agg(pl.struct("rule", "found", "clear").alias("damage")),
        found.frames.group_by("place", maintain_order=True).agg("frame"),
        found.outlines,
    ):
        by_row = by_row.join(lines, on="place", how="left", maintain_order="left")
    return pl.DataFrame(columns, schema_overrides=READ_SCHEMA).hstack(by_row.drop("place")).cast(READ_SCHEMA)


def pool_of_file(source: Path, read: Iterable[pl.DataFrame], words: Path, rules: MixRules, show: Callable[[int, int], None]) -> Pool:
    """The pool of a Parquet file of rows, of whose texts `read` holds what `read_texts` says, in their order; words go to a file."""
    held = pl.read_parquet_schema(source)
    rows, done = told_success(pl.read_parquet(source, columns=[name for name in (*KEYS, SUCCESS) if name in held])), 0
    writer, tokens, found = WordWriter(words, place_of(rows)), [pl.Series("tokens", [], dtype=pl.Int64)], list[Findings]()
    for part in read:
        writer.add(part["words"].to_list())
        tokens.append(part["tokens"])
        found.append(_findings(part, done))
        done += part.height
        show(done, rows.height)
    rows = rows.with_columns(pl.concat(tokens))
    return Pool(rows=rows, words=writer.close(), found=Findings.joined(found), weighed=weighed_rows(source, rows, rules))


def _findings(part: pl.DataFrame, first: int) -> Findings:
    """The findings of rows that `read_texts` read, the first of which stands at `first` among all."""
    by_row = part.select(pl.int_range(first, first + part.height, dtype=pl.Int64).alias("place"), "damage", "frame", "outline")
    damage = by_row.select("place", "damage").drop_nulls("damage").explode("damage").unnest("damage")
    return Findings(
        damage=damage.select(DAMAGE_SCHEMA.names()),
        frames=by_row.select("place", "frame").drop_nulls("frame").explode("frame"),
        outlines=by_row.select("place", "outline").drop_nulls("outline"),
    )


def weighed_rows(source: Path, rows: pl.DataFrame, rules: MixRules) -> pl.DataFrame:
    """Hybrid and exposed rows; where hybrids may prove something, with all rows they were made from and the texts of all of these."""
    weighed = rows.filter(pl.col("origin").is_in(WEIGHED))
    if rules.hybrid_weight == FULL:
        return weighed
    ids = pl.concat([weighed["row_id"], *_ancestors(rows)]).unique().to_frame("row_id")
    return pl.scan_parquet(source).join(ids.lazy(), on="row_id", how="semi").collect(engine="streaming")


def _ancestors(rows: pl.DataFrame) -> Iterable[pl.Series]:
    """Ids of the rows that hybrids were made from, generation by generation."""
    made = rows.filter(pl.col("origin") == Origin.HYBRID.value)
    seen = made["row_id"]
    for _ in range(_MOST_GENERATIONS):
        named = made.explode("parent_ids")["parent_ids"].drop_nulls().unique()
        fresh = named.filter(~named.is_in(seen.implode()))
        if fresh.is_empty():
            return
        yield fresh
        seen = pl.concat([seen, fresh])
        made = rows.join(fresh.to_frame("row_id"), on="row_id", how="semi")
