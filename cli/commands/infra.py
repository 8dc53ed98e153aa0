"""`heirloom infra bootstrap` and `heirloom infra worker`: a team's own MLflow and Prefect servers, made ready and worked for."""

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from cyclopts import App

from cli.options import Common
from cli.outcome import Outcome, plain

if TYPE_CHECKING:
    from flows.infra import Bootstrapped, Roles
    from flows.pool import Laid

command = App(name="infra", group="Set up and run", help="A team's servers: make them ready, and work for them.")


@command.command
def bootstrap(*, common: Common | None = None) -> Outcome:
    """Make users and roles on the MLflow server that heirloom.toml names and prove them by calls; make the work pool of this line and its
    deployments on the Prefect server that PREFECT_API_URL names.

    The same command again mends what was changed since. The password of MLflow's admin must lie in the folder registry.secrets; those of
    the other users are made there.
    """
    from cli.shop import shop_of
    from flows.infra import bootstrap as make_ready

    done = make_ready(shop_of(common))
    return Outcome(command="infra-bootstrap", lines=[*_lines(done), "Next: heirloom infra worker"], document=asdict(done))


@command.command
def worker(*, common: Common | None = None) -> Outcome:
    """Run in the foreground what falls due in this line's work pool, until Ctrl-C or SIGTERM.

    A run that a killed worker left is marked as crashed, and what was missed while none ran is skipped.
    """
    from cli.shop import shop_of
    from flows.worker import work

    done = work(shop_of(common), _say)
    lines = [f"Worked for {plain(done.pool)} until it was told to stop."]
    return Outcome(command="infra-worker", lines=lines, document=asdict(done))


def _lines(done: "Bootstrapped") -> list[str]:
    return [*(_role_lines(done.roles) if done.roles else []), *(_pool_lines(done.pool) if done.pool else [])]


def _role_lines(roles: "Roles") -> list[str]:
    refused = sum(1 for proof in roles.proofs if not proof.found)
    lines = [f"MLflow {plain(roles.page)}: {', '.join(map(plain, roles.changed)) or 'as it should be'}"]
    lines += [f" {p.user:<9} {'may' if p.found else 'may not (403)'} {p.tried}" for p in roles.proofs]
    return [*lines, f" proved with {len(roles.proofs)} calls, {refused} of which were refused, as they must be"]


def _pool_lines(pool: "Laid") -> list[str]:
    lines = [f"Prefect {plain(pool.page)}: work pool {plain(pool.pool)} {'made' if pool.made else 'is there'}"]
    return [*lines, *(f" {name:<10} {plain(cron) or 'not scheduled'}" for name, cron in pool.deployments.items())]


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()
