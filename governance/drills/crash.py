"""A crash drill: what was killed where, what the same line showed afterwards, and what of that is broken."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from governance.drills.invariants import Broken

SCHEMA = "heirloom/crash-drill/1"
EARLIEST_SECONDS = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Kill:
    """One kill: of which act, and where. At a step by name, or at a moment in seconds; exactly one of them."""

    act: str
    step: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if bool(self.step) == (self.seconds is not None):
            raise ValueError("a kill is at a step or at a moment")

    @property
    def name(self) -> str:
        return f"{self.act} at {self.step}" if self.step else f"{self.act} after {self.seconds:.3f} s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Killed:
    """What became of one kill. `died` is False where the act had ended before the moment came: the same invariants are held."""

    kill: Kill
    died: bool
    recovery: str
    recover_seconds: float
    broken: tuple[Broken, ...]

    def document(self) -> dict[str, Any]:
        where = {"step": self.kill.step} if self.kill.step else {"seconds": self.kill.seconds}
        return {
            "act": self.kill.act,
            **where,
            "died": self.died,
            "recovery": self.recovery,
            "recover_seconds": round(self.recover_seconds, 2),
            "broken": [one.document() for one in self.broken],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class CrashDrill:
    """All kills of a drill, those at steps first."""

    killed: tuple[Killed, ...]
    seed: int

    @property
    def broken(self) -> tuple[Killed, ...]:
        return tuple(one for one in self.killed if one.broken)

    @property
    def longest(self) -> float:
        return max((one.recover_seconds for one in self.killed), default=0.0)

    def document(self) -> dict[str, Any]:
        """The drill as JSON, a row a kill."""
        steps = [one for one in self.killed if one.kill.step]
        return {
            "schema": SCHEMA,
            "seed": self.seed,
            "kill_points": len(steps),
            "random_kills": len(self.killed) - len(steps),
            "died": sum(one.died for one in self.killed),
            "broken": len(self.broken),
            "longest_recover_seconds": round(self.longest, 2),
            "kills": [one.document() for one in self.killed],
        }


def kills_at_steps(passed: Mapping[str, Sequence[str]]) -> tuple[Kill, ...]:
    """A kill at each step that each act was seen to pass, once and in order."""
    return tuple(Kill(act=act, step=step) for act, names in passed.items() for step in dict.fromkeys(names))


def kills_at_random(seconds: Mapping[str, float], count: int, seed: int) -> tuple[Kill, ...]:
    """Kills at moments drawn from the seed: acts in turn, each moment evenly within the time that the act was seen to take."""
    stream = np.random.Generator(np.random.Philox(seed))
    acts = list(seconds)
    drawn = [(acts[place % len(acts)], float(stream.random())) for place in range(count)] if acts else []
    return tuple(Kill(act=act, seconds=round(max(share * seconds[act], EARLIEST_SECONDS), 3)) for act, share in drawn)
