"""The contestants of the near-duplicate benchmark, each in a process of its own: `PYTHON near_contestants.py NAME CORPUS DROPPED`.

CORPUS is a Parquet file of `id` and `text`, DROPPED a JSON list of the ids that the contestant would take out. Every peer gets the
parameters that its own documentation gives for a Jaccard similarity of 0.7 of runs of 5 words, with 128 hashes where it asks for a number.
This file imports nothing of ours at its top, so that a peer may live in an environment of its own.
"""

import json
import re
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

THRESHOLD, RUN, HASHES = 0.7, 5, 128


def texts_of(corpus: Path) -> list[str]:
    import pyarrow.parquet as pq

    return pq.ParquetFile(corpus).read(columns=["text"])["text"].to_numpy().tolist()


def runs_of(text: str) -> set[str]:
    words = re.findall(r"\w+", text.lower())
    return {" ".join(words[start : start + RUN]) for start in range(len(words) - RUN + 1)}


def ours(corpus: Path) -> list[int]:
    from governance.adapters.compiled import fastest
    from governance.mixing.near import near_duplicates
    from governance.provenance.words import read_words

    texts = texts_of(corpus)
    kernels = fastest(len(texts))
    return near_duplicates(read_words(texts, kernels), round(THRESHOLD * 100), RUN, kernels).dropped.tolist()


def ours_in_numpy(corpus: Path) -> list[int]:
    from governance.mixing.near import near_duplicates
    from governance.provenance.words import read_words

    return near_duplicates(read_words(texts_of(corpus)), round(THRESHOLD * 100), RUN).dropped.tolist()


def datasketch(corpus: Path) -> list[int]:
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(threshold=THRESHOLD, num_perm=HASHES)
    dropped = []
    for place, text in enumerate(texts_of(corpus)):
        if runs := runs_of(text):
            sketch = MinHash(num_perm=HASHES)
            sketch.update_batch([run.encode() for run in runs])
            if index.query(sketch):
                dropped.append(place)
            else:
                index.insert(place, sketch)
    return dropped


def rensa(corpus: Path) -> list[int]:
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=HASHES, num_bands=16)
    dropped = []
    for place, text in enumerate(texts_of(corpus)):
        if runs := runs_of(text):
            sketch = RMinHash(num_perm=HASHES, seed=42)
            sketch.update(list(runs))
            if index.query(sketch):
                dropped.append(place)
            else:
                index.insert(place, sketch)
    return dropped


def gaoya(corpus: Path) -> list[int]:
    from gaoya.minhash import MinHashStringIndex

    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=THRESHOLD, num_bands=21, band_size=6, analyzer="word", lowercase=True, ngram_range=(RUN, RUN)
    )
    texts = texts_of(corpus)
    index.par_bulk_insert_docs(list(range(len(texts))), texts)
    found = index.par_bulk_query(texts)
    return _beside_the_first(len(texts), ((place, other) for place, others in enumerate(found) for other in others))


def text_dedup(corpus: Path) -> list[int]:
    import pyarrow.parquet as pq
    from datasets import load_from_disk
    from text_dedup import minhash

    with tempfile.TemporaryDirectory() as folder:
        said = ["--path", "parquet", "--data_files", str(corpus), "--split", "train", "--cache_dir", f"{folder}/cache"]
        said += ["--output", f"{folder}/out", "--column", "text", "--threshold", str(THRESHOLD), "--ngram", str(RUN)]
        said += ["--num_perm", str(HASHES), "--min_length", "1", "--batch_size", "10000", "--num_proc", "2"]
        minhash.main.main(args=said, standalone_mode=False)
        kept = set(load_from_disk(f"{folder}/out")["id"])
    return [place for place in pq.read_table(corpus, columns=["id"])["id"].to_pylist() if place not in kept]


def datatrove(corpus: Path) -> list[int]:
    """Its four steps over two local workers; what its filter writes out as removed is dropped."""
    from datatrove.executor import LocalPipelineExecutor
    from datatrove.pipeline.dedup import MinhashDedupCluster, MinhashDedupFilter, MinhashDedupSignature
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupBuckets
    from datatrove.pipeline.readers import ParquetReader
    from datatrove.pipeline.writers import JsonlWriter

    config = MinhashConfig(n_grams=RUN, num_buckets=14, hashes_per_bucket=8)
    with tempfile.TemporaryDirectory() as folder:
        split = Path(folder) / "in"
        _in_two(corpus, split)

        def run(name: str, tasks: int, *steps: object) -> None:
            LocalPipelineExecutor(
                pipeline=list(steps), tasks=tasks, workers=2, start_method="fork", logging_dir=f"{folder}/logs/{name}"
            ).run()

        at = {name: f"{folder}/{name}" for name in ("signatures", "buckets", "remove", "removed", "kept")}
        run("signatures", 2, ParquetReader(str(split)), MinhashDedupSignature(output_folder=at["signatures"], config=config))
        run("buckets", 14, MinhashDedupBuckets(input_folder=at["signatures"], output_folder=at["buckets"], config=config))
        run("cluster", 1, MinhashDedupCluster(input_folder=at["buckets"], output_folder=at["remove"], config=config))
        removed = JsonlWriter(at["removed"], compression=None)
        last = MinhashDedupFilter(input_folder=at["remove"], exclusion_writer=removed)
        run("filter", 2, ParquetReader(str(split)), last, JsonlWriter(at["kept"], compression=None))
        lines = (line for path in Path(at["removed"]).rglob("*.jsonl") for line in path.read_text().splitlines())
        return sorted(int(json.loads(line)["id"]) for line in lines)


def _in_two(corpus: Path, folder: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder.mkdir()
    table = pq.read_table(corpus)
    table = table.set_column(0, "id", table["id"].cast(pa.string()))
    half = len(table) // 2
    for name, part in (("a", table[:half]), ("b", table[half:])):
        pq.write_table(part, folder / f"{name}.parquet")


def _beside_the_first(documents: int, pairs: Iterator[tuple[int, int]]) -> list[int]:
    """Every document but the least of each connected group."""
    parent = list(range(documents))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for one, other in pairs:
        first, second = sorted((root(one), root(other)))
        parent[second] = first
    groups: Mapping[int, list[int]] = defaultdict(list)
    for place in range(documents):
        groups[root(place)].append(place)
    return sorted(place for first, members in groups.items() for place in members if place != first)


CONTESTANTS: Mapping[str, Callable[[Path], list[int]]] = {
    "ours": ours,
    "ours-numpy": ours_in_numpy,
    "datatrove": datatrove,
    "text-dedup": text_dedup,
    "datasketch": datasketch,
    "rensa": rensa,
    "gaoya": gaoya,
}

if __name__ == "__main__":
    Path(sys.argv[3]).write_text(json.dumps(CONTESTANTS[sys.argv[1]](Path(sys.argv[2]))))
