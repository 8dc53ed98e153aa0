"""Prefect's embedded default: a server in this process's care, its records in the workspace."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

from flows.server import Server, answers, free_port, prefect_server
from governance.digest import digest_text, read_document
from governance.errors import IntegrityError, UsageError
from governance.ports.workspace import Workspace
from governance.wiring import Shop, open_shop

API_URL = "PREFECT_API_URL"
SERVED = "HEIRLOOM_SERVED_WORKSPACE"
"""Set by `heirloom serve` for the runs it starts: the one workspace that they may work in."""


@contextmanager
def prefect_at_hand(shop: Shop, *meanwhile: str) -> Iterator[None]:
    """Prefect, told where its server is: one that the user names, the one of a running `heirloom serve`, or one that ends with us.

    Called before Prefect is imported: it reads its environment then. The modules `meanwhile` are imported while a server of ours starts.
    Its own ephemeral server is not used, because it outlives a kill of the process that started it. Errors are left to whoever called, so
    Prefect's own log stays silent unless somebody asks for it.
    """
    os.environ.setdefault("PREFECT_HOME", str(shop.workspace.scheduler))
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    if API_URL in os.environ:
        yield
    elif (page := served_page(shop.workspace)) is not None:
        os.environ[API_URL] = f"{page}/api"
        yield
    else:

        def imported(server: Server) -> None:
            os.environ[API_URL] = server.api
            for module in meanwhile:
                import_module(module)

        with prefect_server(shop.workspace.scheduler, port=free_port(0), meanwhile=imported):
            yield


def server_note(workspace: Workspace) -> Path:
    """Where `heirloom serve` writes the address of its server while it runs."""
    return workspace.scheduler / "server.json"


def served_page(workspace: Workspace) -> str | None:
    """The page of the server that `heirloom serve` started, where one answers; a note that a killed one left behind counts for nothing."""
    try:
        page = str(read_document(server_note(workspace))["page"])
    except (IntegrityError, KeyError):
        return None
    return page if answers(page) else None


def deployment_name(shop: Shop) -> str:
    """The model, and eight digits of where the workspace is: two workspaces of one model can share a server."""
    return f"{shop.policy.line.model}-{digest_text(str(shop.workspace.root.resolve()))[:8]}"


def scheduled() -> bool:
    """True in a run that a deployment started: by its schedule, or by somebody on the server's page."""
    from prefect.runtime import deployment

    return deployment.id is not None


def shop_of_run(workspace: str, requester: str | None) -> Shop:
    """The shop a flow run works in.

    Prefect's server takes anybody's word for parameters (attack A20). So a deployed run acts under the name of whoever serves, whatever
    requester it was given, and works nowhere but in the workspace that is served.

    Raises: UsageError for another workspace.
    """
    if not scheduled():
        return open_shop(Path(workspace), actor=requester)
    served = os.environ.get(SERVED, workspace)
    if Path(workspace).resolve() != Path(served).resolve():
        raise UsageError("is not the workspace that is served here", where=workspace, expected=served)
    return open_shop(Path(workspace))
