"""What a drill found: a row a promise, with its rate and Wilson interval, and whether the evidence speaks against it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from governance.drills.fault import Fault, Moves
from governance.drills.trial import Trial
from governance.gates.gate import Verdict
from governance.provenance.corpus.shares import Counted

MOST_FALSE_BLOCKS = 0.01
LEAST_JOINT_PASS = 0.80
LEAST_DETECTION = 0.95
MOST_FALSE_PROMOTIONS = 0.08
LEAST_MOVED = 0.95
"""The promises of SCIENCE sections 2 and 6; that of a false promotion holds for a candidate exactly at its margin."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One row. It is broken where its whole Wilson interval is on the wrong side of the bound, unproven where the bound is inside."""

    fault: str
    what: str
    counted: Counted
    bound: float
    at_least: bool

    @property
    def broken(self) -> bool:
        low, high = self.counted.interval
        return high < self.bound if self.at_least else low > self.bound

    @property
    def shown(self) -> bool:
        """Whether so few trials are enough to be sure of it."""
        low, high = self.counted.interval
        return low >= self.bound if self.at_least else high <= self.bound

    def document(self) -> dict[str, Any]:
        bound = {"at_least" if self.at_least else "at_most": self.bound}
        return {"fault": self.fault, "what": self.what, **self.counted.document(), **bound, "broken": self.broken, "shown": self.shown}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """All trials of one fault in numbers: a course counts as one for what happens in its time, a candidate for what is said of it."""

    fault: Fault
    courses: int
    blocked: Counted
    not_promoted: Counted
    alarmed: Counted
    caught: Counted
    """Courses that were caught by their deadline; for known good ones, courses in which a candidate did not pass."""
    delay: float | None
    """Mean cycle at which a course was first caught; None where none was."""
    planned: float | None = None
    """Mean chance of a pass that the planner gave known-good candidates, from how their own readings scatter."""
    missing: tuple[str, ...] = ()
    """Metrics that it needs and that do not exist: nothing was bred."""

    def document(self) -> dict[str, Any]:
        counted = {name: getattr(self, name).document() for name in ("blocked", "not_promoted", "alarmed", "caught")}
        plain = {"name": self.fault.name, "title": self.fault.title, "good": self.fault.good, "cycles": self.fault.cycles}
        return {
            **plain,
            "caught_by": self.fault.caught_by,
            "courses": self.courses,
            **counted,
            "delay": self.delay,
            "planned": self.planned,
            "missing": list(self.missing),
        }


def line_of(fault: Fault, trials: Sequence[Trial], missing: tuple[str, ...] = ()) -> Line:
    """The line of one fault."""
    courses = _courses(trials)
    first = [caught for course in courses.values() if (caught := first_caught(fault, course)) is not None]
    planned = [trial.planned for trial in trials if trial.planned is not None]
    return Line(
        fault=fault,
        courses=len(courses),
        blocked=_count([trial.verdict is Verdict.BLOCK for trial in trials]),
        not_promoted=_count([not trial.promoted for trial in trials]),
        alarmed=_count([trial.alarms > 0 for trial in trials]),
        caught=Counted(hits=sum(cycle <= fault.caught_by for cycle in first), rows=len(courses)),
        delay=sum(first) / len(first) if first else None,
        planned=sum(planned) / len(planned) if planned else None,
        missing=missing,
    )


def promises_of(fault: Fault, trials: Sequence[Trial]) -> Iterator[Promise]:
    """What the gate owes: to known good candidates a pass, to others an answer in time, and to a metric that it moves where it has to."""
    if fault.good:
        blocked = _count([trial.verdict is Verdict.BLOCK for trial in trials])
        yield Promise(fault=fault.name, what="block", counted=blocked, bound=MOST_FALSE_BLOCKS, at_least=False)
        passed = _count([trial.promoted for trial in trials])
        yield Promise(fault=fault.name, what="pass", counted=passed, bound=LEAST_JOINT_PASS, at_least=True)
    else:
        caught = line_of(fault, trials).caught
        yield Promise(fault=fault.name, what=f"caught by cycle {fault.caught_by}", counted=caught, bound=LEAST_DETECTION, at_least=True)
    last = [trial for trial in trials if trial.cycle == fault.cycles]
    for name in fault.stopped_by:
        stopped = _count([name in trial.blocking for trial in last])
        yield Promise(fault=fault.name, what=f"{name} blocks", counted=stopped, bound=LEAST_DETECTION, at_least=True)
    for name in fault.not_passed_by:
        held = _count([name not in trial.passing for trial in last])
        yield Promise(fault=fault.name, what=f"{name} does not pass", counted=held, bound=LEAST_DETECTION, at_least=True)
    for name, way in fault.moves.items():
        moved = _count([_moved(trial, name, way) for trial in last])
        yield Promise(fault=fault.name, what=f"{name} {way.value}", counted=moved, bound=LEAST_MOVED, at_least=True)


def first_caught(fault: Fault, course: Sequence[Trial]) -> int | None:
    """The first cycle of a course in which the gate said no, or an alarm did where one counts."""
    return next((t.cycle for t in course if not t.promoted or (fault.alarm_counts and t.alarms > 0)), None)


def _courses(trials: Sequence[Trial]) -> Mapping[int, list[Trial]]:
    found: dict[int, list[Trial]] = {}
    for trial in sorted(trials, key=lambda trial: (trial.seed, trial.cycle)):
        found.setdefault(trial.seed, []).append(trial)
    return found


def _moved(trial: Trial, name: str, way: Moves) -> bool:
    found = trial.baseline.get(name)
    if found is None:
        return False
    return found.low > 0 if way is Moves.UP else found.high < 0


def _count(facts: Sequence[bool]) -> Counted:
    return Counted(hits=sum(facts), rows=len(facts))
