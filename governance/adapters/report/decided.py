"""What a ledger's events decided and what people said of rows, as lines of a table."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from governance.adapters.report.numbers import count
from governance.adapters.report.visible import line
from governance.release import kinds
from governance.release.ledger import Event
from governance.release.relabelling import Relabelling

_DECISIVE = MappingProxyType(
    {
        kinds.CYCLE_JUDGED: "judged",
        kinds.MODEL_ADOPTED: "adopted",
        kinds.APPROVAL_GIVEN: "approved",
        kinds.APPROVAL_REFUSED: "refused",
        kinds.PROMOTION_COMMITTED: "promoted",
        kinds.PROMOTION_ABANDONED: "promotion given up",
        kinds.ROLLBACK_COMMITTED: "rolled back to",
        kinds.CANARY_STARTED: "canary",
        kinds.CANARY_ENDED: "canary taken off",
        kinds.SCHEDULE_FROZEN: "schedule frozen",
        kinds.SCHEDULE_UNFROZEN: "schedule unfrozen",
        kinds.BASELINE_PROPOSED: "baseline proposed",
        kinds.BASELINE_APPROVED: "baseline approved",
        kinds.NOTE_ADDED: "note",
    }
)
"""Kinds of events that decide or explain something, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One line of the table of decisions."""

    seq: int
    when: str
    what: str
    version: int | None
    who: str
    why: str


def decisions_of(events: Sequence[Event]) -> Sequence[Decision]:
    """What was decided, oldest first. A judgement knows its version once the candidate is registered."""
    of_cycle = {event.body["cycle_digest"]: event.body["version"] for event in events if event.kind == kinds.CANDIDATE_REGISTERED}
    found = []
    for event in events:
        if (what := _DECISIVE.get(event.kind)) is None:
            continue
        body = event.body
        verdict = f"{what}: {body['verdict']}" if event.kind == kinds.CYCLE_JUDGED else what
        decision = Decision(
            seq=event.seq,
            when=event.at[:16].replace("T", " "),
            what=line(verdict, 80),
            version=body.get("version", of_cycle.get(body.get("cycle_digest"))),
            who=line(", ".join(body.get("approved_by") or (event.actor,)), 120),
            why=line(str(body.get("reason") or body.get("text") or ""), 400),
        )
        found.append(decision)
    return found


def labels_of(events: Sequence[Event]) -> Sequence[Mapping[str, str]]:
    """A line a person: rounds of labels, rows, what became of them, and how many rounds were signed."""
    rounds: dict[str, list[Relabelling]] = {}
    for event in events:
        if event.kind == kinds.ROWS_RELABELLED:
            said = Relabelling.of(event)
            rounds.setdefault(said.by, []).append(said)
    return [
        {
            "by": line(by, 80),
            "rounds": count(len(own)),
            "rows": count(sum(said.rows for said in own)),
            "moves": _moves(own),
            "signed": f"{sum(said.signed for said in own)} of {len(own)}",
        }
        for by, own in sorted(rounds.items())
    ]


def _moves(own: Sequence[Relabelling]) -> str:
    found: Counter[str] = Counter()
    for said in own:
        found.update(said.moves)
    return ", ".join(f"{line(move, 60)}: {count(rows)}" for move, rows in sorted(found.items())) or "unchanged"
