"""How fast a ledger is appended to, read, verified and folded: `python benchmarks/ledger.py [EVENTS]`.

Reach: verification of at least 20,000 entries/s (CPU). Appends are synced to disk one by one, so their figure is the disk's.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from governance.adapters.sqlite_ledger import SqliteLedger
from governance.release import kinds
from governance.release.fold import fold
from governance.release.ledger import Event, follow, verify

APPENDS = 200
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
    """Entries a CPU second, entries a wall second."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return count / (time.process_time() - cpu), count / (time.perf_counter() - wall)


def show(name: str, figures: tuple[float, float]) -> None:
    print(f"{name:<28}{figures[0]:>12,.0f} /cpu-s{figures[1]:>12,.0f} /s")


def main(count: int) -> None:
    events = story(count)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteLedger(path=Path(folder) / "ledger.sqlite")
        few = events[:APPENDS]
        print(f"{count:,} events, {APPENDS} of them appended one by one")
        show("append, each on disk", rate(len(few), lambda: [store.append(event) for event in few]))
        show("read from SQLite", rate(len(few), store.events))
    show("verify the chain", rate(count, lambda: verify(events)))
    show("fold to a state", rate(count, lambda: fold(events)))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
