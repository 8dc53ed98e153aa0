"""What our own models wrote, as a bounded sample of hashed runs of words: how a text is recognised that comes back without its label.

A run of five words is kept where its hash falls below a threshold, and the threshold is halved whenever the sample outgrows its limit. So
the sample of a union is the same whatever came first, entering twice changes nothing, and the share of any text's runs that we emitted can
be estimated for ever. No text is kept, and nothing can be read back out of a hash but by guessing the words.
"""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.errors import IntegrityError
from governance.provenance.hashing import Hashes, Places, mixed, seeded_keys
from governance.provenance.shingles import shingles
from governance.provenance.synthesis import EmissionLimits
from governance.provenance.words import Words, read_words

EMISSIONS_FILE = "emissions.parquet"
"""The frozen copy in a cycle's folder."""
RUN_WORDS = 5
"""SCIENCE section 4: containment of runs of five words finds copies at an AUC of 0.997."""
RUN, ROW = "run", "row"
HASH_BITS = 64
WORDS_AT_A_TIME = 1 << 21

EMISSIONS_SCHEMA = pl.Schema({"kind": pl.String(), "halvings": pl.UInt8(), "generator": pl.String(), "hash": pl.UInt64()})
"""A line per kept hash and generator: of a run of words, or of a whole row. `halvings`: the hashes kept begin with so many zero bits."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Emissions:
    """A sample of everything that was emitted: distinct lines in one order, so that equal samples are equal tables."""

    table: pl.DataFrame

    def __post_init__(self) -> None:
        if self.table.schema != EMISSIONS_SCHEMA:
            raise ValueError(f"columns are {list(self.table.schema)}, not {list(EMISSIONS_SCHEMA)}")
        if self.table.select("kind", "halvings").n_unique() > self.table["kind"].n_unique():
            raise ValueError("one kind of hash was sampled at two rates")

    def hashes(self, kind: str) -> Hashes:
        """The distinct hashes of one kind, in order."""
        return np.unique(self.table.filter(pl.col("kind") == kind)["hash"].to_numpy())

    def halvings(self, kind: str) -> int:
        """How often the sample of this kind was halved: one hash in 2 to the power of it is kept."""
        found = self.table.filter(pl.col("kind") == kind)["halvings"]
        return int(found[0]) if len(found) else 0

    @property
    def rows(self) -> int:
        """Rows that were emitted: their number where the sample was never halved, an estimate of it afterwards."""
        return self.table.filter(pl.col("kind") == ROW).height << self.halvings(ROW)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Containment:
    """Per text how many of its runs were looked at, and how many of those had been emitted. A text without a run looked at is no answer."""

    looked_at: Places
    emitted: Places

    @property
    def shares(self) -> NDArray[np.float64]:
        """Emitted runs of those looked at, NaN where none was."""
        with np.errstate(invalid="ignore"):
            return np.asarray(self.emitted / self.looked_at, dtype=np.float64)


def nothing_emitted() -> Emissions:
    return Emissions(table=pl.DataFrame(schema=EMISSIONS_SCHEMA))


def emitted(generator: str, texts: Sequence[str], given: Sequence[str], limits: EmissionLimits) -> Emissions:
    """The emissions of one generator: a text each, and beside it what its author was given (the prompt, or the human parent).

    Runs that an author was given are not its own: else the human parent of a hybrid would look as if we had written it.
    """
    if len(texts) != len(given):
        raise ValueError(f"{len(texts)} texts and {len(given)} givens")
    whole = _lines(ROW, generator, seeded_keys([f"{generator}\n{text}" for text in texts], seed=0))
    parts = [whole, *(_lines(RUN, generator, own) for own in _own_runs(read_words(texts), read_words(given)))]
    return _bounded(pl.concat(parts), limits)


def merged(one: Emissions, other: Emissions, limits: EmissionLimits) -> Emissions:
    """The emissions of both, whatever the order and however often the same came in."""
    return _bounded(pl.concat([one.table, other.table]), limits)


def containment(emissions: Emissions, texts: Sequence[str]) -> Containment:
    """Which share of each text's runs of five words we emitted, by any generator. A text of fewer words has no run."""
    known, halvings = emissions.hashes(RUN), emissions.halvings(RUN)
    looked_at, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int64)]
    for _, words in read_words(texts).chunks(WORDS_AT_A_TIME):
        runs = shingles(words, RUN_WORDS)
        sampled = _below(runs.hashes, halvings)
        owners = runs.owners[sampled]
        hits = _holds(known, runs.hashes[sampled])
        looked_at.append(np.bincount(owners, minlength=words.texts))
        found.append(np.bincount(owners[hits], minlength=words.texts))
    return Containment(looked_at=np.concatenate(looked_at), emitted=np.concatenate(found))


def read_emissions(path: Path) -> Emissions:
    """The emissions in a file. Raises: IntegrityError where it holds something else."""
    try:
        return Emissions(table=pl.read_parquet(path))
    except (OSError, ValueError, pl.exceptions.PolarsError) as error:
        raise IntegrityError(f"cannot be read as emissions: {str(error)[:200]}", where=str(path)) from error


def emissions_bytes(emissions: Emissions) -> bytes:
    """The file of emissions; the same emissions give the same bytes under the same release of polars."""
    stream = io.BytesIO()
    emissions.table.write_parquet(stream, statistics=False)
    return stream.getvalue()


def _own_runs(texts: Words, given: Words) -> Iterable[Hashes]:
    for first, words in texts.chunks(WORDS_AT_A_TIME):
        runs = shingles(words, RUN_WORDS)
        held = shingles(given.take(np.arange(first, first + words.texts)), RUN_WORDS)
        own = ~_holds(np.unique(_of_text(held.hashes, held.owners)), _of_text(runs.hashes, runs.owners))
        yield runs.hashes[own]


def _of_text(hashes: Hashes, owners: Places) -> Hashes:
    """A hash of a run together with the place of its text."""
    return mixed(hashes ^ mixed(owners.astype(np.uint64)))


def _lines(kind: str, generator: str, hashes: Hashes) -> pl.DataFrame:
    frame = pl.DataFrame({"hash": np.unique(hashes)}, schema={"hash": pl.UInt64()})
    rate = pl.lit(0, dtype=pl.UInt8).alias("halvings")
    return frame.select(pl.lit(kind).alias("kind"), rate, pl.lit(generator).alias("generator"), "hash")


def _bounded(table: pl.DataFrame, limits: EmissionLimits) -> Emissions:
    kinds = [_sampled(table.filter(pl.col("kind") == kind), limits.runs if kind == RUN else limits.rows) for kind in (ROW, RUN)]
    return Emissions(table=pl.concat(kinds))


def _sampled(table: pl.DataFrame, limit: int) -> pl.DataFrame:
    """Distinct lines of one kind in order of hash, halved as often as any part was, and further until the limit holds."""
    halvings = max(table["halvings"].unique().to_list(), default=0)
    distinct = table.select("generator", "hash").unique().sort("hash", "generator")
    hashes = distinct["hash"].to_numpy()
    while int(_below(hashes, halvings).sum()) > limit:
        halvings += 1
    kept = distinct.filter(pl.Series(_below(hashes, halvings)))
    kind = pl.lit(table["kind"][0] if table.height else "", dtype=pl.String).alias("kind")
    return kept.select(kind, pl.lit(halvings, dtype=pl.UInt8).alias("halvings"), "generator", "hash")


def _below(hashes: Hashes, halvings: int) -> NDArray[np.bool_]:
    """Whether hashes begin with so many zero bits."""
    return np.ones(hashes.size, dtype=bool) if halvings == 0 else (hashes >> np.uint64(HASH_BITS - halvings)) == 0


def _holds(known: Hashes, asked: Hashes) -> NDArray[np.bool_]:
    """Whether hashes are among known ones, which are in order."""
    if known.size == 0:
        return np.zeros(asked.size, dtype=bool)
    places = np.minimum(np.searchsorted(known, asked), known.size - 1)
    return np.asarray(known[places] == asked, dtype=bool)
