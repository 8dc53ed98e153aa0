"""`heirloom doctor`: starts what it speaks of, and says what mends it, before the next scheduled run finds out."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from governance.adapters.checks.check import Check


def command(*, common: Common | None = None) -> Outcome:
    """Start every tool, prove every byte, and say what is wrong and what mends it.

    Exits with 0 where nothing failed (warnings are allowed), 4 where bytes are not as recorded, 6 where a tool is broken and 2 where
    policy, settings or environment say something impossible. Nothing in the workspace is changed.
    """
    from pathlib import Path

    from flows.health import examine
    from governance.adapters.checks.check import verdict
    from governance.adapters.environment import be_quiet, who_acts
    from governance.ports.clock import SystemClock
    from governance.ports.workspace import Workspace
    from governance.wiring import Shop, find_workspace

    be_quiet()
    root = find_workspace(common.workspace if common else None, Path.cwd())
    checks = examine(Shop(workspace=Workspace(root=root), clock=SystemClock(), actor=who_acts()))
    code = verdict(checks)
    return Outcome(command="doctor", lines=doctor_lines(checks, code), document={"checks": [c.document() for c in checks]}, code=code)


def doctor_lines(checks: "Sequence[Check]", code: int) -> list[str]:
    """A line per check, what mends it below, the sum last."""
    lines = []
    for check in checks:
        lines.append(f" {check.level:<5} {check.name:<20} {plain(check.said)}")
        if check.fix and check.level != "ok":
            lines.append(f" {'':<5} {'':<20} fix: {plain(check.fix)}")
    failed = sum(1 for check in checks if check.code)
    doubts = sum(1 for check in checks if check.level == "warn")
    if failed:
        return [*lines, f"{failed} of {len(checks)} checks failed.   exit {code}"]
    warned = f" {doubts} to look at." if doubts else ""
    return [*lines, f"All {len(checks)} checks hold.{warned}   Next: heirloom retrain"]
