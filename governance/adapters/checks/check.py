"""One check in one line: what was looked at, how it is, and what mends it."""

from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from governance.errors import DependencyError, GovernanceError, IntegrityError, UsageError

OK, WARN, FAIL = "ok", "warn", "FAIL"
ORDER = (IntegrityError.exit_code, DependencyError.exit_code, UsageError.exit_code)
"""Where several checks fail, the first of these codes speaks for all: wrong bytes are worse than a broken tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """The answer of one check. `code` is the exit code it stands for: 0 unless it failed."""

    name: str
    level: str
    said: str
    fix: str = ""
    code: int = 0

    def __post_init__(self) -> None:
        if self.level not in (OK, WARN, FAIL):
            raise ValueError(f"level: {self.level!r} is none of {OK}, {WARN}, {FAIL}")
        if (self.level == FAIL) != (self.code != 0):
            raise ValueError(f"code: {self.code} does not go with {self.level}")

    def document(self) -> dict[str, Any]:
        """The check as JSON."""
        return asdict(self)


def fine(name: str, said: str) -> Check:
    """Nothing to do."""
    return Check(name=name, level=OK, said=said)


def doubtful(name: str, said: str, fix: str = "") -> Check:
    """Worth knowing, and no reason to stop."""
    return Check(name=name, level=WARN, said=said, fix=fix)


def broken(name: str, said: str, fix: str = "", code: int = DependencyError.exit_code) -> Check:
    """It must be mended first."""
    return Check(name=name, level=FAIL, said=said, fix=fix, code=code)


def tried(name: str, work: Callable[[], Check]) -> Check:
    """The check that `work` returns; any failure in it becomes a failed check, because a doctor that dies tells of nothing."""
    try:
        return work()
    except GovernanceError as error:
        return broken(name, _one_line(error), error.fix, error.exit_code)
    except Exception as error:  # noqa: BLE001 - the failure is told, not swallowed: see the docstring
        return broken(name, f"{type(error).__name__}: {_flat(error)}", "pip install -c constraints.txt, then heirloom doctor")


def verdict(checks: Iterable[Check]) -> int:
    """The exit code of all checks together: 0 where none failed."""
    codes = {check.code for check in checks}
    known = [code for code in ORDER if code in codes]
    return known[0] if known else max(codes, default=0)


def _one_line(error: GovernanceError) -> str:
    place = f"{error.where}: " if error.where else ""
    expected = f" (expected: {error.expected})" if error.expected else ""
    return _flat(f"{place}{error.found}{expected}")


def _flat(text: object) -> str:
    return " ".join(str(text).split())[:400]
