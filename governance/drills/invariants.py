"""What must hold of a line after any fault, as rules over what was seen of it, numbered as the crash drill reports them.

I1 who serves passed its gate and was let out, by a decision about exactly these bytes; I2 no event that was acknowledged is lost;
I3 at most one promotion wins; I4 the batches that were trained keep the caps, recomputed from the rows; I5 the way back loads and its
bytes are true; I6 nothing is written outside of the workspace; I7 no page that shows text of rows can run or fetch anything.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from governance.actions.serving import Pointer
from governance.errors import IntegrityError, RefusedError
from governance.release import kinds
from governance.release.fold import fold
from governance.release.ledger import Event, verify
from governance.release.state import PASS, Release, State
from governance.release.targets import PREVIOUS, rollback_target
from governance.release.views import CHAMPION, drift

SERVES, KEPT, ONE_WINS, CAPS, WAY_BACK, INSIDE, INERT, ENDED = "I1", "I2", "I3", "I4", "I5", "I6", "I7", "ended"
"""`ended`: recovery left nothing open, and the act came to where it wanted to go."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The kept decision of a version's cycle: its digest, what it says, and the checkpoint that the cycle trained."""

    sha256: str
    verdict: str
    checkpoint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a line showed at one moment.

    `untrue` names checkpoints of registered versions whose bytes are not as recorded or that do not load, with why. `around` is what lies
    beside the workspace. `overdrawn` says what does not hold of the batches of the cycle at hand, `lively` which pages could run something.
    """

    events: Sequence[Event]
    aliases: Mapping[str, int]
    pointer: Pointer | None
    decisions: Mapping[int, Decision]
    untrue: Mapping[str, str] = field(default_factory=dict)
    around: frozenset[str] = frozenset()
    overdrawn: tuple[str, ...] = ()
    lively: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """An invariant that does not hold, and what was seen instead."""

    invariant: str
    found: str

    def document(self) -> dict[str, str]:
        return {"invariant": self.invariant, "found": self.found}


def broken_at_once(before: Seen, after: Seen) -> tuple[Broken, ...]:
    """What is broken right after a kill, while an act may still be open. `before` is what was seen before it."""
    if lost := tuple(_lost(before.events, after.events)):
        return lost  # nothing more can be said of a line whose ledger is not true
    state = fold(after.events)
    return (
        *_serves(state, after),
        *_alias(state, after),
        *_one_wins(before.events, after.events),
        *_way_back(state, after),
        *_out(before, after),
        *(Broken(invariant=CAPS, found=said) for said in after.overdrawn),
        *(Broken(invariant=INERT, found=said) for said in after.lively),
    )


def broken_when_settled(before: Seen, after: Seen) -> tuple[Broken, ...]:
    """What is broken once `recover` has ended: all of the above, and nothing is open, no view differs from the ledger."""
    found = broken_at_once(before, after)
    if any(one.invariant == KEPT for one in found):
        return found
    state = fold(after.events)
    return (*found, *_settled(state, after))


def _lost(before: Sequence[Event], after: Sequence[Event]) -> Iterator[Broken]:
    if list(after[: len(before)]) != list(before):
        kept = next(
            (place for place, (one, two) in enumerate(zip(before, after, strict=False)) if one != two), min(len(before), len(after))
        )
        yield Broken(invariant=KEPT, found=f"event {kept + 1} of {len(before)} acknowledged ones is not in the ledger any more")
    try:
        verify(after)
    except IntegrityError as error:
        yield Broken(invariant=KEPT, found=error.message())


def _serves(state: State, seen: Seen) -> Iterator[Broken]:
    """What serves is the champion or where an open act goes, passed, was let out, and is the bytes that were judged."""
    may = _may_serve(state)
    version = seen.pointer.version if seen.pointer else None
    if version not in may:
        yield Broken(invariant=SERVES, found=f"{_named(version)} serves, the ledger says {_either(may)}")
    release = state.releases.get(version) if version is not None else None
    if seen.pointer is None or release is None:
        return
    if seen.pointer.digest != release.checkpoint:
        yield Broken(invariant=SERVES, found=f"bytes {seen.pointer.digest[:12]} serve, version {version} is {release.checkpoint[:12]}")
    yield from (Broken(invariant=SERVES, found=f"version {version} serves and {doubt}") for doubt in _doubts(seen, release))


def _may_serve(state: State) -> set[int | None]:
    """The champion; and while an act is open, where it goes and what it leaves, from which a rollback has not moved serving away yet."""
    return {state.champion, *((state.intent.version, state.intent.left) if state.intent else ())}


def _doubts(seen: Seen, release: Release) -> Iterator[str]:
    """Why a release had no right to serve."""
    decision = seen.decisions.get(release.version)
    if release.verdict != PASS:
        yield f"its verdict is {release.verdict}"
    if decision is None:
        yield "no decision about it is kept"
    elif (decision.sha256, decision.verdict, decision.checkpoint) != (release.decision_sha256, PASS, release.checkpoint):
        yield "its kept decision is another one, did not pass, or is about other bytes"
    let_out = [e.body for e in seen.events if e.kind == kinds.PROMOTION_INTENDED and e.body["version"] == release.version]
    if not any(body["approved_by"] and body["checkpoint"] == release.checkpoint for body in let_out):
        yield "nobody approved these bytes"
    if release.checkpoint in seen.untrue:
        yield f"its bytes are not true: {seen.untrue[release.checkpoint]}"


def _alias(state: State, seen: Seen) -> Iterator[Broken]:
    may = _may_serve(state)
    shown = seen.aliases.get(CHAMPION)
    if shown not in may:
        yield Broken(invariant=SERVES, found=f"the registry shows {_named(shown)} as champion, the ledger says {_either(may)}")


def _one_wins(before: Sequence[Event], after: Sequence[Event]) -> Iterator[Broken]:
    """Every commit answers an intent of its own, one act commits once, and a cycle has one candidate."""
    intended: Counter[int] = Counter()
    for event in after:
        if event.kind == kinds.PROMOTION_INTENDED:
            intended[event.body["version"]] += 1
        if event.kind in (kinds.PROMOTION_COMMITTED, kinds.PROMOTION_ABANDONED):
            intended[event.body["version"]] -= 1
            if intended[event.body["version"]] < 0:
                yield Broken(invariant=ONE_WINS, found=f"event {event.seq} ends a promotion of {event.body['version']} that was not open")
    won = [event.seq for event in after[len(before) :] if event.kind == kinds.PROMOTION_COMMITTED]
    if len(won) > 1:
        yield Broken(invariant=ONE_WINS, found=f"{len(won)} promotions were committed, at {', '.join(map(str, won))}")
    cycles = Counter(event.body["cycle_digest"] for event in after if event.kind == kinds.CANDIDATE_REGISTERED)
    yield from (
        Broken(invariant=ONE_WINS, found=f"cycle {digest[:12]} has {count} candidates") for digest, count in cycles.items() if count > 1
    )


def _way_back(state: State, seen: Seen) -> Iterator[Broken]:
    try:
        target = rollback_target(state, PREVIOUS)
    except RefusedError:
        return  # nothing served before: there is no way back to prove
    if target.checkpoint in seen.untrue:
        yield Broken(invariant=WAY_BACK, found=f"release {target.version} is no way back: {seen.untrue[target.checkpoint]}")


def _out(before: Seen, after: Seen) -> Iterator[Broken]:
    if new := sorted(after.around - before.around):
        yield Broken(invariant=INSIDE, found=f"{len(new)} files were written outside of the workspace, such as {new[0]}")


def _settled(state: State, seen: Seen) -> Iterator[Broken]:
    if state.intent is not None:
        yield Broken(invariant=ENDED, found=f"a {state.intent.act} to version {state.intent.version} is still open")
    for alias in drift(state, seen.aliases):
        yield Broken(
            invariant=SERVES, found=f"the registry shows {_named(alias.found)} as {alias.alias}, the ledger says {_named(alias.wanted)}"
        )
    if state.champion is not None and state.releases[state.champion].quarantined:
        yield Broken(invariant=SERVES, found=f"version {state.champion} is champion and quarantined")


def _named(version: int | None) -> str:
    return "nothing" if version is None else f"version {version}"


def _either(versions: set[int | None]) -> str:
    return " or ".join(sorted(_named(version) for version in versions))
