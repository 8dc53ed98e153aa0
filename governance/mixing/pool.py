"""A batch without its texts: columns of its rows in memory, the words of its texts wherever they lie, and what the texts were found to be.

Texts are read once, a batch at a time, by `read_texts`; nothing after it asks for one but the weights of hybrids that policy lets prove
what a person gave back.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
import polars as pl

from governance.mixing.columns import PIECE_ROWS, Columns, FileColumns, FrameColumns
from governance.mixing.feedback import told_success
from governance.mixing.findings import OUTLINE_SCHEMA, Findings, FrameFile, write_frames
from governance.mixing.quality import DAMAGE_SCHEMA
from governance.mixing.rules import FULL, MixRules
from governance.mixing.sieve import in_priority, priority
from governance.mixing.sorting import KEY, sorted_runs
from governance.provenance.hashing import Places
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
Gathered = Callable[[Places, Sequence[str]], Iterable[pl.DataFrame]]
_MOST_GENERATIONS = 64
_PIECES = 4
"""Pieces of gathered rows that are a run of the columns: whole rows are far wider than what rules look at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """Row i of `table` (KEYS, `success`, `tokens`, and `pool_at`, where it stood when it came) is text i of `words`, and place i of what
    was `found`. The rows stand in the order of `sieve.in_priority`, whatever the order they came in.

    `weighed` are the rows that weights look at, with the texts that policy makes them need. `scratch` is a folder for what need not be in
    memory, where there is one.
    """

    table: Columns
    words: AnyWords
    found: Findings
    weighed: pl.DataFrame
    scratch: Path | None = None

    @classmethod
    def of(cls, rows: pl.DataFrame, rules: MixRules, kernels: Kernels = NUMPY) -> "Pool":
        """The pool of rows (row schema and `tokens`) that are in memory."""
        order = in_priority(rows)
        words, found = read_words(rows["text"][order].to_list(), kernels), Findings.of(rows["text"], rules.opening_words).moved(order)
        table = told_success(rows).select(*KEYS, SUCCESS, "tokens")[order].with_columns(pl.Series("pool_at", order))
        return cls(table=FrameColumns(frame=table), words=words, found=found, weighed=rows)


def read_texts(rows: pl.DataFrame, count: CountTokens, frame_words: int, kernels: Kernels = NUMPY) -> pl.DataFrame:
    """What a pool keeps of the column `text`, row by row (READ_SCHEMA): hashes of words as little-endian bytes, tokens, findings."""
    texts: list[str] = rows["text"].to_list()
    words = read_words(texts, kernels)
    said, edges = words.ids.astype(WORD).tobytes(), (words.bounds * WORD.itemsize).tolist()
    columns = {"words": [said[first:last] for first, last in pairwise(edges)], "tokens": count(texts)}
    found = Findings.of(rows["text"], frame_words)
    by_row = pl.int_range(rows.height, dtype=pl.Int64, eager=True).alias("place").to_frame()
    [(places, frames)] = found.frames.pieces()
    for lines in (
        found.damage.group_by("place", maintain_order=True).agg(pl.struct("rule", "found", "clear").alias("damage")),
        pl.DataFrame({"place": places, "frame": frames}).group_by("place", maintain_order=True).agg("frame"),
        found.outlines,
    ):
        by_row = by_row.join(lines, on="place", how="left", maintain_order="left")
    return pl.DataFrame(columns, schema_overrides=READ_SCHEMA).hstack(by_row.drop("place")).cast(READ_SCHEMA)


def pool_of_file(
    source: Path, read: Iterable[pl.DataFrame], gathered: Gathered, scratch: Path, *, rules: MixRules, show: Callable[[int, int], None]
) -> Pool:
    """The pool of a Parquet file of rows, of whose texts `read` holds what `read_texts` says, in their order; words and columns of rows go
    to files in `scratch`. `gathered` hands out some columns of the rows in the order of places that it is given.
    """
    order = order_of_file(source, scratch)
    table = _in_files(source, order, gathered, scratch / "columns").plus(pl.Series("pool_at", order))
    places = np.empty(order.size, dtype=np.int64)
    places[order] = np.arange(order.size)
    del order
    writer, tokens, done = WordWriter(scratch / "words", places), np.zeros(places.size, dtype=np.int64), 0
    damage, outlines = [DAMAGE_SCHEMA.to_frame()], [OUTLINE_SCHEMA.to_frame()]
    with (scratch / "frames").open("wb") as frames:
        for part in read:
            here = places[done : done + part.height]
            done += part.height
            writer.add(part["words"].to_list())
            tokens[here] = part["tokens"].to_numpy()
            by_row = part.select(pl.Series("place", here), "damage", "frame", "outline")
            damage.append(by_row.select("place", "damage").drop_nulls("damage").explode("damage").unnest("damage"))
            outlines.append(by_row.select("place", "outline").drop_nulls("outline"))
            framed = by_row.select("place", "frame").drop_nulls("frame").explode("frame")
            write_frames(frames, framed["place"].to_numpy(), framed["frame"].to_numpy())
            show(done, places.size)
    found = Findings(damage=pl.concat(damage), frames=FrameFile(path=scratch / "frames"), outlines=pl.concat(outlines))
    table = table.plus(pl.Series("tokens", tokens))
    del places, tokens
    return Pool(table=table, words=writer.close(), found=found, weighed=weighed_rows(source, rules), scratch=scratch)


def order_of_file(source: Path, scratch: Path, piece_rows: int = PIECE_ROWS) -> Places:
    """`sieve.in_priority` of the rows of a Parquet file, of which some are in memory at a time."""
    rows = pl.scan_parquet(source)
    height: int = rows.select(pl.len()).collect().item()
    key = pl.concat_str(priority().cast(pl.String), "row_id").alias(KEY)

    def parts() -> Iterator[pl.DataFrame]:
        for first in range(0, height, piece_rows):
            said = rows.select("origin", "row_id").slice(first, piece_rows).collect()
            yield said.select(key, pl.int_range(first, first + pl.len(), dtype=pl.Int64).alias("at"))

    order, done = np.zeros(height, dtype=np.int64), 0
    for run in sorted_runs(parts, height, scratch, piece_rows):
        order[done : done + run.height] = run["at"].to_numpy()
        done += run.height
    return order


def _in_files(source: Path, order: Places, gathered: Gathered, folder: Path) -> FileColumns:
    """The columns that rules look at, in this order."""
    folder.mkdir()
    known = [name for name in (*KEYS, SUCCESS) if name in pl.read_parquet_schema(source)]
    parts = (told_success(part).select(*KEYS, SUCCESS) for part in gathered(order, known))
    first = next(parts)
    return FileColumns(folder=folder, height=int(order.size), piece_rows=_PIECES * max(1, first.height)).filled(chain([first], parts))


def weighed_rows(source: Path, rules: MixRules) -> pl.DataFrame:
    """Where hybrids may prove something: all of them and all rows they were made from, with their texts; else none."""
    rows = pl.scan_parquet(source)
    if rules.hybrid_weight == FULL:
        return rows.head(0).collect()
    made_from = rows.select("row_id", "origin", "parent_ids").collect(engine="streaming")
    hybrids = made_from.filter(pl.col("origin") == Origin.HYBRID.value)["row_id"]
    ids = pl.concat([hybrids, *_ancestors(made_from)]).unique().to_frame("row_id")
    return rows.join(ids.lazy(), on="row_id", how="semi").collect(engine="streaming")


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
