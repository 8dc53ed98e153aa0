"""A corpus on disk: every file is read, or counted with the reason why not; documents are rows, and dates come from their publishers."""

import gzip
import json
import os
from pathlib import Path

import polars as pl
import pytest

from governance.adapters.corpus.files import corpus_files
from governance.adapters.corpus.looking import artefacts, near
from governance.adapters.corpus.reading import Corpus, read_corpus
from governance.errors import BatchError
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.provenance.corpus.asked import mapping_asked
from governance.provenance.corpus.rows import lenient
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.kernels import NUMPY
from governance.provenance.rules import ProvenanceRules
from governance.provenance.words import read_words
from tests.provenance.corpus_rows import held, human, model

LENIENT = lenient(ProvenanceRules(max_row_bytes=10_000))
PAGE = """<!doctype html><html><head><title>Not text</title><meta property="article:published_time" content="2021-05-04T10:00:00Z">
<style>p { color: red }</style></head><body><script>var hidden = 1;</script><h1>News</h1><p>Tea &amp; cake</p></body></html>"""


def read(place: Path, *asked: str, moves: list[tuple[int, int, str]] | None = None) -> Corpus:
    def show(done: int, whole: int, words: str) -> None:
        (moves if moves is not None else []).append((done, whole, words))

    def count(texts):
        return [len(text.split()) for text in texts]

    return read_corpus(corpus_files(place), mapping_asked({}, asked), LENIENT, CorpusRules(), count=count, show=show)


def written(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    store = tmp_path / "store"
    written(store / "wiki" / "a.md", "---\ntitle: A\ndate: 2019-03-05\n---\n# Heading\nBody text")
    written(store / "wiki" / "deep" / "b.html", PAGE)
    written(store / "c.txt", "Plain text")
    written(store / "bad.txt", b"caf\xe9")
    written(store / "empty.md", "  \n")
    written(store / "long.txt", "x" * 10_001)
    written(store / "odd.html", "<p>text<![%foo[x")
    written(store / "rows.jsonl.gz", gzip.compress(json.dumps({"text": "a row", "origin": "model", "generator": "g"}).encode()))
    pl.DataFrame({"text": ["one", "two"]}).write_parquet(store / "rows.parquet")
    written(store / "code.py", "print()")
    written(store / ".git", "hidden")
    (store / "link.txt").symlink_to(store / "c.txt")
    os.mkfifo(store / "pipe.txt")
    return store


def test_every_file_is_read_or_counted_with_its_reason(store: Path):
    found = read(store)
    assert dict(found.files.passed_over) == {".py": 1, "hidden or unprintable name": 1, "no plain file": 1, "symbolic link": 1}
    assert dict(found.tally.left_out) == {"empty-text": 1, "line-too-long": 1, "not-html": 1, "not-utf8": 1}
    assert found.tally.rows == 6
    assert found.unread == ()
    assert dict(found.tally.troubles) == {"missing-origin": 2}


def test_a_document_is_a_row_named_by_its_path_with_its_publishers_date(store: Path):
    rows = {row["row_id"]: row for row in read(store).sample.frame().to_dicts()}
    markdown, page, plain = rows["wiki/a.md"], rows["wiki/deep/b.html"], rows["c.txt"]
    assert (markdown["text"], markdown["vintage"], markdown["slice"]) == ("# Heading\nBody text", "2019", "wiki")
    assert (page["text"].split(), page["vintage"]) == (["News", "Tea", "&", "cake"], "2021")
    assert (plain["vintage"], plain["origin"], plain["slice"]) == ("unknown", "unknown", "none")


def test_a_broken_file_is_named_and_the_others_are_read(store: Path):
    written(store / "cut.parquet", (store / "rows.parquet").read_bytes()[:-20])
    found = read(store)
    assert [name for name, _ in found.unread] == ["cut.parquet"]
    assert found.tally.rows == 6


def test_a_column_that_is_not_there_says_how_to_name_it(tmp_path: Path):
    pl.DataFrame({"body": ["one"]}).write_parquet(tmp_path / "rows.parquet")
    with pytest.raises(BatchError, match=r"has no column 'text'[\s\S]*--map text=COLUMN"):
        read(tmp_path)
    assert read(tmp_path, "text=body", "origin=constant:human").tally.declared() == {"human": {"rows": 1, "tokens": 1}}


def test_the_bar_moves_forward_and_ends_at_the_end(store: Path):
    moves: list[tuple[int, int, str]] = []
    read(store, moves=moves)
    done = [move[0] / move[1] for move in moves]
    assert done == sorted(done)
    assert done[-1] == 1
    assert max(done[:-1]) < 1


@pytest.mark.parametrize("place", ["nowhere", "link", "folder"])
def test_what_cannot_be_read_is_refused(tmp_path: Path, place: str):
    (tmp_path / "link").symlink_to(tmp_path)
    written(tmp_path / "folder" / "code.py", "print()")
    with pytest.raises(BatchError):
        corpus_files(tmp_path / place)


def test_of_two_near_copies_the_human_one_stays_and_the_pair_is_counted():
    text = " ".join(f"word{n}" for n in range(60))
    rows = held(model("m", f"{text} more"), human("h", text), human("other", " ".join(f"else{n}" for n in range(60))), human("s", "no"))
    found = near(rows, read_words(rows["text"].to_list()), MixRules(), NUMPY)
    assert (found.counted.hits, found.counted.rows) == (1, 3)
    assert found.document()["pairs"] == [{"origin": "model", "repeats": "human", "rows": 1}]
    assert list(found.clusters) == [("h", 1)]


def test_artefacts_are_counted_by_rule_and_origin():
    rows = held(
        model("a", "As an AI language model, I cannot say"),
        human("b", "caf\u00c3\u00a9"),
        model("c", " ".join(["again and again and again"] * 20)),
    )
    found = artefacts(rows, read_words(rows["text"].to_list()), SelectionRules())
    assert {rule: counts for rule, counts in found.items() if counts} == {
        "refusal-boilerplate": {"model": 1},
        "mojibake": {"human": 1},
        "looping": {"model": 1},
    }
