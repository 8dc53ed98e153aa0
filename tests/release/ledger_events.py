"""Small ledgers for tests: `chain(...)` makes events of (kind, body) pairs, the functions below make such pairs."""

from governance.release import kinds
from governance.release.ledger import follow

DIGEST = "ab" * 32


def chain(*events, actor="engineer-a"):
    found = []
    for kind, body in events:
        head = found[-1] if found else None
        found.append(follow(head, kind=kind, actor=actor, at=f"2026-11-20T00:00:{len(found):02d}+00:00", body=body))
    return found


def registered(version, synthetic=0, worst=0, verdict="pass"):
    return (
        kinds.CANDIDATE_REGISTERED,
        {
            "version": version,
            "cycle": version,
            "cycle_digest": f"cycle-{version}",
            "checkpoint": f"bytes-{version}",
            "verdict": verdict,
            "decision_sha256": f"decision-{version}",
            "policy_sha256": "policy",
            "kind": "retraining",
            "synthetic_tokens": synthetic,
            "total_tokens": 1000,
            "depth": 1 if synthetic else 0,
            "worst_shard_synthetic": worst,
            "worst_shard_total": 100,
            "run_url": "run",
        },
    )


def promoted(version, left=None):
    return kinds.PROMOTION_COMMITTED, {"version": version, "from": left, "approved_by": ["policy"]}


def rolled(version, left, degraded=False):
    return kinds.ROLLBACK_COMMITTED, {"version": version, "from": left, "reason": "night", "degraded": degraded}


def frozen(number, batch="rows"):
    body = {"cycle": number, "cycle_digest": f"cycle-{number}", "batch_digest": batch, "policy_sha256": "policy", "kind": "retraining"}
    return kinds.CYCLE_FROZEN, body


def judged(number, batch="rows", verdict="pass"):
    body = {
        "cycle": number,
        "cycle_digest": f"cycle-{number}",
        "batch_digest": batch,
        "policy_sha256": "policy",
        "verdict": verdict,
        "reason": "",
        "decision_sha256": DIGEST,
        "checkpoint": DIGEST,
    }
    return kinds.CYCLE_JUDGED, body


def adopted(share=None, tokens=None):
    body = {
        "version": 1,
        "adoption_sha256": "adoption-1",
        "checkpoint": DIGEST,
        "policy_sha256": "policy",
        "share": share or {"low": 0, "high": 1000},
        "tokens": tokens,
        "run_url": "run",
        "reason": "serves since spring",
        "page": None,
    }
    return kinds.MODEL_ADOPTED, body
