"""How fast a ledger is appended to, read, verified and folded: `python benchmarks/ledger.py [EVENTS]`.

Reach: verification of at least 20,000 entries/s (CPU), of the chain alone and of the chain with its signed checkpoints. Appends are synced
to disk one by one, so their figure is the disk's; an act that decides also signs a checkpoint (ssh-keygen) and hands it to a folder and
to git.
"""

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from governance.actions.proving import prove
from governance.actions.witnessing import Notary, named_key, witness
from governance.adapters.platform_key import PlatformKeyFile
from governance.adapters.sqlite_ledger import SqliteLedger
from governance.adapters.witnesses.folder import FolderWitness
from governance.adapters.witnesses.git_ref import GitWitness
from governance.digest import canonical_bytes
from governance.ports.clock import SystemClock
from governance.release import kinds
from governance.release.checkpoint import Checkpoint, SignedCheckpoint
from governance.release.fold import fold
from governance.release.ledger import Event, follow, verify
from governance.release.platform_key import fingerprint, line_of

APPENDS = 200
ACTS = 20
EVERY = 5
"""Entries a checkpoint: more checkpoints than any line makes, which signs about four a cycle of ten entries."""
DIGEST = "0123456789abcdef" * 4


def story(count: int) -> list[Event]:
    """A ledger of `count` events: cycles that are frozen, judged, registered, and every third one promoted."""
    events: list[Event] = []
    version = 0
    while len(events) < count:
        version += 1
        for kind, body in cycle(version):
            head = events[-1] if events else None
            events.append(follow(head, kind=kind, actor="engineer-a", at="2026-11-20T03:07:00+00:00", body=body))
    return events[:count]


def cycle(version: int) -> list[tuple[str, dict[str, object]]]:
    common: dict[str, object] = {"cycle": version, "cycle_digest": f"{version:064x}", "policy_sha256": DIGEST}
    batch: dict[str, object] = {"batch_digest": f"{version:064x}"}
    judged = {"verdict": "pass", "decision_sha256": DIGEST, "checkpoint": DIGEST}
    shares = {"synthetic_tokens": 350, "total_tokens": 1000, "depth": 1, "worst_shard_synthetic": 35, "worst_shard_total": 100}
    steps: list[tuple[str, dict[str, object]]] = [
        (kinds.CYCLE_FROZEN, {**common, **batch, "kind": "retraining"}),
        (kinds.CYCLE_JUDGED, {**common, **batch, **judged, "reason": "all gates pass"}),
        (kinds.CANDIDATE_REGISTERED, {**common, **judged, **shares, "version": version, "kind": "retraining", "run_url": "runs/x"}),
    ]
    if version % 3 == 0:
        left = version - 3 or None
        steps.append(
            (kinds.PROMOTION_INTENDED, {"version": version, "from": left, "checkpoint": DIGEST, "approved_by": ["policy"]}),
        )
        steps.append((kinds.PROMOTION_COMMITTED, {"version": version, "from": left, "approved_by": ["policy"]}))
    return steps


def rate(count: int, work: Callable[[], object]) -> tuple[float, float]:
    """Entries a CPU second, entries a wall second; the CPU of ssh-keygen and git counts."""
    before, wall = spent(), time.perf_counter()
    work()
    return count / (spent() - before), count / (time.perf_counter() - wall)


def spent() -> float:
    """CPU seconds of this process and of those that it ran."""
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(one.ru_utime + one.ru_stime for one in used)


def notary(folder: Path, store: SqliteLedger) -> Notary:
    """A platform with a key of its own, a folder and a git repository."""
    (folder / "witness").mkdir()
    subprocess.run(["git", "init", "-q", "--bare", "--template=", str(folder / "git")], check=True)
    seal = PlatformKeyFile(key=folder / "platform" / "key", signers=folder / "platform_signers", own=True)
    witnesses = (FolderWitness(folder=folder / "witness"), GitWitness(repository=folder / "git", line="demo/student"))
    return Notary(store=store, clock=SystemClock(), seal=seal, witnesses=witnesses, say=print)


def scatter(told: Notary, folder: Path, events: Sequence[Event]) -> int:
    """A checkpoint for every fifth entry in the folder, the last one signed over its own words and the others carrying that signature.

    Proving looks at the signature of the last one of each key, because it fixes all before it: the work is the same as if each were signed.
    """
    line, key, last = line_of(events), told.seal.public(make=False), events[-1]

    def said(event: Event) -> Checkpoint:
        return Checkpoint(line=line, seq=event.seq, head=event.digest, at=event.at)

    signature = told.seal.sign(said(last).content())
    kept = [SignedCheckpoint(checkpoint=said(e), key=fingerprint(key), signature=signature) for e in (*events[:-1:EVERY], last)]
    for one in kept:
        (folder / f"{one.name}.json").write_bytes(canonical_bytes(one.document()) + b"\n")
    return len(kept)


def show(name: str, figures: tuple[float, float]) -> None:
    print(f"{name:<28}{figures[0]:>12,.0f} /cpu-s{figures[1]:>12,.0f} /s")


def main(count: int) -> None:
    events = story(count)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = SqliteLedger(path=folder / "ledger.sqlite")
        few = events[:APPENDS]
        print(f"{count:,} events, {APPENDS} of them appended one by one")
        show("append, each on disk", rate(len(few), lambda: [store.append(event) for event in few]))
        show("read from SQLite", rate(len(few), store.events))
        told = notary(folder, store)
        named_key(told)
        show("acts witnessed", rate(ACTS, lambda: [acted(told, store) for _ in range(ACTS)]))
        show("verify the chain", rate(count, lambda: verify(events)))
        proving(told, folder / "many", events)
    show("fold to a state", rate(count, lambda: fold(events)))


def acted(told: Notary, store: SqliteLedger) -> None:
    """One event appended, then signed and kept by both witnesses."""
    body = {"about": 1, "text": "seen"}
    store.append(follow(store.head(), kind=kinds.NOTE_ADDED, actor="engineer-a", at="2026-11-20T03:07:00+00:00", body=body))
    witness(told)


def proving(told: Notary, folder: Path, events: Sequence[Event]) -> None:
    folder.mkdir()
    public = told.seal.public(make=False)
    named = {"key": "", "public": public, "replaces": None, "signature": "", "reason": "first"}
    first = follow(None, kind=kinds.PLATFORM_KEY_NAMED, actor="heirloom", at=events[0].at, body={**named, "key": fingerprint(public)})
    chain = [first]
    for event in events[1:]:
        chain.append(follow(chain[-1], kind=event.kind, actor=event.actor, at=event.at, body=event.body))
    kept = scatter(told, folder, chain)
    case = replace(told, witnesses=(FolderWitness(folder=folder),))

    def work() -> None:
        verify(chain)
        found = prove(case, chain)
        assert (found.checkpoints, found.after, found.doubts) == (kept, 0, ())

    show(f"verify, {kept:,} checkpoints", rate(len(events), work))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
