"""The crash drill: kill acts of a throwaway line at every step they are seen to pass, and hold what is left against the invariants."""

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from flows.crash_line import Ended, Ground, lay_out, warm_acts, well
from flows.verify import prove_training
from governance.adapters.bars import bars
from governance.drills.crash import CrashDrill, Kill, Killed, kills_at_random, kills_at_steps
from governance.drills.invariants import ENDED, Broken, Seen, broken_at_once, broken_when_settled
from governance.drills.sight import look
from governance.errors import GovernanceError, RefusedError, UsageError
from governance.release.fold import fold
from governance.release.state import State
from governance.wiring import open_shop

PROMOTE, ROLLBACK, OVERTAKE, RETRAIN = ACTS = ("promote", "rollback", "rollback-over-promotion", "retrain")
JUDGED, WAITING, OPEN = "judged", "waiting", "open"
"""Where kills start from: a cycle whose stages are done, a candidate that waits, a promotion that was killed between intent and commit."""
MOST_KILLS = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A command that changes the world, from which copy it starts, and which version serves once it is done."""

    name: str
    words: tuple[str, ...]
    start: str
    goal: int
    rest_only: bool = False
    """True where only those of its steps are drilled that no act before it passes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What somebody wants killed: every step of some acts, and so many kills more at moments drawn from a seed."""

    kills: int = 0
    seed: int = 7
    acts: tuple[str, ...] = ()
    place: Path | None = None

    def __post_init__(self) -> None:
        if unknown := sorted(set(self.acts) - set(ACTS)):
            raise UsageError(f"{unknown[0]!r} is no act to kill", expected=", ".join(ACTS), where="--acts")
        if not (0 <= self.kills <= MOST_KILLS and self.seed >= 0):
            raise UsageError(f"{self.kills} kills, seed {self.seed}", expected=f"0..{MOST_KILLS}, 0 or more", where="drill crash")
        if self.place is not None and self.place.exists() and (not self.place.is_dir() or any(self.place.iterdir())):
            raise UsageError("is not an empty folder", where=str(self.place), fix="name a folder that is not there yet")


@dataclass(slots=True, kw_only=True)
class Drill:
    """A drill under way: its ground, its acts by name, and what each kept copy showed."""

    ground: Ground
    acts: Mapping[str, Act]
    seen: dict[str, Seen] = field(default_factory=dict)

    def copy(self, start: str) -> Path:
        """A fresh copy of a kept line, alone in a folder."""
        line = self.ground.case()
        shutil.copytree(self.ground.kept(start), line, symlinks=True)
        return line

    def look(self, line: Path) -> Seen:
        seen = look(line, {"home": self.ground.home, "beside": line.parent})
        return replace(seen, overdrawn=overdrawn(line))

    def before(self, start: str) -> Seen:
        if start not in self.seen:
            self.seen[start] = self.look(self.ground.kept(start))
        return self.seen[start]

    def trace(self, act: Act) -> tuple[Sequence[str], float]:
        """The steps that an act passes where nobody kills it, and the seconds it takes."""
        line, log = self.copy(act.start), self.ground.temporary / "steps"
        log.unlink(missing_ok=True)
        ended = well(self.ground.run(line, *act.words, log=log), act.name)
        shutil.rmtree(line.parent)
        return log.read_text(encoding="utf-8").split(), ended.seconds

    def suffer(self, kill: Kill) -> Killed:
        """Kill, look, recover, look, repeat the command, look. The folder of a kill after which nothing is broken is removed."""
        act = self.acts[kill.act]
        line, before = self.copy(act.start), self.before(act.start)
        died = self.ground.run(line, *act.words, kill_at=kill.step, kill_after=kill.seconds)
        killed = self.look(line)
        recovered = self.ground.run(line, "recover")
        settled = self.look(line)
        again = self.ground.run(line, *act.words)
        found = (
            *_not_killed(kill, died),
            *broken_at_once(before, killed),
            *_failed("recover", recovered),
            *broken_when_settled(killed, settled),
            *_failed("the same command", again),
            *_finished(act, settled, self.look(line), before),
        )
        if not found:
            shutil.rmtree(line.parent)
        return Killed(
            kill=kill,
            died=died.killed,
            recovery=str(recovered.document.get("result", "none")),
            recover_seconds=recovered.seconds,
            broken=tuple(dict.fromkeys(found)),
        )


def drill_crash(asked: Asked) -> CrashDrill:
    """Found a line once, then kill its acts at every step and at some random moments. Nothing outside of the drill's folder is touched.

    Raises: UsageError where the folder is not empty; DependencyError where the line cannot be brought to where kills start from.
    """
    bar, done = bars("crash drill"), []
    with _ground(asked.place) as ground, warm_acts():
        bar(0, 1, "founding a line")
        acts = found_line(ground, set(asked.acts or ACTS))
        drill = Drill(ground=ground, acts={act.name: act for act in acts})
        traced = {act.name: drill.trace(act) for act in acts}
        points = kills_at_steps({act.name: _own_steps(act, traced) for act in acts})
        moments = kills_at_random({name: seconds for name, (_, seconds) in traced.items()}, asked.kills, asked.seed)
        kills = (*points, *moments)
        for place, kill in enumerate(kills):
            bar(place, len(kills), kill.name)
            done.append(drill.suffer(kill))
        bar(len(kills), len(kills), "")
    return CrashDrill(killed=tuple(done), seed=asked.seed)


@contextmanager
def _ground(place: Path | None) -> Iterator[Ground]:
    """The folder of a drill: a named one stays, with the cases after which something is broken; a temporary one goes."""
    root = (place or Path(tempfile.mkdtemp(prefix="heirloom-crash-"))).resolve()
    root.mkdir(parents=True, exist_ok=True)
    try:
        yield Ground(root=root)
    finally:
        if place is None:
            shutil.rmtree(root, ignore_errors=True)


def overdrawn(line: Path) -> tuple[str, ...]:
    """What does not hold of the batches that the cycle at hand was trained on, recomputed from its rows under its own policy."""
    try:
        proof = prove_training(open_shop(line, actor="crash-drill"))
    except GovernanceError as error:
        return (error.message(),)
    return tuple(f"{one.phrase} ({', '.join(one.names[:3])})" for one in (*proof.altered, *proof.found.broken))


def found_line(ground: Ground, wanted: set[str]) -> Sequence[Act]:
    """Found a line with two releases, and bring it to where the wanted acts start: a candidate is judged, waits, is half promoted."""
    line, log = ground.kept(JUDGED if RETRAIN in wanted else WAITING), ground.root / "founding"
    lay_out(ground, line)
    well(ground.run(line, "retrain", log=log), "retrain")
    steps = log.read_text(encoding="utf-8").split()
    if RETRAIN in wanted:
        well(ground.run(line, "retrain", kill_at=steps[0]), "retrain", killed=True)
        _duplicate(ground, JUDGED, WAITING)
    waiting = ground.kept(WAITING)
    first = next(step for step in steps if step.startswith("promote."))
    well(ground.run(waiting, "retrain", kill_at=first), "retrain", killed=True)
    state = fold(look(waiting, {}).events)
    acts = [act for act in _acts(state, _batch(line)) if act.name in wanted]
    if OVERTAKE in wanted:
        _duplicate(ground, WAITING, OPEN)
        last = [step for step in steps if step.startswith("promote.")][-2]
        well(ground.run(ground.kept(OPEN), "promote", str(state.waiting[0].version), kill_at=last), "promote", killed=True)
    return acts


def _duplicate(ground: Ground, start: str, name: str) -> None:
    shutil.copytree(ground.kept(start), ground.kept(name), symlinks=True)


def _acts(state: State, batch: str) -> Sequence[Act]:
    """The acts of a line with a way back and a candidate that waits. Raises: RefusedError where it has them not."""
    if state.champion is None or state.previous is None or not state.waiting:
        raise RefusedError(
            "the throwaway line has no way back or no candidate that passed", where="crash drill", expected="two releases and a candidate"
        )
    champion, previous, candidate = state.champion, state.previous, state.waiting[0].version
    return (
        Act(name=PROMOTE, words=("promote", str(candidate)), start=WAITING, goal=candidate),
        Act(name=ROLLBACK, words=_rollback(previous), start=WAITING, goal=previous),
        Act(name=OVERTAKE, words=_rollback(champion), start=OPEN, goal=champion),
        Act(name=RETRAIN, words=("retrain", batch), start=JUDGED, goal=candidate, rest_only=True),
    )


def _rollback(version: int) -> tuple[str, ...]:
    """To a number: repeated after it was finished, it changes nothing."""
    return ("rollback", "--to", str(version), "--yes", "--reason", "crash drill")


def _batch(line: Path) -> str:
    """The batch of the cycle at hand, named so that a run that was finished begins no other."""
    frozen = next(iter(sorted((line / "cycle" / "batch").iterdir())))
    return f"inbox/{frozen.name}"


def _own_steps(act: Act, traced: Mapping[str, tuple[Sequence[str], float]]) -> Sequence[str]:
    names, _ = traced[act.name]
    others = {step for name, (steps, _) in traced.items() if name != act.name for step in steps} if act.rest_only else set()
    return [step for step in names if step not in others]


def _not_killed(kill: Kill, ended: Ended) -> tuple[Broken, ...]:
    """A step that an act passed when nobody killed it has to be passed again, else the drill proved nothing there."""
    if ended.killed or not kill.step:
        return ()
    return (Broken(invariant=ENDED, found=f"the act never came to {kill.step}: it ended with {ended.code}: {ended.said}"),)


def _failed(what: str, ended: Ended) -> tuple[Broken, ...]:
    return (Broken(invariant=ENDED, found=f"{what} ended with {ended.code}: {ended.said}"),) if ended.code else ()


def _finished(act: Act, settled: Seen, after: Seen, before: Seen) -> tuple[Broken, ...]:
    """After the same command: everything holds, all in all one promotion won, and the version that the act wanted serves."""
    found = (*broken_when_settled(settled, after), *broken_at_once(before, after))
    if any(one.invariant != ENDED for one in found):
        return found
    champion = fold(after.events).champion
    return found if champion == act.goal else (*found, Broken(invariant=ENDED, found=f"version {champion} serves, not {act.goal}"))
