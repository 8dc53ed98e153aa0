"""Which models a candidate is held against, and which of them stand in for one another because they are one checkpoint."""

from collections.abc import Mapping
from typing import Any

from governance.collapse.evidence import BASELINE, BEST_EVER, CHAMPION


def references_of(
    champion: Mapping[str, Any] | None, baseline: Mapping[str, Any] | None, best_ever: Mapping[str, Any] | None
) -> tuple[str, ...]:
    """A best-ever release that is the baseline has the baseline's margin, so it is not asked for twice."""
    apart = best_ever and not _same(best_ever, baseline)
    return (BASELINE, *([CHAMPION] if champion else []), *([BEST_EVER] if apart else []))


def stand_ins_of(
    champion: Mapping[str, Any] | None, baseline: Mapping[str, Any] | None, best_ever: Mapping[str, Any] | None
) -> Mapping[str, str]:
    """Reference -> the one whose readings are used where its own were not taken."""
    found = {CHAMPION: BASELINE} if _same(champion, baseline) else {}
    return {**found, BEST_EVER: CHAMPION} if _same(best_ever, champion) else found


def _same(one: Mapping[str, Any] | None, other: Mapping[str, Any] | None) -> bool:
    return bool(one and other and one.get("digest") == other.get("digest"))
