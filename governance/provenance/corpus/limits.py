"""What the policy makes of a corpus: a limit that is exceeded, with the number that exceeds it. Without a limit there is only a report."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from governance.provenance.corpus.emitted import OwnEmissions
from governance.provenance.corpus.rows import UNKNOWN
from governance.provenance.corpus.rules import CorpusRules
from governance.provenance.corpus.shares import Counted
from governance.provenance.corpus.tally import DECLARED_SYNTHETIC, Tally
from governance.provenance.row import Origin

HELD, EXCEEDED, NOT_MEASURED = "held", "exceeded", "not-measured"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of the policy and what came of it; only `exceeded` stops anybody."""

    setting: str
    limit_percent: int
    outcome: str
    found: str

    def document(self) -> dict[str, Any]:
        return asdict(self)


def limits(rules: CorpusRules, tally: Tally, own: OwnEmissions | None, near: Counted) -> list[Limit]:
    """Every limit that the policy sets, in order of setting. Tokens of all rows are compared as integers; samples by their interval."""
    tokens = tokens_since(tally, rules.since)
    whole = sum(tokens.values())
    synthetic = sum(tokens.get(name, 0) for name in DECLARED_SYNTHETIC)
    unknown = tokens.get(Origin.UNKNOWN.value, 0)
    span = f" since {rules.since} or of unknown vintage" if rules.since is not None else ""
    found = [
        _counted("max_synthetic_percent", rules.max_synthetic_percent, (synthetic, whole), f"tokens{span} are declared synthetic"),
        _counted("max_unknown_percent", rules.max_unknown_percent, (unknown, whole), f"tokens{span} are of unknown origin"),
        _seen("max_own_emissions_percent", rules.max_own_emissions_percent, own.counted if own else None, "repeat our own models"),
        _seen("max_near_duplicate_percent", rules.max_near_duplicate_percent, near, "nearly repeat another row"),
    ]
    return [limit for limit in found if limit is not None]


def tokens_since(tally: Tally, since: int | None) -> Mapping[str, int]:
    """Origin -> tokens of rows from a year on; rows of unknown vintage are among them, because nothing shows that they are older."""
    sums: dict[str, int] = {}
    for vintage, origins in tally.groups("vintage").items():
        if since is None or vintage == UNKNOWN or int(vintage) >= since:
            for origin, counts in origins.items():
                sums[origin] = sums.get(origin, 0) + counts["tokens"]
    return sums


def exceeded(found: Sequence[Limit]) -> Sequence[Limit]:
    return [limit for limit in found if limit.outcome == EXCEEDED]


def _counted(setting: str, percent: int | None, tokens: tuple[int, int], words: str) -> Limit | None:
    if percent is None:
        return None
    part, whole = tokens
    outcome = EXCEEDED if part * 100 > percent * whole else HELD
    return Limit(setting=setting, limit_percent=percent, outcome=outcome, found=f"{part:,} of {whole:,} {words}")


def _seen(setting: str, percent: int | None, counted: Counted | None, words: str) -> Limit | None:
    if percent is None:
        return None
    if counted is None or not counted.rows:
        return Limit(setting=setting, limit_percent=percent, outcome=NOT_MEASURED, found="no row could be looked at")
    low, high = counted.interval
    outcome = EXCEEDED if low * 100 > percent else HELD
    said = f"{counted.hits:,} of {counted.rows:,} rows [{100 * low:.1f}, {100 * high:.1f}] % {words}"
    return Limit(setting=setting, limit_percent=percent, outcome=outcome, found=said)
