"""The tables of a cycle: every id comes back as it was, equal texts are one source, and the same cycle gives the same bytes."""

import gzip
import hashlib
from pathlib import Path

import polars as pl

from governance.adapters.evidence import verify
from governance.adapters.evidence.tables import BATCHES, PACKED, ROWS, SCORES, keep_tables, table_digest, table_pieces
from governance.mixing.document import mix_root
from governance.training.batch_log import BATCH_LOG_SCHEMA

IDS = ["plain", "=1+1", "'", "''=1", "\tx", "\rx", "\nx", "a\r\nb", 'say "so"', "a,b", "\x00", "\uff1dx", "日本", "+", "", "0012", "\u202e"]


def mix(folder: Path) -> Path:
    count = len(IDS)
    frame = {
        "row_id": IDS,
        "text": ["secret"] * count,
        "sha256": [hashlib.sha256(one.encode()).hexdigest() for one in IDS],
        "role": ["human", "synthetic"] * (count // 2) + ["anchor"],
        "origin": ["human", "model"] * (count // 2) + ["human"],
        "generator": [None, "@tutor"] * (count // 2) + [None],
        "generator_version": [None, "1"] * (count // 2) + [None],
        "tokens": list(range(count)),
        "counted": [place * (place % 2) for place in range(count)],
        "shard": [0] * 9 + [1] * (count - 9),
    }
    pl.DataFrame(frame, schema_overrides={"shard": pl.Int32}).write_parquet(folder / "mix.parquet")
    return folder


def test_whatever_an_id_is_the_rows_give_the_root_of_the_mix(tmp_path: Path):
    keep_tables(mix(tmp_path), tmp_path, {})
    lines = b"".join(table_pieces(tmp_path, ROWS)).decode().splitlines(keepends=True)
    text = "".join(lines)
    found = verify.Rows.of(f"{line}\n" for line in text.removesuffix("\n").split("\n"))
    frame = pl.read_parquet(tmp_path / "mix.parquet")
    assert found.root == mix_root([frame])
    assert (found.count, found.tokens.total(), found.counted) == (len(IDS), frame["tokens"].sum(), frame["counted"].sum())
    assert found.odd == []
    assert "secret" not in text


def test_the_same_cycle_gives_the_same_bytes_and_nothing_is_left_beside_them(tmp_path: Path):
    cycle = mix(tmp_path)
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        keep_tables(cycle, tmp_path / name, {})
    assert [path.name for path in (tmp_path / "one").iterdir()] == [f"{ROWS}{PACKED}"]
    kept = (tmp_path / "one" / f"{ROWS}{PACKED}").read_bytes()
    assert kept == (tmp_path / "two" / f"{ROWS}{PACKED}").read_bytes()
    assert table_digest(tmp_path / "one", ROWS) == hashlib.sha256(gzip.decompress(kept)).hexdigest()


def test_scores_are_those_of_the_locked_shards_digit_by_digit_and_equal_texts_are_one_source(tmp_path: Path):
    bits = [0.1 + 0.2, 1e22, 5e-324, 7.0]
    frame = {
        "model": ["candidate"] * 4,
        "shard": ["tail", "tail", "tail", "training"],
        "doc_id": ["b", "a", "=c", "t"],
        "source_id": ["s1", "s2", None, "t"],
        "slice": ["news"] * 4,
        "bits": bits,
        "bytes": [10, 10, 12, 9],
        "tokens": [2, 2, 3, 1],
    }
    pl.DataFrame(frame).write_parquet(tmp_path / "scores.parquet")
    shard = tmp_path / "tail.parquet"
    pl.DataFrame({"row_id": ["a", "b", "=c", "held back"], "text": ["same", "same", "other", "other"]}).write_parquet(shard)
    keep_tables(tmp_path, tmp_path, {"tail": shard})
    text = b"".join(table_pieces(tmp_path, SCORES)).decode()
    lines = [line.split(",") for line in text.splitlines()[1:]]
    assert [(one[2], one[3], float(one[5])) for one in lines] == [("'=c", "", 5e-324), ("a", "a", 1e22), ("b", "a", 0.1 + 0.2)]


def test_the_log_is_a_line_a_batch_in_canonical_json(tmp_path: Path):
    batch = (1, 0, 0, 128, 256, 0, ["=r"], [3, 1], "f" * 64)
    pl.DataFrame([batch], schema=BATCH_LOG_SCHEMA, orient="row").write_parquet(tmp_path / "batches.parquet")
    keep_tables(tmp_path, tmp_path, {})
    (line,) = b"".join(table_pieces(tmp_path, BATCHES)).decode().splitlines()
    assert verify.canonical(verify.parsed(line, "batches.jsonl")) == line
    assert verify.parsed(line, "batches.jsonl")["blocks"] == [3, 1]
