"""Remembering: what a judged cycle admitted enters the memory, once, whatever its verdict was."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from governance.actions.recorder import Ledger
from governance.actions.release_desk import Steps, go_on
from governance.digest import digest_document, read_document
from governance.errors import ConflictError
from governance.ports.memory_store import MemoryStore
from governance.provenance.memory import nothing_known, remembered
from governance.provenance.rules import ProvenanceRules
from governance.release import kinds
from governance.release.state import State
from governance.section import read_section

STEPS = ("remember.kept", "remember.recorded", "remember.tidied")
"""The points between the steps, in order; at each of them the process may die, and the next run goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Remembered:
    """The memory after a cycle. `changed` is False where the cycle had entered it before; `forgotten` lines made room."""

    rows: int
    forgotten: int
    changed: bool


def remember(ledger: Ledger, store: MemoryStore, cycle: Path, steps: Steps = go_on) -> Remembered:
    """Add the admitted rows of the cycle in a folder to the memory; idempotent by the cycle's digest.

    Killed before the ledger hears of it, the file that it names is as it was, and the next run does it again.

    Raises: IntegrityError where the memory is gone or altered; ConflictError where it grew meanwhile.
    """
    document = read_document(cycle / "cycle.json")
    digest, state = digest_document(document), ledger.state()
    place = store.settled(state.memory)
    before = pl.read_parquet(place) if place else nothing_known()
    if digest in state.remembered:
        return Remembered(rows=before.height, forgotten=0, changed=False)
    rules: ProvenanceRules = read_section(ProvenanceRules, document["policy"]["provenance"], "cycle.json policy.provenance")
    admitted, passed = (pl.read_parquet(cycle / name) for name in ("admitted.parquet", "descent.parquet"))
    after = remembered(before, admitted, passed, cycle=document["number"], limit=rules.memory_rows)
    forgotten = len({*before["row_id"], *admitted["row_id"]}) - after.height
    sha256 = store.keep(after)
    steps("remember.kept")
    body = {"cycle": document["number"], "cycle_digest": digest, "rows": after.height, "forgotten": forgotten, "memory_sha256": sha256}
    changed = _record(ledger, state, body)
    steps("remember.recorded")
    store.forget_others(sha256)
    steps("remember.tidied")
    return Remembered(rows=after.height, forgotten=forgotten, changed=changed)


def _record(ledger: Ledger, read: State, body: Mapping[str, object]) -> bool:
    def decide(now: State) -> Mapping[str, object] | None:
        if body["cycle_digest"] in now.remembered:
            return None
        if now.memory != read.memory:
            raise ConflictError("the memory grew while this cycle was being added to it", fix="try again")
        return body

    return ledger.settle_if(kinds.MEMORY_EXTENDED, decide) is not None
