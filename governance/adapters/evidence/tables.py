"""The tables of a cycle that an auditor recomputes from: rows without texts, scores document by document, the log of batches.

They are made once, when a cycle ends, and kept packed: what the ledger names is the sha256 of what is inside.
"""

import gzip
import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

import polars as pl

from governance.adapters.report.visible import FORMULA
from governance.collapse.pinned import SCORED, one_source_a_text
from governance.digest import CHUNK_BYTES, canonical_bytes
from governance.training.batch_log import BATCH_LOG_SCHEMA

ROWS, SCORES, BATCHES = TABLES = ("rows.csv", "scores.csv", "batches.jsonl")
PACKED = ".gz"
ROW_COLUMNS = ("row_id", "sha256", "role", "origin", "generator", "generator_version", "tokens", "counted", "shard")
SCORE_COLUMNS = ("model", "shard", "doc_id", "source_id", "slice", "bits", "bytes", "tokens")


def keep_tables(cycle: Path, folder: Path, shards: Mapping[str, Path]) -> None:
    """Write the tables of a finished cycle, packed, where it has what they are made of. `shards` are the pinned tail and human shards.

    The same cycle gives the same bytes: no time and no name is packed with them.
    """
    if (cycle / "mix.parquet").is_file():
        _write_rows(cycle / "mix.parquet", folder)
    if (cycle / "scores.parquet").is_file():
        _pack(folder / f"{SCORES}{PACKED}", iter([_scores(cycle / "scores.parquet", shards)]))
    if (cycle / "batches.parquet").is_file():
        _pack(folder / f"{BATCHES}{PACKED}", _batches(cycle / "batches.parquet"))


def table_pieces(folder: Path, name: str) -> Iterator[bytes]:
    """What a kept table holds, piece by piece."""
    with gzip.open(folder / f"{name}{PACKED}") as stream:
        while piece := stream.read(CHUNK_BYTES):
            yield piece


def table_digest(folder: Path, name: str) -> str:
    """The sha256 of what a kept table holds."""
    seen = hashlib.sha256()
    for piece in table_pieces(folder, name):
        seen.update(piece)
    return seen.hexdigest()


def _write_rows(mix: Path, folder: Path) -> None:
    """Rows in the order of training; streamed, because a mix may have millions."""
    plain = folder / ROWS
    frame = pl.scan_parquet(mix).select(*(_cell(mix, name) for name in ROW_COLUMNS)).with_row_index("place")
    frame.sink_csv(plain, quote_style="non_numeric")
    with plain.open("rb") as stream:
        _pack(folder / f"{ROWS}{PACKED}", iter(lambda: stream.read(CHUNK_BYTES), b""))
    plain.unlink()


def _cell(source: Path, name: str) -> pl.Expr:
    return _safe(name) if pl.read_parquet_schema(source)[name] == pl.String else pl.col(name)


def _safe(name: str) -> pl.Expr:
    """A text as a cell that no spreadsheet takes for a formula (`governance.adapters.report.visible.csv_cell`)."""
    text = pl.col(name)
    dangerous = pl.any_horizontal(text.str.starts_with(mark) for mark in FORMULA)
    return pl.when(dangerous).then(pl.lit("'") + text).otherwise(text).alias(name)


def _scores(path: Path, shards: Mapping[str, Path]) -> bytes:
    """Scores on the locked shards, with the sources by which they are resampled: equal texts are one source."""
    scores = pl.read_parquet(path).filter(pl.col("shard").is_in(SCORED))
    known = {name: _texts(place, scores) for name, place in shards.items() if place.is_file()}
    found = one_source_a_text(scores, known).sort("shard", "model", "doc_id")
    texts = [name for name in SCORE_COLUMNS if found.schema[name] == pl.String]
    told = found.select(SCORE_COLUMNS).with_columns(_safe(name) for name in texts)
    exact = told.with_columns(pl.Series("bits", [repr(bits) for bits in told["bits"].to_list()], dtype=pl.String))
    return exact.write_csv(quote_style="necessary").encode()


def _texts(shard: Path, scores: pl.DataFrame) -> pl.DataFrame:
    """The pinned rows that were scored: a first look leaves some out."""
    return pl.read_parquet(shard, columns=["row_id", "text"]).filter(pl.col("row_id").is_in(scores["doc_id"].unique().to_list()))


def _batches(path: Path) -> Iterator[bytes]:
    frame = pl.read_parquet(path, columns=list(BATCH_LOG_SCHEMA))
    for batch in frame.iter_rows(named=True):
        yield canonical_bytes(batch) + b"\n"


def _pack(path: Path, pieces: Iterator[bytes]) -> None:
    with path.open("wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=6, mtime=0) as stream:
        for piece in pieces:
            stream.write(piece)
