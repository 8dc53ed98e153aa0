"""Events -> State, one small function per kind of event; an event that makes no sense where it stands is an integrity error."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from governance.errors import IntegrityError, UsageError
from governance.provenance.descent import Bounds
from governance.release import fold_baseline, fold_tables, kinds
from governance.release.adoption import adopted_release
from governance.release.approval import Approval
from governance.release.controls import with_control
from governance.release.fold_tables import with_entry as _with
from governance.release.judged import GateDrill, Judgement, OpenCycle
from governance.release.kinship import Kinship
from governance.release.ledger import Event
from governance.release.levels import Levels
from governance.release.page import Page
from governance.release.state import PROMOTION, ROLLBACK, Intent, Release, State

_MAPPINGS = (
    *("releases", "shards", "teachers", "benchmarks", "frozen_against", "extended", "judged", "attempts"),
    *("remembered", "kept_rows", "own_rows", "pruned_rows", "withdrawn", "replaced_rows", "relabellings"),
    *("synthesized", "drills", "rehearsals", "samples"),
)


def fold(events: Iterable[Event], start: State | None = None) -> State:
    """The state after these events, which follow `start`; the chain itself is checked by `ledger.verify`.

    `fold(a + b) == fold(b, fold(a))`, so a reader may go on from where it was.

    Raises: UsageError for a kind that a newer version wrote: ignoring it could mean going back to something that was barred since.
    IntegrityError where an event speaks of a version that was never registered, or lacks a key.
    """
    state = _draft(start or State())
    for event in events:
        step = _STEPS.get(event.kind)
        if step is None:
            raise UsageError(
                f"kind {event.kind!r} is not known here", where=f"ledger seq {event.seq}", fix="use the version of heirloom that wrote it"
            )
        try:
            canaries = state.canaries.after(event)
            state = step(state, event)
        except KeyError as error:
            raise IntegrityError(f"{event.kind} speaks of {error}, which is not there", where=f"ledger seq {event.seq}") from error
        latest = event.at if event.kind == kinds.APPROVAL_GIVEN else max(state.latest, event.at)
        state = replace(state, seq=event.seq, head=event.digest, latest=latest, canaries=canaries)
    return _sealed(state)


def _draft(state: State) -> State:
    """The same state over dicts of its own, which `_with` may change: a copy per event would cost the square of the ledger's length."""
    own: dict[str, Any] = {name: dict(getattr(state, name)) for name in _MAPPINGS}
    return replace(state, **own)


def _sealed(state: State) -> State:
    sealed: dict[str, Any] = {name: MappingProxyType(getattr(state, name)) for name in _MAPPINGS}
    return replace(state, **sealed)


def _facts(event: Event) -> dict[str, Any]:
    """The keys that the kind of the event promises; one that is missing raises KeyError, unless an older version did not write it."""
    later = kinds.LATER.get(event.kind, frozenset()) - event.body.keys()
    return {key: event.body[key] for key in kinds.BODIES[event.kind] - later}


def _change(state: State, version: int, **changes: Any) -> State:
    return replace(state, releases=_with(state.releases, version, replace(state.releases[version], **changes)))


def _created(state: State, event: Event) -> State:
    return replace(state, model=event.body["model"], environment=event.body["environment"])


def _shards(state: State, event: Event) -> State:
    return replace(state, shards=dict(event.body))


def _teacher(state: State, event: Event) -> State:
    return replace(state, teachers=_with(state.teachers, event.body["name"], event.body["digest"]))


def _sentinels(state: State, event: Event) -> State:
    return replace(state, sentinels=event.body["sha256"])


def _emissions(state: State, event: Event) -> State:
    return replace(state, emissions=event.body["emissions_sha256"])


def _cycle_frozen(state: State, event: Event) -> State:
    body = event.body
    cycle = OpenCycle(
        number=body["cycle"],
        digest=body["cycle_digest"],
        batch_digest=body["batch_digest"],
        policy_sha256=body["policy_sha256"],
        kind=body["kind"],
    )
    against = _with(state.frozen_against, cycle.digest, state.champion)
    return replace(state, cycle=cycle, cycles=max(state.cycles, cycle.number), frozen_against=against)


def _cycle_extended(state: State, event: Event) -> State:
    """A second look is a cycle of its own, and the first look's only one."""
    return replace(_cycle_frozen(state, event), extended=_with(state.extended, event.body["extends"], event.body["cycle_digest"]))


def _cycle_judged(state: State, event: Event) -> State:
    body = event.body
    key = (body["batch_digest"], body["policy_sha256"])
    known = state.judged.get(key)
    version = known.version if known and known.cycle_digest == body["cycle_digest"] else None
    judgement = Judgement(verdict=body["verdict"], cycle=body["cycle"], cycle_digest=body["cycle_digest"], version=version)
    attempts = _with(state.attempts, key[0], state.attempts.get(key[0], 0) + 1)
    cycle = state.cycle
    if cycle and cycle.digest == body["cycle_digest"]:
        cycle = replace(cycle, judged=True)
    return replace(state, judged=_with(state.judged, key, judgement), attempts=attempts, cycle=cycle)


def _cycle_abandoned(state: State, event: Event) -> State:
    return replace(state, cycle=_unless(state.cycle, event.body["cycle_digest"]))


def _unless(cycle: OpenCycle | None, digest: str) -> OpenCycle | None:
    return None if cycle and cycle.digest == digest else cycle


def _registered(state: State, event: Event) -> State:
    facts, digest = _facts(event), event.body["cycle_digest"]
    facts.pop("documents", None)  # for whoever verifies; nothing is decided by them
    read = {
        "past_share": Bounds.from_document(facts.get("past_share")),
        "levels": Levels.from_document(facts.get("levels")),
        "kinship": Kinship.from_document(facts.get("kinship")),
        "page": Page.from_document(facts.get("page")),
    }
    release = Release(
        **{**facts, **read},
        registered_by=event.actor,
        registered_seq=event.seq,
        judged_against=state.frozen_against.get(digest, state.champion),
    )
    for key in [key for key in _judged_as(state, digest) if state.judged[key].cycle_digest == digest]:
        state = replace(state, judged=_with(state.judged, key, replace(state.judged[key], version=release.version)))
    state = replace(state, cycle=_unless(state.cycle, digest))
    return replace(state, releases=_with(state.releases, release.version, release))


def _judged_as(state: State, digest: str) -> Sequence[tuple[str, str]]:
    """Where the judgement of a cycle can be: under the open cycle's own batch and policy, or anywhere."""
    cycle = state.cycle
    if cycle and cycle.digest == digest:
        key = (cycle.batch_digest, cycle.policy_sha256)
        return (key,) if key in state.judged else ()
    return tuple(state.judged)


def _review(state: State, event: Event) -> State:
    return _change(state, event.body["version"], requested_by=event.body["requested_by"])


def _approved(state: State, event: Event) -> State:
    facts = _facts(event)
    version = facts.pop("version")
    said = Approval(by=event.actor, seq=event.seq, at=event.at, head=event.previous, **facts)
    return _change(state, version, approvals=(*state.releases[version].approvals, said))


def _refused(state: State, event: Event) -> State:
    return _change(state, event.body["version"], refused_by=event.actor)


def _adopted(state: State, event: Event) -> State:
    """Registered and about to serve in one event, so that no kill leaves an adopted model that nothing comes of."""
    release = adopted_release(event, state.cycles)
    state = replace(state, releases=_with(state.releases, release.version, release))
    intent = Intent(act=PROMOTION, seq=event.seq, version=release.version, left=None, actor=event.actor, approved_by=(event.actor,))
    return replace(state, intent=intent)


def _promotion_intended(state: State, event: Event) -> State:
    return _begin(state, event, PROMOTION)


def _rollback_intended(state: State, event: Event) -> State:
    """A rollback takes the place of whatever was open: the open act finds itself cancelled when it wants to commit."""
    return _begin(state, event, ROLLBACK)


def _begin(state: State, event: Event, act: str) -> State:
    body = event.body
    intent = Intent(
        act=act,
        seq=event.seq,
        version=state.releases[body["version"]].version,
        left=body["from"],
        actor=event.actor,
        reason=body.get("reason", ""),
        approved_by=tuple(body.get("approved_by", ())),
    )
    return replace(state, intent=intent)


def promoted(state: State, version: int, seq: int) -> State:
    """The state once the promotion of a version is committed at `seq`: also what the views shall show before it is."""
    served_seq = state.releases[version].served_seq or seq
    state = _change(state, version, promoted_seq=seq, served_seq=served_seq)
    canaries = state.canaries.ending(f"version {version} was promoted")
    return replace(state, champion=version, served=(*state.served, version), intent=None, canaries=canaries)


def rolled_back(state: State, version: int, left: int | None, seq: int) -> State:
    """The state once a rollback is committed at `seq`: what was left for an older one is quarantined, the way back is cut to the target."""
    target = state.releases[version]
    if left is not None and left != version and leads_back(target, state.releases[left]):
        state = _change(state, left, quarantined=True, quarantined_seq=seq)
    served = state.served[: state.served.index(version)] if version in state.served else state.served
    canaries = state.canaries.ending(f"a rollback to {version}")
    return replace(state, champion=version, served=(*served, version), intent=None, canaries=canaries)


def leads_back(target: Release, left: Release) -> bool:
    """True where `left` came to serve after `target`, or was about to when it was stopped."""
    return left.served_seq is None or (target.served_seq or 0) < left.served_seq


def _promoted(state: State, event: Event) -> State:
    return promoted(state, event.body["version"], event.seq)


def _promotion_abandoned(state: State, event: Event) -> State:
    open_here = state.intent and state.intent.act == PROMOTION and state.intent.version == event.body["version"]
    return replace(state, intent=None) if open_here else state


def _rolled_back(state: State, event: Event) -> State:
    state = rolled_back(state, event.body["version"], event.body["from"], event.seq)
    return replace(state, views_behind=state.views_behind or event.body["degraded"])


def _drilled(state: State, event: Event) -> State:
    found = GateDrill(**_facts(event), seq=event.seq)
    return replace(state, drills=_with(state.drills, (found.gate_version, found.own), found))


_TOLD = (
    *(kinds.CANARY_ENDED, kinds.SHADOW_READ, kinds.TASKS_SCORED, kinds.NOTE_ADDED, kinds.CORPUS_AUDITED),
    *(kinds.SIDES_DRAWN, kinds.SIDES_VOTED, kinds.PLATFORM_KEY_NAMED),
)
"""Kinds that are on record for whoever reads them, and change no state."""

_STEPS: Mapping[str, Callable[[State, Event], State]] = MappingProxyType(
    {
        **dict.fromkeys(_TOLD, lambda state, _: state),
        kinds.WORKSPACE_CREATED: _created,
        kinds.SHARDS_PINNED: _shards,
        kinds.TEACHER_PINNED: _teacher,
        kinds.BENCHMARK_PINNED: fold_tables.benchmark,
        kinds.SENTINELS_PINNED: _sentinels,
        kinds.EMISSIONS_ENTERED: _emissions,
        kinds.ROWS_SYNTHESIZED: fold_tables.synthesized,
        kinds.MEMORY_EXTENDED: fold_tables.memory,
        kinds.ROWS_KEPT: fold_tables.rows_kept,
        kinds.ROWS_PRUNED: fold_tables.rows_pruned,
        kinds.ROWS_WITHDRAWN: fold_tables.rows_withdrawn,
        kinds.MODEL_ADOPTED: _adopted,
        kinds.ROWS_RELABELLED: fold_tables.relabelled,
        kinds.CYCLE_FROZEN: _cycle_frozen,
        kinds.CYCLE_EXTENDED: _cycle_extended,
        kinds.CYCLE_JUDGED: _cycle_judged,
        kinds.CYCLE_ABANDONED: _cycle_abandoned,
        kinds.CANDIDATE_REGISTERED: _registered,
        kinds.REVIEW_REQUESTED: _review,
        kinds.APPROVAL_GIVEN: _approved,
        kinds.APPROVAL_REFUSED: _refused,
        kinds.ROLLBACK_REHEARSED: fold_tables.rehearsed,
        kinds.PROMOTION_INTENDED: _promotion_intended,
        kinds.PROMOTION_COMMITTED: _promoted,
        kinds.PROMOTION_ABANDONED: _promotion_abandoned,
        kinds.ROLLBACK_INTENDED: _rollback_intended,
        kinds.ROLLBACK_COMMITTED: _rolled_back,
        kinds.CANARY_STARTED: lambda state, event: _change(state, event.body["version"]),
        kinds.SCHEDULE_FROZEN: lambda state, event: replace(state, frozen=event.body["reason"]),
        kinds.SCHEDULE_UNFROZEN: lambda state, _: replace(state, frozen=None),
        kinds.SHARD_SEALED: fold_baseline.sealed,
        kinds.BASELINE_PROPOSED: fold_baseline.proposed,
        kinds.BASELINE_APPROVED: fold_baseline.approved,
        kinds.CONTROL_READ: lambda state, event: replace(state, controls=with_control(state.controls, _facts(event))),
        kinds.GATE_DRILLED: _drilled,
        kinds.SAMPLE_DRAWN: fold_tables.sample_drawn,
        kinds.SAMPLE_READ: fold_tables.sample_read,
        kinds.VIEWS_REPAIRED: lambda state, _: replace(state, views_behind=False),
    }
)
