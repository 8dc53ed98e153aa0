"""One pass over a corpus in bounded memory: every row is counted, a bounded sample of rows is kept for what is dear to look at."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.adapters.batch.files import read_chunks
from governance.adapters.corpus.documents import documents
from governance.adapters.corpus.files import CorpusFiles
from governance.errors import BatchError
from governance.provenance.claims import claims
from governance.provenance.corpus.rows import audited
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.corpus.sample import Copies, Sample
from governance.provenance.corpus.tally import Tally
from governance.provenance.mapping import ColumnMapping
from governance.provenance.rules import ProvenanceRules
from governance.provenance.words import CountTokens

Show = Callable[[int, int, str], None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Corpus:
    """What one pass brings home. `unread` are files that could not be read to their end: (name, why)."""

    files: CorpusFiles
    tally: Tally
    sample: Sample
    copies: Copies
    unread: tuple[tuple[str, str], ...]


def read_corpus(
    files: CorpusFiles, mapping: ColumnMapping, rules: ProvenanceRules, limits: CorpusRules, *, count: CountTokens, show: Show
) -> Corpus:
    """Every row of every file, once, under lenient `rules`.

    Raises: BatchError where no file holds a row, or where classes are as many as rows.
    """
    tally, copies = Tally(), Copies()
    sample = Sample(most_rows=limits.sampled_rows, most_characters=limits.sampled_characters)
    broken: list[tuple[str, str]] = []
    for claimed in _claims(files, mapping, rules.max_row_bytes, broken, show):
        rows, troubles = audited(claimed, rules)
        textless = rows.filter(pl.col("left_out").is_not_null())
        held = rows.filter(pl.col("left_out").is_null())
        held = held.with_columns(pl.Series("tokens", count(held["text"].to_list()), dtype=pl.Int64))
        tally = tally.with_rows(held, _by_rule(textless), troubles)
        sample, copies = sample.with_rows(held), copies.with_rows(held["sha256"].to_list())
    show(1, 1, "read")
    if not tally.rows:
        said = [f"{name} {why}" for name, why in broken]
        raise BatchError(
            "holds no row with a text", where=str(files.root), examples=said, fix="--map text=COLUMN names the column of the text"
        )
    return Corpus(files=files, tally=tally, sample=sample, copies=copies, unread=tuple(broken))


def _claims(
    files: CorpusFiles, mapping: ColumnMapping, max_row_bytes: int, broken: list[tuple[str, str]], show: Show
) -> Iterator[pl.DataFrame]:
    whole, done = max(files.bytes, 1), 0
    for path in files.tables:
        name, size, seen = files.name(path), path.stat().st_size, 0
        try:
            for chunk in read_chunks(path, mapping, max_row_bytes):
                found = claims(chunk.raw, mapping, name)
                seen = min(size, seen + int(found["text"].str.len_bytes().sum()))
                show(min(done + seen, whole - 1), whole, name)
                yield found
        except (BatchError, OSError) as error:
            broken.append((name, error.found if isinstance(error, BatchError) else str(error.strerror)))
        done += size
    for found, size in documents(files, max_row_bytes):
        done += size
        show(min(done, whole - 1), whole, "documents")
        yield found


def _by_rule(textless: pl.DataFrame) -> Mapping[str, int]:
    return dict(textless.group_by("left_out").len().sort("left_out").iter_rows())


def named(path: Path) -> str:
    """The name of a corpus for people and records: never where it lies on a machine."""
    return path.resolve().name
