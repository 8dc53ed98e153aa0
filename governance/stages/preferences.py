"""Whether a start was tuned on preferences: the policy says so, or the checkpoint's own card or settings do.

Reward models prefer modes, so a base that was tuned on them is narrow before any row of ours is trained on. What is found is said, and
changes no verdict.
"""

import re
from pathlib import Path

MARKERS = re.compile(
    r"\b(RLHF|RLAIF|DPO|PPO|ORPO|GRPO|KTO|reward[ -]model|preference[ -](?:tuned|tuning|optimi[sz]ation))\b", re.IGNORECASE
)
TOLD_IN = ("README.md", "config.json")
READ_BYTES = 65_536


def preference_marker(folder: Path, *, said: bool) -> str | None:
    """Who says that a checkpoint was tuned on preferences; None where nobody does. A card that keeps silent proves nothing."""
    if said:
        return "the policy says so (training.preference_tuned)"
    for name in TOLD_IN:
        if (found := _marker(folder / name)) is not None:
            return f"{name} of the start says {found}"
    return None


def _marker(path: Path) -> str | None:
    if not path.is_file():
        return None
    with path.open("rb") as stream:
        found = MARKERS.search(stream.read(READ_BYTES).decode(errors="replace"))
    return None if found is None else found[1]
