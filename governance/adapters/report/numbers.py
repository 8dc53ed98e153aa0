"""Numbers as people read them: relative changes with their interval and limit, shares from token counts, readings with their unit."""

import math
from collections.abc import Mapping
from typing import Any

MISSING = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"


def percent(change: float | None) -> str:
    """A relative change: 0.012 -> `+1.2 %`."""
    if change is None or not math.isfinite(change):
        return MISSING
    return _signed(change * 100) + " %"


def interval(comparison: Mapping[str, Any]) -> str:
    """The two bounds of a change: `[+0.4, +2.1]`; empty where there is none."""
    low, high = comparison.get("low"), comparison.get("high")
    if low is None or high is None:
        return ""
    return f"[{_signed(low * 100)}, {_signed(high * 100)}]"


def limit_words(limit: float | None, better: str) -> str:
    """The margin in the direction that it guards: `≤ +5.0 %`, at least minus 10.0 % or `within ±10.0 %`."""
    if limit is None:
        return MISSING
    size = f"{abs(limit) * 100:.1f} %"
    return {"lower": f"≤ +{size}", "higher": f"≥ {MINUS}{size}"}.get(better, f"within ±{size}")


def reading(value: float | None, unit: str = "") -> str:
    """A reading with as many digits as tell two models apart."""
    if value is None or not math.isfinite(value):
        return MISSING
    digits = 1 if abs(value) >= 100 else 2 if abs(value) >= 10 else 3
    return f"{value:,.{digits}f}".replace("-", MINUS) + (f" {unit}" if unit else "")


def share(part: int, whole: int) -> str:
    """A share of token counts as a percentage; of nothing it is `MISSING`."""
    return f"{100 * part / whole:.1f} %" if whole else MISSING


def count(number: int | None) -> str:
    return MISSING if number is None else f"{number:,}"


def _signed(value: float) -> str:
    shown = f"{value:+.1f}"
    return "0.0" if shown in {"+0.0", "-0.0"} else shown.replace("-", MINUS)
