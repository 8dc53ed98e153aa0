"""The whole mix stage over a batch of small rows, in a process of its own: pool rows per CPU second and peak memory.

python -m benchmarks.mixing_stage [--rows 200000] [--words 25] [--keep FOLDER]
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.children import measured
from governance.adapters.executors.here import HereExecutor
from governance.digest import digest_file, digest_text, read_document, write_document
from governance.mixing.benchmarks import BENCHMARKS_FILE, BENCHMARKS_SCHEMA
from governance.ports.desk import SHARDS
from governance.ports.executor import Executor
from governance.ports.rows import rows_frame
from governance.ports.trainer import Trainer
from governance.provenance.earlier import EARLIER_FILE, nothing_earlier
from governance.provenance.kernels import Kernels
from governance.provenance.labels.label import RELABELS_FILE, no_relabels
from governance.provenance.memory import KNOWN_FILE, nothing_known
from governance.provenance.passed import PASSED_SCHEMA
from governance.provenance.row import ROW_SCHEMA
from governance.provenance.withdrawn import WITHDRAWN_FILE, nothing_withdrawn
from governance.section import part_of, read_section

SLICES, AT_A_TIME, VOCABULARY = 20, 50_000, 200_000
START = {"digest": "a" * 64, "version": 1, "synthetic_tokens": 0, "total_tokens": 100, "depth": 0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--words", type=int, default=25)
    parser.add_argument("--keep", type=Path)
    parser.add_argument("--mix", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.mix:
        run_stage(asked.mix)
        return
    with tempfile.TemporaryDirectory() as name:
        folder = asked.keep or Path(name)
        if not (folder / "admitted.parquet").exists():
            plant(folder, asked.rows, asked.words)
        cost = measured([sys.executable, "-m", "benchmarks.mixing_stage", "--mix", str(folder)])
        size = (folder / "admitted.parquet").stat().st_size / 2**20
        found = read_document(folder / "mix.json")
        kept, gone = sum(found["rows"].values()), sum(found["dropped"].values())
        print(f"{asked.rows} rows, {size:.0f} MiB of Parquet: {cost.wall:.1f} s, {cost.cpu:.1f} cpu-s, peak {cost.peak:.0f} MiB")
        print(f"{asked.rows / cost.cpu / 1000:.0f} k rows per cpu-s; {kept} rows in the mix, {gone} left out, root {found['root'][:12]}")


def plant(folder: Path, rows: int, words: int) -> None:
    """A batch as the validate stage leaves it, and the pinned shards: half human, half by models, a row in twenty nearly another's copy."""
    import pyarrow.parquet as pq

    (folder / "shards").mkdir(parents=True, exist_ok=True)
    random = np.random.Generator(np.random.Philox(1))
    vocabulary = np.array([f"{'bdfgklmnprstvz'[n % 14]}{'aeiou'[n % 5]}{n:x}" for n in range(VOCABULARY)])
    schema = ROW_SCHEMA.to_frame().to_arrow().schema
    with pq.ParquetWriter(folder / "admitted.parquet", schema, compression="zstd") as out:
        for first in range(0, rows, AT_A_TIME):
            texts = list(_texts(random, vocabulary, min(AT_A_TIME, rows - first), words))
            out.write_table(_rows(texts, first, random).to_arrow().cast(schema))
    for name in ("anchors", "tail", "human"):
        frame = rows_frame([{"row_id": f"{name}-{n}", "text": t, "origin": "human", "slice": f"slice-{n % SLICES}"}
                            for n, t in enumerate(_texts(random, vocabulary, max(200, rows // 100), words))], name)  # fmt: skip
        frame.write_parquet(folder / SHARDS[name])
    prompts = list(_texts(random, vocabulary, 100, 8))
    pl.DataFrame({"prompt_id": [f"p{n}" for n in range(100)], "text": prompts, "slice": ["s"] * 100}).write_parquet(
        folder / SHARDS["prompts"]
    )
    write_document(folder / "laundering.json", {"stops": False})
    PASSED_SCHEMA.to_frame().write_parquet(folder / "descent.parquet")
    nothing_earlier().write_parquet(folder / EARLIER_FILE)
    nothing_known().write_parquet(folder / KNOWN_FILE)
    nothing_withdrawn().write_parquet(folder / WITHDRAWN_FILE)
    no_relabels().write_parquet(folder / RELABELS_FILE)
    BENCHMARKS_SCHEMA.to_frame().write_parquet(folder / BENCHMARKS_FILE)


def run_stage(folder: Path) -> None:
    """The stage as a cycle runs it, but for the tokenizer: a token is a word."""
    from governance.stages.mix import STAGE

    started = time.process_time()
    STAGE.work(FolderOnly(root=folder))
    print(f"{time.process_time() - started:.1f}")


@dataclass(frozen=True)
class BlankCounter:
    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [text.count(" ") + 1 for text in texts]


@dataclass
class FolderOnly:
    """A desk over one folder."""

    root: Path
    cycle: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        policy = {"mixing": {"shard_rows": 20_000}, "selection": {}, "training": {"trainer": "words"}}
        shards = {name: digest_file(self.root / path) for name, path in SHARDS.items()}
        self.cycle = {
            "kind": "retraining",
            "model": "student",
            "start": START,
            "teachers": {},
            "shards": shards,
            "earlier": {"sha256": digest_file(self.root / EARLIER_FILE)},
            "known": {"sha256": digest_file(self.root / KNOWN_FILE)},
            "recalled": [],
            "withdrawn": {"sha256": digest_file(self.root / WITHDRAWN_FILE)},
            "relabels": {"sha256": digest_file(self.root / RELABELS_FILE)},
            "benchmarks": {"sha256": digest_file(self.root / BENCHMARKS_FILE), "not_named": []},
            "policy": policy,
            "seed": 7,
        }

    def need(self, key: str) -> Any:
        return part_of(self.cycle, key)

    def section(self, key: str, kind: type[Any]) -> Any:
        return read_section(kind, self.need(key), key)

    def reads(self, name: str) -> Path:
        return self.root / name

    writes = reads

    def scratch(self) -> Path:
        folder = self.root / "scratch"
        folder.mkdir(exist_ok=True)
        return folder

    def model(self, _: str) -> Path:
        return self.root

    def trainer(self, name: str) -> Trainer:
        return Trainer(
            name=name,
            found=lambda *_: None,
            train=lambda _: None,
            open=lambda _: BlankCounter(),
            counter=lambda _: BlankCounter().count_tokens,
        )  # type: ignore[arg-type,return-value]

    def executor(self) -> Executor:
        return HereExecutor()

    def kernels(self, texts: int) -> Kernels:
        from governance.adapters.compiled import fastest

        return fastest(texts)

    def progress(self, _: str) -> Callable[[int, int, str], None]:
        return lambda *_: None


def _texts(random: np.random.Generator, vocabulary: Any, count: int, words: int) -> Iterator[str]:
    lengths = random.integers(words // 2, 3 * words // 2 + 1, count)
    picked = vocabulary[(random.random(int(lengths.sum())) ** 3 * vocabulary.size).astype(np.int64)]
    before = ""
    ends = np.cumsum(lengths)
    for number, (end, length) in enumerate(zip(ends.tolist(), lengths.tolist(), strict=True)):
        text = f"{before} again" if number % 20 == 19 else " ".join(picked[end - length : end].tolist())
        yield text
        before = text


def _rows(texts: Sequence[str], first: int, random: np.random.Generator) -> pl.DataFrame:
    """The rows that `rows_frame` makes of such records, column by column: ten million of them are planted in minutes."""
    origins = random.choice(["human", "model", "hybrid"], len(texts), p=[0.5, 0.4, 0.1]).tolist()
    number, by_models = pl.int_range(first, first + pl.len()), pl.col("origin") != "human"
    said = {
        "row_id": pl.format("row-{}", number.cast(pl.String).str.zfill(9)),
        "slice": pl.format("slice-{}", number % SLICES),
        "task": pl.lit("none"),
        "source_tier": pl.lit("newsroom"),
        "generator": pl.when(by_models).then(pl.format("writer-{}", number % 7)),
        "generator_version": pl.when(by_models).then(pl.lit("2026-01")),
        "parent_ids": pl.lit([], dtype=ROW_SCHEMA["parent_ids"]),
        "source_file": pl.lit("batch.jsonl"),
        "line": pl.int_range(1, 1 + pl.len()),
    }
    unsaid = {name: pl.lit(None) for name in ROW_SCHEMA if name not in said}
    rows = pl.DataFrame({"text": texts, "origin": origins, "sha256": [digest_text(text) for text in texts]})
    return rows.select(**{**unsaid, **said, **{name: pl.col(name) for name in rows.columns}}).select(ROW_SCHEMA.names()).cast(ROW_SCHEMA)


if __name__ == "__main__":
    main()
