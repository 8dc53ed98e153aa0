"""Near-duplicates against datatrove, text-dedup, datasketch, rensa and gaoya, in one run, each in a process of its own.

    python -m benchmarks.near_duplicates                              100,000 generated documents with planted families, 120 MB
    python -m benchmarks.near_duplicates --documents 20000 --five     fewer of them, and ours a second time on five times as many
    python -m benchmarks.near_duplicates --rows FILE.parquet --pairs FILE.jsonl.gz   rows (id, text), pairs (a, b, jaccard_5gram)

The peers live in an environment of their own (benchmarks/README.md): its Python is named by HEIRLOOM_BENCH_PEERS. Without it, or where
one does not import there, the line says so. Reading the file and starting Python count for everybody.

Recall: true pairs of which at least one document is dropped. Precision: dropped documents that are in a true pair. Lost: families of
which no document stays. The given pairs were counted with tags of HTML as words; ours are not words, so articles that were posted on
two sites with different tags are found and count against the precision.
"""

import argparse
import gzip
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from benchmarks.children import ChildError, Cost, measured
from benchmarks.near_contestants import CONTESTANTS
from benchmarks.near_corpus import JACCARD_PERCENT, Pairs, families, plant

PEERS = "HEIRLOOM_BENCH_PEERS"
REACH = {"datatrove": ("wall", 50.0), "datasketch": ("cpu", 8.0), "rensa": ("cpu", 2.5)}
"""Peer -> (what is compared, how many times ours it is to take)."""
FEWEST_WORDS = 30
FIVE_FOLD = 5.5
HERE = Path(__file__).parent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--documents", type=int, default=100_000)
    parser.add_argument("--only", nargs="*", default=list(CONTESTANTS), choices=list(CONTESTANTS))
    parser.add_argument("--five", action="store_true", help="ours on five times as many documents too")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if asked.rows and asked.pairs:
            corpus, pairs = _given(folder, asked.rows, asked.pairs)
        else:
            corpus, pairs = plant(folder, asked.documents)
        found = {who: _run(who, corpus, pairs, folder) for who in asked.only}
        _ratios({who: cost for who, cost in found.items() if cost})
        if asked.five and (ours := found.get("ours")):
            _five_fold(folder, asked.documents, ours)


def _run(who: str, corpus: Path, pairs: Pairs, folder: Path) -> Cost | None:
    """One line for one contestant; None where it did not run."""
    python = sys.executable if who.startswith("ours") else os.environ.get(PEERS, "")
    if not python:
        print(f"{who:<11} left out: {PEERS} names no environment with the peers (benchmarks/README.md)", flush=True)
        return None
    out = folder / f"{who}.json"
    command = [python, str(HERE / "near_contestants.py"), who, str(corpus), str(out)]
    environment = {"PYTHONPATH": str(HERE.parent), "HF_HUB_OFFLINE": "1", "DO_NOT_TRACK": "1"}
    try:
        if who == "ours":
            measured(command, environment)  # compiles what is compiled once in the life of an installation
        cost = measured(command, environment)
    except ChildError as error:
        print(f"{who:<11} left out: {str(error).splitlines()[-1][:150]}", flush=True)
        return None
    print(
        f"{who:<11} {cost.wall:7.1f} s {cost.cpu:7.2f} cpu-s {cost.peak:6.0f} MiB   {_quality(json.loads(out.read_text()), pairs)}",
        flush=True,
    )
    return cost


def _quality(dropped: Sequence[int], pairs: Pairs) -> str:
    gone = set(dropped)
    inside = {document for pair in pairs for document in pair}
    recall = sum(a in gone or b in gone for a, b in pairs) / max(len(pairs), 1)
    precision = len(gone & inside) / max(len(gone), 1)
    lost = sum(family <= gone for family in families(pairs))
    return f"recall {recall:.4f}  precision {precision:.4f}  families lost {lost}  ({len(gone)} dropped of {len(pairs)} pairs)"


def _ratios(costs: Mapping[str, Cost]) -> None:
    ours = costs.get("ours")
    for who, cost in costs.items():
        if ours and who != "ours":
            measure, wanted = REACH.get(who, ("cpu", 0.0))
            goal = f", reach {wanted:g} in {measure}" if wanted else ""
            print(f"{who} takes {cost.cpu / ours.cpu:.1f} times our CPU, {cost.wall / ours.wall:.1f} times our wall time{goal}")


def _five_fold(folder: Path, documents: int, ours: Cost) -> None:
    corpus, pairs = plant(folder, 5 * documents)
    if cost := _run("ours", corpus, pairs, folder):
        print(f"five times the documents: {cost.cpu / ours.cpu:.2f} times the CPU, reach at most {FIVE_FOLD}")


def _given(folder: Path, rows: Path, pairs: Path) -> tuple[Path, Pairs]:
    """Distinct texts of at least 30 words in order of id (the pairs know no others), and the listed pairs among them."""
    frame = pl.read_parquet(rows, columns=["id", "text"]).sort("id").unique("text", keep="first", maintain_order=True)
    frame = frame.filter(pl.col("text").str.count_matches(r"\w+") >= FEWEST_WORDS)
    places = {row_id: place for place, row_id in enumerate(frame["id"])}
    with gzip.open(pairs, "rt") as lines:
        listed = [json.loads(line) for line in lines]
    close = [(pair["a"], pair["b"]) for pair in listed if pair["jaccard_5gram"] * 100 >= JACCARD_PERCENT]
    frame.select(pl.int_range(pl.len()).alias("id"), "text").write_parquet(folder / "given.parquet")
    return folder / "given.parquet", [(places[a], places[b]) for a, b in close if a in places and b in places]


if __name__ == "__main__":
    main()
