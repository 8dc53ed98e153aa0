"""corpus.json: what a corpus declares, what a sample of it looks like, and what could not be told. Counts, ids and names; no text."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.provenance.corpus.rows import UNKNOWN
from governance.provenance.corpus.sample import Copies, Sample
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC, Tally
from governance.provenance.corpus.trend import NoTrend, Trend, trend_of
from governance.provenance.row import Origin

SCHEMA = "heirloom/corpus/1"
SLICES_SHOWN, GENERATORS_SHOWN, FILES_SHOWN = 60, 100, 20
WORDS, STUDENT = "words", "tokens of the student"


def declared_part(tally: Tally) -> dict[str, Any]:
    """What every row says of itself, over all rows."""
    slices, generators = tally.groups("slice"), tally.generators()
    return {
        "rows": tally.rows,
        "tokens": tally.tokens,
        "characters": tally.characters,
        "declared": tally.declared(),
        "by_vintage": _named(tally.groups("vintage")),
        "trend": trend(tally).document(),
        "by_source_tier": _named(tally.groups("source_tier"))[:SLICES_SHOWN],
        "by_slice": _named(slices)[:SLICES_SHOWN],
        "slices": len(slices),
        "generators": generators[:GENERATORS_SHOWN],
        "generator_names": len(generators),
    }


def trend(tally: Tally) -> Trend | NoTrend:
    """The trend of the declared synthetic share by row: rows of unknown origin or vintage are no part of it."""
    years: dict[int, tuple[int, int]] = {}
    for vintage, origins in tally.groups("vintage").items():
        if vintage != UNKNOWN:
            synthetic = sum(origins[name]["rows"] for name in DECLARED_SYNTHETIC if name in origins)
            human = origins.get(Origin.HUMAN.value, {"rows": 0})["rows"]
            years[int(vintage)] = (synthetic, synthetic + human)
    return trend_of(years)


def sample_part(sample: Sample, copies: Copies, tokens: Mapping[str, int]) -> dict[str, Any]:
    """Which rows were looked at closely, and the exact copies among all rows."""
    return {
        "sample": {"rows": sample.rows, "tokens": dict(tokens), "halvings": sample.halvings},
        "copies": {"rows": copies.rows, "repeats": copies.repeats, "halvings": copies.halvings},
    }


def read_part(unread: Sequence[tuple[str, str]], tally: Tally) -> dict[str, Any]:
    """Everything that is not in the counts, with its reason: files (name, why) that were not read to their end, rows, labels."""
    return {
        "unread_files": len(unread),
        "unread": [{"file": name, "why": why} for name, why in unread[:FILES_SHOWN]],
        "left_out": dict(tally.left_out),
        "label_troubles": dict(tally.troubles),
    }


def _named(groups: Mapping[str, Mapping[str, Mapping[str, int]]]) -> list[dict[str, Any]]:
    return [{"name": name, "origins": dict(origins)} for name, origins in groups.items()]
