"""`heirloom serve`: retraining, monitoring and reconciling on schedule, until Ctrl-C."""

import sys
from dataclasses import asdict

from cli.options import Common
from cli.outcome import Outcome


def command(*, common: Common | None = None) -> Outcome:
    """Run `retrain`, `monitor` and `reconcile` when heirloom.toml [schedule] says, in the foreground, until Ctrl-C or SIGTERM.

    Without PREFECT_API_URL a Prefect server of the workspace's own is started on this machine and stopped at the end; with it, that server
    is used. Runs that were missed while nothing was running are skipped.
    """
    from cli.shop import shop_of
    from flows.serve import serve

    served = serve(shop_of(common), _say)
    lines = [f"Served {', '.join(served.crons)} until it was told to stop."]
    return Outcome(command="serve", lines=lines, document=asdict(served))


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
