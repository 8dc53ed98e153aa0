"""Who runs a stage: this process, or DVC, which skips what it has already done."""

from typing import Protocol


class Runner(Protocol):
    """Runs one stage of the frozen cycle by name."""

    def run(self, stage: str) -> bool:
        """True when the stage did its work, False when its outputs were already there for exactly these inputs.

        Raises: GovernanceError of the stage, unchanged in kind and message, whatever process it ran in.
        """
