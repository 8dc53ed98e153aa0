"""`heirloom tasks`: what your own benchmarks say of a version, beside its gates. It decides nothing."""

from pathlib import Path
from typing import TYPE_CHECKING

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.tasks import Scored


def command(version: int, *, scores: Path | None = None, common: Common | None = None) -> Outcome:
    """Read the scores that your own benchmarks gave a version, its champion and its baseline, and show them beside its gates.

    The file names models by the sha256 of their checkpoints. No verdict is made of it, and none is changed.

    Parameters
    ----------
    version
        The number of the version.
    scores
        A JSON file of task scores; without it the one that `[tasks] scores` of heirloom.toml names.
    """
    from cli.shop import shop_of
    from flows.tasks import score
    from governance.adapters.lock import hold

    shop = shop_of(common)
    with hold(shop.workspace.lock, f"tasks {version}", shop.clock):
        found = score(shop, version, scores)
    document = {"version": version, "tasks": found.document, "ledger_seq": found.seq, "changed": found.changed, "registry": found.shown}
    return Outcome(command="tasks", lines=scored_lines(version, found), document=document)


def scored_lines(version: int, found: "Scored") -> list[str]:
    """The scores, and where they are kept."""
    from governance.adapters.report.tasks import task_lines

    lines = [f"Version {version}", *(f" {plain(one)}" for one in task_lines(found.document))]
    return [*lines, f"Ledger {found.seq}{'' if found.changed else ', as before'}; the verdict is the one of then."]
