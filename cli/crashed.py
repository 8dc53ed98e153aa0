"""What a crash drill says to people: how many kills left everything whole, and which did not."""

from collections.abc import Sequence

from cli.outcome import plain
from governance.drills.crash import CrashDrill, Killed

HELD = "ledger intact, no unapproved champion, recover finished or undid each"


def crash_lines(found: CrashDrill) -> list[str]:
    """The kill points, the random kills, and each kill after which something was broken with what was seen."""
    steps = [one for one in found.killed if one.kill.step]
    moments = [one for one in found.killed if not one.kill.step]
    lines = [f"{_whole(steps)} of {len(steps)} kill points: {HELD}. Longest recover {found.longest:.1f} s."]
    if moments:
        late = sum(not one.died for one in moments)
        after = f" {late} came after the act had ended." if late else ""
        lines.append(f"{_whole(moments)} of {len(moments)} random kills, seed {found.seed}: the same.{after}")
    return [*lines, *(line for one in found.broken for line in _broken_lines(one))]


def _whole(killed: Sequence[Killed]) -> int:
    return sum(not one.broken for one in killed)


def _broken_lines(one: Killed) -> list[str]:
    return [f" BROKEN  {plain(one.kill.name)}", *(f"   {broken.invariant}  {plain(broken.found)}" for broken in one.broken)]
