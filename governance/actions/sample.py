"""Every cycle draws model text for a person to read, and a sample that was read whole is closed; each is recorded once."""

from collections.abc import Collection, Sequence
from datetime import UTC, timedelta
from functools import partial
from pathlib import Path

import polars as pl

from governance.actions.label import Seal, standing
from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.digest import digest_document, read_document
from governance.ports.label_store import LabelStore
from governance.provenance.labels.label import Said
from governance.provenance.labels.rules import LabelRules
from governance.provenance.labels.sample import drawn, unread
from governance.release import kinds
from governance.release.electorate import named
from governance.release.reading import Sample, open_samples
from governance.release.state import State

STEPS = ("sample.kept", "sample.recorded")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


def draw_sample(
    ledger: Ledger, store: LabelStore, cycle: Path, rules: LabelRules, *, excluded: Collection[str], steps: Steps = go_on
) -> Sample | None:
    """Keep a sample of the finished cycle's model text and record it; None where the policy wants none or there is no such text."""
    document = read_document(cycle / "cycle.json")
    digest, rows = digest_document(document), rules.sampled(document["environment"])
    state = ledger.state()
    if digest in state.samples or not rows:
        return state.samples.get(digest)
    columns = ["row_id", "sha256", "role", "slice", "origin", "generator", "generator_version", "text"]
    sample = drawn(pl.read_parquet(cycle / "mix.parquet", columns=columns), rows, document["seed"])
    if sample.is_empty():
        return None
    sha256 = store.keep(sample)
    steps("sample.kept")
    due = ledger.clock.now().astimezone(UTC) + timedelta(days=rules.sample_days)
    body = {
        "cycle": document["number"],
        "cycle_digest": digest,
        "rows": sample.height,
        "sample_sha256": sha256,
        "due": due.isoformat(timespec="seconds"),
        "excluded": sorted(set(excluded)),
    }
    ledger.settle_if(kinds.SAMPLE_DRAWN, lambda now: None if digest in now.samples else body)
    steps("sample.recorded")
    return ledger.state().samples[digest]


def left_to_read(state: State, store: LabelStore, seal: Seal) -> Sequence[tuple[Sample, pl.DataFrame]]:
    """Every open sample with the rows of it that nobody who counts has labelled since it was drawn."""
    waiting = open_samples(state)
    if not waiting:
        return []
    said = _counting(state, store, seal)
    return [(one, unread(store.labels(one.sha256), _speaking(said, one))) for one in waiting]


def close_samples(ledger: Ledger, store: LabelStore, seal: Seal) -> Sequence[Sample]:
    """Record every sample that was read whole since it was drawn. Returns the samples that are closed by it."""
    state = ledger.state()
    waiting = open_samples(state)
    said = _counting(state, store, seal) if waiting else ()
    closed = []
    for sample in waiting:
        rows, speaking = store.labels(sample.sha256), _speaking(said, sample)
        if unread(rows, speaking).is_empty():
            readers = sorted({one.by for one in speaking if unread(rows, [one]).height < rows.height})
            ledger.settle_if(kinds.SAMPLE_READ, partial(_closing, sample, readers))
            closed.append(sample)
    return closed


def _closing(sample: Sample, readers: Sequence[str], now: State) -> dict[str, object] | None:
    if not now.samples[sample.cycle_digest].open:
        return None
    return {"cycle_digest": sample.cycle_digest, "sample_sha256": sample.sha256, "readers": list(readers)}


def _counting(state: State, store: LabelStore, seal: Seal) -> Sequence[Said]:
    labels = standing(state, store, seal)
    doubted = {one.seq for one in labels.left_out}
    return [one for one in labels.said if one.seq not in doubted]


def _speaking(said: Sequence[Said], sample: Sample) -> Sequence[Said]:
    """Labels that were given after a sample was drawn, by somebody who neither asked for the cycle nor had its rows written."""
    return [one for one in said if one.seq > sample.seq and not named(one.by, sample.excluded)]
