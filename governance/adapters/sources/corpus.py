"""A big labelled corpus, parted once: human shards and a human base batch are carved out, and all the rest waits as one batch.

Rows go through the row door to be carved, but the batches keep the corpus' own columns, so that the validate stage reads, refuses and
counts what was delivered and not what this source made of it.
"""

import gzip
import json
import tempfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl

from governance.adapters.shards import PROMPT_SCHEMA, lay_out, prepared_before
from governance.adapters.splits import fraction, without_copies
from governance.errors import BatchError
from governance.ports.batch import BatchDoor
from governance.ports.source import Prepared, Source
from governance.provenance.row import SUCCESS, Origin
from governance.provenance.rules import ProvenanceRules
from governance.section import read_section

SALT = "heirloom/corpus/1"


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusSettings:
    """Files are relative to `root`, and `root` to the workspace; the table `mapping` beside them is the row door's.

    `rows` and `tail` are Parquet, `prompts` JSON Lines (also gzip).
    """

    name: str = "corpus"
    root: str = "."
    rows: str = "articles.parquet"
    tail: str = "tail_shard_candidates.parquet"
    prompts: str = "prompts.jsonl.gz"
    human_until: str = "2022-11-30"
    """Text dated up to this day can be an anchor: the public release of the first chat assistant ended certainty about later text."""
    trusted_column: str = ""
    trusted_value: str = ""
    """Undated or later human rows can be anchors too where this column of `rows` has this value."""
    human_documents: int = 600
    anchor_percent: int = 15
    base_percent: int = 60
    """Percentages of the human rows of every slice that the human shard leaves over."""

    def __post_init__(self) -> None:
        date.fromisoformat(self.human_until)
        if self.human_documents < 1 or self.anchor_percent < 1 or self.base_percent < 1 or self.anchor_percent + self.base_percent > 100:
            raise ValueError("human_documents, anchor_percent and base_percent must be at least 1 and the percentages at most 100 together")


def prepare(workspace: Path, settings: Mapping[str, Any], door: BatchDoor) -> Prepared:
    """Carve anchors, human shard and base out of the human rows, by hash and by slice; `batch-1` is every row left, as delivered.

    No two rows of tail, human shard, anchors and base are near copies. A human row that another row was made from is never in the human
    shard: its hybrid would carry the locked text into training.

    Raises: BatchError naming a file that cannot be read.
    """
    read = _settings(settings)
    if known := prepared_before(workspace):
        return known
    root = workspace / read.root
    rows, tail = (_admitted(door, root / name, settings.get("mapping", {})) for name in (read.rows, read.tail))
    delivered = _read(root / read.rows).with_row_index("_line", offset=1)
    shards, base, copies = carve(_trusted(rows, delivered, read), tail, read)
    shards["prompts"] = _prompts(root / read.prompts)
    taken = pl.concat([base["line"], *(shards[name]["line"] for name in ("anchors", "human"))])
    batches = {
        "base": delivered.filter(pl.col("_line").is_in(base["line"].implode())).drop("_line"),
        "batch-1": delivered.filter(~pl.col("_line").is_in(taken.implode())).drop("_line"),
    }
    return lay_out(workspace, SOURCE.name, shards, batches, base="base", dropped={"near-copy-left-in-batch": copies})


def carve(rows: pl.DataFrame, tail: pl.DataFrame, settings: CorpusSettings) -> tuple[dict[str, pl.DataFrame], pl.DataFrame, int]:
    """(shards without prompts, base rows, human rows that are near copies and so are in neither); `rows` have a column `_anchor`."""
    human = rows.filter(pl.col("origin") == Origin.HUMAN.value)
    order = pl.Series("_order", [fraction(row_id, SALT) for row_id in human["row_id"]], dtype=pl.Float64)
    human = human.with_columns(order).sort("_order", "row_id").drop("_order")
    kept = without_copies([*tail["text"], *human["text"]])
    tail_kept = tail[[place for place in kept if place < tail.height]]
    left = human[[place - tail.height for place in kept if place >= tail.height]]
    parents = rows.select(pl.col("parent_ids").explode()).to_series().drop_nulls().unique()
    locked = left.filter(~pl.col("row_id").is_in(parents.implode())).head(settings.human_documents)
    left = left.join(locked, on="row_id", how="anti", maintain_order="left")
    anchors = _share(left.filter("_anchor"), settings.anchor_percent, left)
    left_over = left.join(anchors, on="row_id", how="anti", maintain_order="left")
    base = _share(left_over, settings.base_percent, left)
    shards = {"anchors": anchors.drop("_anchor"), "tail": tail_kept, "human": locked.drop("_anchor")}
    return shards, base.drop("_anchor"), human.height - (len(kept) - tail_kept.height)


def _share(rows: pl.DataFrame, percent: int, whole: pl.DataFrame) -> pl.DataFrame:
    """The first rows of each slice, up to a percentage of that slice in `whole`, at least one."""
    sizes = whole.group_by("slice").len("_size")
    wanted = (pl.col("_size") * percent // 100).clip(1)
    place = pl.int_range(pl.len()).over("slice")
    return rows.join(sizes, on="slice", maintain_order="left").filter(place < wanted).drop("_size")


def _trusted(rows: pl.DataFrame, delivered: pl.DataFrame, settings: CorpusSettings) -> pl.DataFrame:
    old = (pl.col("vintage") <= date.fromisoformat(settings.human_until)).fill_null(value=False)
    if not settings.trusted_column:
        return rows.with_columns(old.alias("_anchor"))
    if settings.trusted_column not in delivered.columns:
        raise BatchError(f"column {settings.trusted_column!r} is missing", where=settings.rows, fix="mend source.trusted_column")
    trusted = delivered.select(pl.col("_line").cast(pl.Int64).alias("line"), pl.col(settings.trusted_column).alias("_trusted"))
    found = rows.join(trusted, on="line", how="left", maintain_order="left")
    return found.with_columns((old | (pl.col("_trusted") == settings.trusted_value).fill_null(value=False)).alias("_anchor")).drop(
        "_trusted"
    )


def _admitted(door: BatchDoor, path: Path, mapping: Mapping[str, Any]) -> pl.DataFrame:
    with tempfile.TemporaryDirectory(prefix="heirloom-") as folder:
        admitted = Path(folder) / "admitted.parquet"
        door.admit([path], mapping, ProvenanceRules(), admitted, Path(folder) / "quarantine.jsonl")
        return pl.read_parquet(admitted, memory_map=False).drop(SUCCESS, strict=False)


def _prompts(path: Path) -> pl.DataFrame:
    """The prompts of a JSON Lines file, by id, the first of each; other fields are not looked at, so that a NaN in one harms nothing."""
    rows = []
    for number, line in enumerate(_lines(path), start=1):
        try:
            prompt = json.loads(line)
            rows.append({name: str(prompt[name]) for name in PROMPT_SCHEMA})
        except (ValueError, KeyError, TypeError) as error:
            raise BatchError(f"line {number} is no prompt: {error}", where=str(path), expected=", ".join(PROMPT_SCHEMA)) from error
    return pl.DataFrame(rows, schema=PROMPT_SCHEMA).unique("prompt_id", keep="first", maintain_order=True).sort("prompt_id")


def _lines(path: Path) -> list[str]:
    try:
        content = path.read_bytes()
        return (gzip.decompress(content) if path.suffix == ".gz" else content).decode().splitlines()
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise _unreadable(path, error) from error


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_parquet(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> BatchError:
    return BatchError(f"cannot be read: {error}", where=str(path), fix="set source.root to the folder of the corpus")


def _settings(settings: Mapping[str, Any]) -> CorpusSettings:
    return read_section(CorpusSettings, {name: value for name, value in settings.items() if name != "mapping"}, "source")


SOURCE = Source(name="corpus", prepare=prepare)
