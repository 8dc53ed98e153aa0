"""From the options every command has to an open shop; imported by a command only when it runs."""

from pathlib import Path

from cli.options import Common
from governance.wiring import Shop, find_workspace, open_shop


def shop_of(common: Common | None, *, actor: str | None = None) -> Shop:
    """The shop of the workspace that was asked for."""
    return open_shop(find_workspace(common.workspace if common else None, Path.cwd()), actor=actor)


def percent(part: int, whole: int) -> str:
    """A share of tokens for people: `33.8 %`."""
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"


def when(at: str) -> str:
    """A moment for people: `2026-11-20 03:07`, in UTC."""
    return at[:16].replace("T", " ")
