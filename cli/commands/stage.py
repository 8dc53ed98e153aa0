"""`heirloom stage run NAME`: what a line of dvc.yaml calls."""

import time

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome

command = App(name="stage", group="Set up and run", help="One stage of the cycle at hand, as dvc.yaml runs it.")


@command.command
def run(name: str, *, common: Common | None = None) -> Outcome:
    """Run one stage here, whether or not DVC thinks that it is needed.

    Parameters
    ----------
    name
        validate, mix, train, probe, measure or judge.
    """
    from cli.shop import shop_of
    from governance.adapters.runners import leave_note
    from governance.errors import GovernanceError, UsageError
    from governance.stages.table import STAGES

    if name not in {stage.name for stage in STAGES}:
        raise UsageError(f"{name!r} is no stage", expected=", ".join(stage.name for stage in STAGES))
    shop = shop_of(common)
    started = time.monotonic()
    try:
        shop.here_runner.run(name)
    except GovernanceError as error:
        leave_note(shop.workspace, name, error)
        raise
    leave_note(shop.workspace, name, None, seconds=round(time.monotonic() - started, 2))
    return Outcome(command="stage-run", lines=[], document={"stage": name})
