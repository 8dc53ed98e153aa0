"""laundering.json: what was found, how it was measured, and what the policy makes of it."""

from collections.abc import Mapping, Sequence
from typing import Any

from governance.errors import RefusedError
from governance.provenance.laundering.detector import Detector
from governance.provenance.laundering.doubt import Doubts
from governance.provenance.laundering.findings import BATCH, Group, worst
from governance.provenance.laundering.relabels import Relabels
from governance.provenance.laundering.rules import BLOCK, REFUSE, LaunderingRules
from governance.provenance.laundering.share import NotIdentifiable
from governance.provenance.laundering.sight import Eyes, Seen

SCHEMA = "heirloom/laundering/1"
PASS, BLOCKED, INCONCLUSIVE = "pass", "block", "inconclusive"


def document_of(groups: Sequence[Group], eyes: Eyes, doubts: Doubts, relabels: Relabels, rules: LaunderingRules) -> dict[str, Any]:
    """The whole document. `stops` is what mix goes by: a gap surely beyond the policy, or an unknown share that the policy wants known."""
    verdict, reason = _verdict(groups, rules)
    unknown = verdict == INCONCLUSIVE and rules.not_identifiable == REFUSE and not eyes.material.founding
    return {
        "schema": SCHEMA,
        "verdict": verdict,
        "reason": reason,
        "stops": (verdict == BLOCKED and rules.gap == BLOCK) or unknown,
        "limit_percent": rules.max_gap_percent,
        "groups": [group.document() for group in groups],
        "signals": {one.signal.name: _signal(one) for one in eyes.seen},
        "references": eyes.material.references.height,
        "known_rows": eyes.material.known.height,
        "claimed_rows_looked_at": eyes.material.claimed.height,
        "doubtful": {
            "rows": doubts.rows,
            "queued": doubts.queued.height,
            "by_signal": doubts.by_signal,
            "by_slice": doubts.by_slice,
        },
        "relabels": relabels.document(),
        "alarms": list(relabels.alarms(rules)),
    }


def refuse_laundered(document: Mapping[str, Any]) -> None:
    """Nothing, or: Raises: RefusedError with the worst group, its number and interval, where the audit stops the batch."""
    if document["stops"]:
        raise RefusedError(
            str(document["reason"]),
            where="audit of declared origins",
            expected=f"at most {document['limit_percent']} % of a group's rows beyond what is declared",
            fix="heirloom label export FILE.csv shows the doubtful rows; correct the origins at their source or relabel them, then retrain",
        )


def _verdict(groups: Sequence[Group], rules: LaunderingRules) -> tuple[str, str]:
    batch, hardest = groups[0], worst(groups)
    if hardest.gap * 100 > rules.max_gap_percent and hardest.bound is not None:
        bound = hardest.bound
        return BLOCKED, (
            f"{_named(hardest)}: of {hardest.claimed:,} rows that claim to be human at least {percent(bound.share)} "
            f"[{percent(bound.surely)} after {len(groups)} groups] were written by a model, by the signal {hardest.bound_signal}; "
            f"declared are {hardest.declared:,} of {hardest.rows:,}; the gap is surely above {percent(hardest.gap)}, "
            f"limit {rules.max_gap_percent} %"
        )
    if isinstance(batch.laundered, NotIdentifiable):
        return INCONCLUSIVE, f"the share of model text among human rows is not identifiable: {batch.laundered.detail}"
    found = batch.laundered
    return PASS, f"{percent(found.share)} [{percent(found.low)}, {percent(found.high)}] of the rows that claim to be human are model text"


def _named(group: Group) -> str:
    return "the batch" if group.by == BATCH else f"{group.by} {group.name}"


def _signal(one: Seen) -> dict[str, Any]:
    if one.reading is None or not one.detectors:
        return {"title": one.signal.title, "not_measured": one.unmeasured}
    return {"title": one.signal.title, "detectors": {name: _detector(found) for name, found in one.detectors.items()}}


def _detector(found: Detector) -> dict[str, Any]:
    return {
        "line": round(found.line, 6),
        "false_alarms": {"share": round(found.false_alarms.share, 6), "rows": round(found.false_alarms.rows, 1)},
        "held_out_generators": {name: {"share": round(rate.share, 6), "rows": rate.rows} for name, rate in found.hits.items()},
    }


def percent(share: float) -> str:
    """A share for people: `31.4 %`."""
    return f"{100 * share:.1f} %"
