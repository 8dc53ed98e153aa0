"""The row contract against the same clauses written by hand in polars and in Great Expectations, and exact duplicates against a plain scan.

    python -m benchmarks.rows [--rows 1000000] [--slow 50000]

Every contestant is a process of its own and reads the same Parquet file; one row in ten thousand breaks each clause, and a figure counts
only where the counts are those that were planted. CPU seconds start after the imports. Great Expectations runs over the first `--slow`
rows, because it takes minutes for all: its figure is a rate.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from governance.provenance.row import ROW_SCHEMA

WRONG = 10_000
"""One row in so many breaks a clause."""
CLAUSES = ("row_id", "text", "sha256", "origin", "slice", "generator", "line", "parents")
PLANTED = {"generator": 2}
"""A row whose origin is none of ours breaks the clause on generators too."""
COPIES_PERCENT = 5
GROUP_ROWS = 100_000
REACH = {"contract / polars": 2.5, "Great Expectations / contract": 15, "copies / scan": 1.5}
Counts = dict[str, int]


def write(path: Path, rows: int) -> None:
    """Rows of the row schema in groups of `GROUP_ROWS`; row n breaks clause k where n mod 10,000 is k."""
    import pyarrow.parquet as pq

    writer = None
    for first in range(0, rows, GROUP_ROWS):
        table = _rows(first, min(first + GROUP_ROWS, rows)).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema, compression="zstd")
        writer.write_table(table)
    if writer:
        writer.close()


def _rows(first: int, last: int) -> pl.DataFrame:
    number = np.arange(first, last)
    random = np.random.Generator(np.random.Philox(first))
    original = np.where(random.integers(0, 100, number.size) < COPIES_PERCENT, random.integers(0, last, number.size), number)
    broken = pl.col("n") % WRONG
    plain = pl.DataFrame({"n": number, "o": original}).with_columns(
        pl.format("row-{}", "n").alias("row_id"),
        pl.format("The town of number {} has a tale of {} words. ", "o", pl.col("o") * 7919 % 1000)
        .repeat_by(4)
        .list.join("")
        .alias("text"),
        pl.format("{}", (pl.col("o") + 10**15).cast(pl.String).repeat_by(4).list.join("")).alias("sha256"),
        pl.lit("human").alias("origin"),
        pl.lit(None, dtype=pl.String).alias("generator"),
        pl.lit(None, dtype=pl.String).alias("generator_version"),
        pl.lit([], dtype=pl.List(pl.String)).alias("parent_ids"),
        pl.lit(date(2020, 1, 2)).alias("vintage"),
        pl.lit("archive").alias("source_tier"),
        pl.lit("news").alias("slice"),
        pl.lit("none").alias("task"),
        pl.lit("a.parquet").alias("source_file"),
        (pl.col("n") + 1).cast(pl.Int64).alias("line"),
    )
    wrong = {"row_id": "", "text": "", "sha256": "none", "origin": "AI", "slice": "", "generator": "gpt", "line": 0}
    changed = [pl.when(broken == k).then(pl.lit(wrong[c])).otherwise(c).alias(c) for k, c in enumerate(CLAUSES) if c in wrong]
    parents = pl.when(broken == CLAUSES.index("parents")).then(pl.concat_list("row_id")).otherwise("parent_ids").alias("parent_ids")
    return plain.with_columns(parents).with_columns(changed).select([pl.col(name).cast(kind) for name, kind in ROW_SCHEMA.items()])


def by_contract(path: Path, rows: int) -> Counts:
    """Ours, a row group at a time."""
    from schemas.rows import breaches

    found: Counts = dict.fromkeys(CLAUSES, 0)
    frames = pl.scan_parquet(path)
    for first in range(0, rows, GROUP_ROWS):
        for breach in breaches(frames.slice(first, GROUP_ROWS).collect()):
            found[_clause(breach.clause)] += breach.rows
    return found


def _clause(said: str) -> str:
    if said.startswith(("generator exactly", "DataFrameSchema generator")) or "where not human" in said:
        return "generator"
    return "parents" if "own parent" in said else said.split(maxsplit=1)[0]


def by_hand(path: Path, _: int) -> Counts:
    human = pl.col("origin") == "human"
    broken = {
        "row_id": ~pl.col("row_id").str.len_chars().is_between(1, 200),
        "text": pl.col("text").str.len_chars() < 1,
        "sha256": ~pl.col("sha256").str.contains(r"^[0-9a-f]{64}$"),
        "origin": ~pl.col("origin").is_in(["human", "hybrid", "model", "exposed", "weak", "unknown"]),
        "slice": pl.col("slice").str.len_chars() < 1,
        "generator": human != pl.col("generator").is_null(),
        "line": pl.col("line") < 1,
        "parents": pl.col("parent_ids").list.contains(pl.col("row_id")),
    }
    others = [(pl.col(name).str.len_chars() < 1).sum().alias(f"_{name}") for name in ("task", "source_file")]
    nulls = [pl.col(name).null_count().alias(f"_null_{name}") for name in ROW_SCHEMA]
    counts = pl.scan_parquet(path).select(*(rule.sum().alias(name) for name, rule in broken.items()), *others, *nulls)
    return {name: count for name, count in counts.collect(engine="streaming").row(0, named=True).items() if name in CLAUSES}


def by_great_expectations(path: Path, rows: int) -> Counts:
    """The clauses of one column; those of two columns have no expectation of their own."""
    import great_expectations as gx
    import great_expectations.expectations as gxe

    frame = pl.scan_parquet(path).head(rows).collect().to_pandas()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    expected = [
        gxe.ExpectColumnValueLengthsToBeBetween(column="row_id", min_value=1, max_value=200),
        *(gxe.ExpectColumnValueLengthsToBeBetween(column=name, min_value=1) for name in ("text", "slice", "task", "source_file")),
        gxe.ExpectColumnValuesToMatchRegex(column="sha256", regex=r"^[0-9a-f]{64}$"),
        gxe.ExpectColumnValuesToBeInSet(column="origin", value_set=["human", "hybrid", "model", "exposed", "weak", "unknown"]),
        gxe.ExpectColumnValuesToBeBetween(column="line", min_value=1),
        *(gxe.ExpectColumnValuesToNotBeNull(column=name) for name in ("row_id", "text", "sha256", "origin", "slice", "task", "line")),
    ]
    batch = context.data_sources.add_pandas("rows").add_dataframe_asset("rows").add_batch_definition_whole_dataframe("rows")
    results = batch.get_batch({"dataframe": frame}).validate(gx.ExpectationSuite(name="rows", expectations=expected)).results
    counted = {r.expectation_config.kwargs["column"]: int(r.result["unexpected_count"]) for r in reversed(results)}
    return {name: counted[name] for name in CLAUSES if name in counted}


def by_scan(path: Path, _: int) -> Counts:
    """Every column read, and the bytes of the texts added up."""
    return {"bytes": int(pl.read_parquet(path)["text"].str.len_bytes().sum())}


def by_copies(path: Path, _: int) -> Counts:
    """Every column read, and every row that repeats the text of an earlier one found, as the mix does it."""
    from governance.mixing.columns import FrameColumns
    from governance.mixing.repeats import without_copies
    from governance.mixing.sieve import Sieve

    rows = FrameColumns(frame=pl.read_parquet(path))
    return {"copies": sum(frame.height for frame in without_copies(Sieve(table=rows, places=np.arange(rows.height))).gone)}


WORK: Mapping[str, Callable[[Path, int], Counts]] = {
    "contract": by_contract,
    "polars": by_hand,
    "Great Expectations": by_great_expectations,
    "scan": by_scan,
    "copies": by_copies,
}


def contend(who: str, path: Path, rows: int) -> None:
    """In a process of its own: run once over a few rows so that nothing is loaded later, run, say what it cost."""
    import warnings

    warnings.simplefilter("ignore")
    few = path.with_name("few.parquet")
    WORK[who](few, WRONG)
    start = time.process_time()
    counts = WORK[who](path, rows)
    spent = time.process_time() - start
    peak = next(int(line.split()[1]) for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"cpu": spent, "peak": peak / 1024, "counts": counts}))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--slow", type=int, default=50_000)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "rows.parquet"
        write(path, asked.rows)
        write(path.with_name("few.parquet"), WRONG)
        costs = {who: _measured(who, path, asked.slow if who == "Great Expectations" else asked.rows) for who in WORK}
    rates = {
        "contract / polars": costs["contract"] / costs["polars"],
        "Great Expectations / contract": costs["Great Expectations"] / costs["contract"],
        "copies / scan": costs["copies"] / costs["scan"],
    }
    for said, ratio in rates.items():
        word = "at least" if said.startswith("Great") else "at most"
        print(f"{said}: {ratio:.2f}, reach {word} {REACH[said]}")


def _measured(who: str, path: Path, rows: int) -> float:
    """CPU seconds a row."""
    environment = {**os.environ, "GX_ANALYTICS_ENABLED": "false"}
    command = [sys.executable, "-m", "benchmarks.rows", "--contend", who, str(path), str(rows)]
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    found = json.loads(done.stdout.splitlines()[-1])
    counts, cpu = found["counts"], found["cpu"]
    planted = all(count == rows // WRONG * PLANTED.get(name, 1) for name, count in counts.items() if name in CLAUSES)
    assert planted, f"{who} counts {counts}"
    print(
        f"{who:<20}{rows:>10,} rows {cpu:8.2f} cpu-s {rows / cpu / 1e6:7.2f} M rows/cpu-s {found['peak']:7.0f} MiB   {counts}", flush=True
    )
    return cpu / rows


if __name__ == "__main__":
    if sys.argv[1:2] == ["--contend"]:
        contend(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        main()
