"""`make bench`: every benchmark in turn, each in a process of its own. Name some to run only those.

HEIRLOOM_BENCH_SIZE says how large they are: `small` (a look whether all of them still run), `usual` (some fifteen minutes on two quiet
cores, and what is taken where nothing is said) or `full` (the sizes that the goals are stated for; bring hours and 16 GB). One that fails
says so and does not stop the rest; the last lines say how long each took and which failed, and then the status is 1.

Where the publisher's corpus lies beside the checkout (shared/data), its near-duplicates are counted against every pair that an exact search
finds, and its filters' retention is printed.
"""

import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SIZE, SIZES = "HEIRLOOM_BENCH_SIZE", ("small", "usual", "full")
CORPUS = Path(__file__).resolve().parents[2] / "shared" / "data"
ARTICLES, PAIRS = CORPUS / "articles.parquet", CORPUS / "near_dup_pairs.jsonl.gz"

ALL: Mapping[str, tuple[str, str, str]] = {
    "rows": ("--rows 100000 --slow 10000", "--rows 500000 --slow 20000", "--rows 10000000 --slow 50000"),
    "near_duplicates": ("--documents 1000", "--documents 20000", "--documents 100000 --five"),
    "mixing": ("--rows 200000", "--rows 2000000", "--rows 10000000"),
    "mixing_stage": ("--rows 20000", "--rows 200000", "--rows 10000000 --words 10"),
    "interleave": ("--rows 20000", "--rows 300000", "--rows 10000000"),
    "lexical": ("", "", ""),
    "self_bleu": ("", "", ""),
    "self_rouge": ("", "", ""),
    "embedding": ("", "", ""),
    "training": ("--documents 40 --samples 32", "", ""),
    "process": ("--steps 2", "", ""),
    "evaluation": ("--models 1", "", ""),
    "ledger": ("2000", "", ""),
    "cycle": ("", "", ""),
}
"""Name -> its arguments at each size."""
ON_THE_CORPUS: Mapping[str, Sequence[str]] = {
    "near_duplicates": ("--rows", str(ARTICLES), "--pairs", str(PAIRS), "--only"),
    "selection": (str(ARTICLES),),
    "publisher": (),
}
ON_THE_CORPUS_AT: Mapping[str, tuple[str, str, str]] = {
    "near_duplicates": ("ours", "ours ours-numpy rensa", "ours ours-numpy datatrove text-dedup datasketch rensa gaoya"),
    "selection": ("", "", ""),
    "publisher": ("", "", ""),
}
"""The same with the corpus beside the checkout; real text takes the slower peers minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """One benchmark with its arguments; `title` is what is said of it."""

    title: str
    command: Sequence[str]


def runs(asked: Sequence[str], size: str) -> Iterator[Run]:
    """What the names ask for, in their order."""
    for name in asked:
        module = (sys.executable, "-m", f"benchmarks.{name}")
        if name in ALL:
            arguments = ALL[name][SIZES.index(size)]
            yield Run(title=f"{name} {arguments}".rstrip(), command=(*module, *arguments.split()))
        if name in ON_THE_CORPUS and ARTICLES.exists() and PAIRS.exists():
            more = ON_THE_CORPUS_AT[name][SIZES.index(size)].split()
            yield Run(title=f"{name} on the publisher's corpus", command=(*module, *ON_THE_CORPUS[name], *more))
        elif name in ON_THE_CORPUS:
            print(f"\n== {name} on the publisher's corpus: left out, it is not beside this checkout (shared/data)", flush=True)


def timed(run: Run) -> tuple[float, int]:
    """(wall seconds, exit status)."""
    print(f"\n== {run.title}", flush=True)
    started = time.monotonic()
    status = subprocess.run(run.command, check=False).returncode
    if status:
        print(f"== {run.title} FAILED with status {status}", flush=True)
    return time.monotonic() - started, status


def in_turn(wanted: Iterable[Run]) -> int:
    """Run all of them, say at the end what became of each, and give 1 where any failed, else 0."""
    found = [(run.title, *timed(run)) for run in wanted]
    print(f"\n== {len(found)} benchmarks")
    for title, seconds, status in found:
        print(f"{seconds:7.0f} s  {'FAILED' if status else 'ran':<6}  {title}")
    return int(any(status for _, _, status in found))


def main(asked: Sequence[str]) -> int:
    size = os.environ.get(SIZE, "usual")
    if size not in SIZES:
        print(f"{SIZE}={size} is none of {', '.join(SIZES)}", file=sys.stderr)
        return 2
    if strange := sorted(set(asked) - {*ALL, *ON_THE_CORPUS}):
        print(f"no benchmark is named {', '.join(strange)}: there are {', '.join((*ALL, *ON_THE_CORPUS))}", file=sys.stderr)
        return 2
    return in_turn(runs(asked or (*ALL, "selection", "publisher"), size))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
