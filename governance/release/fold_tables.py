"""Events that name a file of rows, labels or benchmark texts by its digest -> State: the steps of the fold that only write things down."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, TypeVar

from governance.provenance.pin import Pin
from governance.release.judged import Rehearsal, Withdrawal, Written
from governance.release.ledger import Event
from governance.release.reading import Sample
from governance.release.relabelling import Relabelling
from governance.release.state import State

K = TypeVar("K")
V = TypeVar("V")


def with_entry(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    if isinstance(mapping, dict):  # a draft, owned by the fold that is going on
        mapping[key] = value
        return mapping
    return MappingProxyType({**mapping, key: value})


def benchmark(state: State, event: Event) -> State:
    pin = Pin(sha256=event.body["sha256"], columns=tuple(event.body["columns"]))
    return replace(state, benchmarks=with_entry(state.benchmarks, event.body["name"], pin))


def memory(state: State, event: Event) -> State:
    sha256 = event.body["memory_sha256"]
    return replace(state, memory=sha256, remembered=with_entry(state.remembered, event.body["cycle_digest"], sha256))


def synthesized(state: State, event: Event) -> State:
    """The first record of a document counts: a replay says nothing."""
    body = event.body
    if body["document_sha256"] in state.synthesized:
        return state
    written = Written(seq=event.seq, batch=body["batch"], digest=body["digest"], rows=body["rows"])
    return replace(state, synthesized=with_entry(state.synthesized, body["document_sha256"], written))


def rows_kept(state: State, event: Event) -> State:
    """An event of an older version does not say who of the line wrote some of the rows."""
    body = event.body
    own = _own(body)
    kept = with_entry(state.kept_rows, body["cycle_digest"], body["rows_sha256"])
    return replace(state, kept_rows=kept, own_rows=with_entry(state.own_rows, body["cycle_digest"], own))


def rows_pruned(state: State, event: Event) -> State:
    digest = event.body["cycle_digest"]
    kept = {cycle: rows for cycle, rows in state.kept_rows.items() if cycle != digest}
    return replace(state, kept_rows=kept, pruned_rows=with_entry(state.pruned_rows, digest, event.body["rows_sha256"]))


def sample_drawn(state: State, event: Event) -> State:
    """The first sample of a cycle is its sample."""
    body = event.body
    if body["cycle_digest"] in state.samples:
        return state
    sample = Sample(
        cycle=body["cycle"],
        cycle_digest=body["cycle_digest"],
        rows=body["rows"],
        sha256=body["sample_sha256"],
        due=body["due"],
        excluded=tuple(body["excluded"]),
        seq=event.seq,
    )
    return replace(state, samples=with_entry(state.samples, sample.cycle_digest, sample))


def sample_read(state: State, event: Event) -> State:
    digest = event.body["cycle_digest"]
    return replace(state, samples=with_entry(state.samples, digest, replace(state.samples[digest], readers=tuple(event.body["readers"]))))


def rehearsed(state: State, event: Event) -> State:
    """The last walk of a version's way back is the one that counts."""
    body = event.body
    walked = Rehearsal(to=body["to"], files=body["files"], size=body["bytes"], milliseconds=body["milliseconds"], seq=event.seq)
    return replace(state, rehearsals=with_entry(state.rehearsals, body["version"], walked))


def rows_withdrawn(state: State, event: Event) -> State:
    """The rows are barred, and every kept file that held some has another in its place; one that was given up since raises KeyError."""
    body = event.body
    kept, own, replaced = dict(state.kept_rows), dict(state.own_rows), dict(state.replaced_rows)
    for cycle, file in body["kept"].items():
        replaced[kept[cycle]] = event.seq
        kept[cycle], own[cycle] = file["rows_sha256"], _own(file)
    said = Withdrawal(
        seq=event.seq,
        at=event.at,
        by=event.actor,
        rows=body["rows"],
        reason=body["reason"],
        trained=MappingProxyType({int(version): rows for version, rows in body["trained"].items()}),
        perhaps=tuple(body["perhaps"]),
    )
    withdrawn = with_entry(state.withdrawn, body["withdrawn_sha256"], said)
    return replace(state, withdrawn=withdrawn, kept_rows=kept, own_rows=own, replaced_rows=replaced)


def _own(body: Mapping[str, Any]) -> Mapping[int, int]:
    return MappingProxyType({int(version): rows for version, rows in body.get("own", {}).items()})


def relabelled(state: State, event: Event) -> State:
    said = Relabelling.of(event)
    if said.labels_sha256 in state.relabellings:
        return state
    return replace(state, relabellings=with_entry(state.relabellings, said.labels_sha256, said))
