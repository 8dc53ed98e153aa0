"""Every deliberate error, split by whose fault it is and therefore by what to do next.

GovernanceError                what stops us from answering; the command line prints it and nothing else
├── UsageError          2      the caller asked for something that cannot be (flag, path, settings)
│   ├── PolicyError     2      policy.toml says something impossible
│   └── BatchError      2      a file of rows cannot be read at all
├── RefusedError        3      the policy says no, and no retry will change that
├── IntegrityError      4      bytes are not the bytes that were recorded
├── ConflictError       5      somebody moved first, or holds the workspace
└── DependencyError     6      a foreign system is unreachable or broken

A block is not an error: it is a verdict, and the command that carries it exits with 3. So are `inconclusive` (9) and waiting for
approval (7). The number beside each class is the exit code of the command line.
"""

from collections.abc import Sequence
from typing import ClassVar

SHOWN_EXAMPLES = 5


class GovernanceError(Exception):
    """One clear sentence: what was found, what was expected, where, and how to mend it.

    Examples are row ids, line numbers or file names, never texts of rows; at most five are shown and the rest is counted.
    """

    exit_code: ClassVar[int] = 1

    def __init__(
        self,
        found: str,
        *,
        expected: str = "",
        where: str = "",
        fix: str = "",
        examples: Sequence[str] = (),
    ) -> None:
        self.found = found
        self.expected = expected
        self.where = where
        self.fix = fix
        self.examples = tuple(examples)
        super().__init__(self.message())

    def message(self) -> str:
        """The whole message, one fact a line, the place first and the fix last."""
        head = f"{self.where}: {self.found}" if self.where else self.found
        lines = [head]
        if self.expected:
            lines.append(f"expected: {self.expected}")
        if self.examples:
            lines.append(f"for example: {shown(self.examples)}")
        if self.fix:
            lines.append(f"fix: {self.fix}")
        return "\n".join(lines)


class UsageError(GovernanceError):
    """The caller asked for something that cannot be."""

    exit_code: ClassVar[int] = 2


class PolicyError(UsageError):
    """policy.toml or heirloom.toml says something impossible; the place is the dotted path of the setting."""


class BatchError(UsageError):
    """A file of rows cannot be read at all, so that no row of it can be admitted or quarantined."""


class RefusedError(GovernanceError):
    """The policy says no."""

    exit_code: ClassVar[int] = 3


class IntegrityError(GovernanceError):
    """Bytes are not the bytes that were recorded."""

    exit_code: ClassVar[int] = 4


class ConflictError(GovernanceError):
    """Somebody moved first, or somebody else holds the workspace."""

    exit_code: ClassVar[int] = 5


class DependencyError(GovernanceError):
    """A foreign system is unreachable or broken."""

    exit_code: ClassVar[int] = 6


def shown(examples: Sequence[str]) -> str:
    """At most five examples joined by commas, and how many more there are."""
    rest = len(examples) - SHOWN_EXAMPLES
    text = ", ".join(examples[:SHOWN_EXAMPLES])
    return f"{text} (+{rest} more)" if rest > 0 else text
