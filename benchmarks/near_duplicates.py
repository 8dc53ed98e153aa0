"""Near-duplicates against datasketch, in one run: CPU seconds as a ratio, recall and precision against the exact pairs.

    python benchmarks/near_duplicates.py                                   a generated corpus with planted families
    python benchmarks/near_duplicates.py --rows FILE.parquet --pairs FILE.jsonl.gz   rows (id, text) and pairs (a, b, jaccard_5gram)

The peer is left out where `pip install datasketch` was not run.
"""

import argparse
import gzip
import json
import re
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import polars as pl

from governance.mixing.near import near_duplicates
from governance.provenance.words import read_words

JACCARD_PERCENT, SHINGLE_WORDS = 70, 5
PEER_PERMUTATIONS = 128
FEWEST_WORDS = 30
Pairs = set[tuple[int, int]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--pairs", type=Path)
    parser.add_argument("--documents", type=int, default=35_000)
    asked = parser.parse_args()
    texts, pairs = _given(asked.rows, asked.pairs) if asked.rows and asked.pairs else _planted(asked.documents)
    print(f"{len(texts)} documents, {sum(map(len, texts)) / 1e6:.0f} MB, {len(pairs)} pairs at Jaccard >= {JACCARD_PERCENT} %")
    ours = _measured("ours", lambda: _ours(texts), pairs)
    try:
        import datasketch  # noqa: F401
    except ImportError:
        print("datasketch: not installed (pip install datasketch)")
        return
    peer = _measured("datasketch", lambda: _datasketch(texts), pairs)
    print(f"ratio: {peer / ours:.1f} x datasketch's CPU seconds")


def _measured(name: str, work: Callable[[], Sequence[int]], pairs: Pairs) -> float:
    """Recall: pairs of which at least one text is dropped. Precision: dropped texts that are in a pair.

    The given pairs were counted with tags of HTML as words; ours are not words, so that three articles that were posted on two sites with
    different tags are found and count against the precision.
    """
    start = time.process_time()
    dropped = set(work())
    spent = time.process_time() - start
    inside = {text for pair in pairs for text in pair}
    recall = sum(a in dropped or b in dropped for a, b in pairs) / max(len(pairs), 1)
    precision = len(dropped & inside) / max(len(dropped), 1)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"{name}: {spent:.2f} cpu-s, recall {recall:.4f}, precision {precision:.4f}, {len(dropped)} dropped, peak {peak:.0f} MiB so far")
    return spent


def _ours(texts: Sequence[str]) -> list[int]:
    found = near_duplicates(read_words(texts), JACCARD_PERCENT, SHINGLE_WORDS)
    sizes = np.unique(found.kept, return_counts=True)[1]
    least = (found.shared * 100 // np.maximum(found.union, 1)).min(initial=100)
    print(
        f"clusters: {sizes.size}, the largest of {sizes.max(initial=0) + 1} texts; every text is {least} % like its representative or more"
    )
    return [int(place) for place in found.dropped]


def _datasketch(texts: Sequence[str]) -> list[int]:
    """A text is dropped where the index proposes any kept one: the peer does not verify."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=JACCARD_PERCENT / 100, num_perm=PEER_PERMUTATIONS)
    dropped = []
    for place, text in enumerate(texts):
        words = re.findall(r"\w+", text.lower())
        runs = {" ".join(words[start : start + SHINGLE_WORDS]).encode() for start in range(len(words) - SHINGLE_WORDS + 1)}
        if not runs:
            continue
        sketch = MinHash(num_perm=PEER_PERMUTATIONS)
        sketch.update_batch(list(runs))
        if index.query(sketch):
            dropped.append(place)
        else:
            index.insert(place, sketch)
    return dropped


def _given(rows: Path, pairs: Path) -> tuple[list[str], Pairs]:
    """Distinct texts of at least 30 words in order of id (the pairs know no others), and the listed pairs among them."""
    frame = pl.read_parquet(rows, columns=["id", "text"]).sort("id").unique("text", keep="first", maintain_order=True)
    frame = frame.filter(pl.col("text").str.count_matches(r"\w+") >= FEWEST_WORDS)
    places = {row_id: place for place, row_id in enumerate(frame["id"])}
    with gzip.open(pairs, "rt") as lines:
        listed = [json.loads(line) for line in lines]
    close = [(pair["a"], pair["b"]) for pair in listed if pair["jaccard_5gram"] * 100 >= JACCARD_PERCENT]
    return frame["text"].to_list(), {(places[a], places[b]) for a, b in close if a in places and b in places}


def _planted(documents: int) -> tuple[list[str], Pairs]:
    """Random texts of 230 words from a Zipf vocabulary; a tenth are members of families of five with 1 to 20 words replaced."""
    random = np.random.Generator(np.random.Philox(1))
    vocabulary = np.array([f"word{number}" for number in range(50_000)])
    ids = np.minimum(random.zipf(1.2, (documents, 230)), vocabulary.size) - 1
    pairs: Pairs = set()
    for founder in range(0, documents // 10, 5):
        for member in range(founder + 1, founder + 5):
            ids[member] = ids[founder]
            changed = random.integers(0, 230, int(random.integers(1, 21)))
            ids[member, changed] = random.integers(0, vocabulary.size, changed.size)
        pairs |= {(a, b) for a in range(founder, founder + 5) for b in range(a + 1, founder + 5) if _close(ids[a], ids[b])}
    return [" ".join(vocabulary[row]) for row in ids], pairs


def _close(one: np.ndarray, other: np.ndarray) -> bool:
    first, second = ({tuple(run) for run in np.lib.stride_tricks.sliding_window_view(row, SHINGLE_WORDS).tolist()} for row in (one, other))
    return len(first & second) * 100 >= JACCARD_PERCENT * len(first | second)


if __name__ == "__main__":
    main()
