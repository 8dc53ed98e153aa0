"""Prefect's embedded default: its own server in this process's care, its records in the workspace."""

import os
from pathlib import Path

from flows.server import answers
from governance.digest import digest_text, read_document
from governance.errors import IntegrityError, UsageError
from governance.ports.workspace import Workspace
from governance.wiring import Shop, open_shop

API_URL = "PREFECT_API_URL"
SERVED = "HEIRLOOM_SERVED_WORKSPACE"
"""Set by `heirloom serve` for the runs it starts: the one workspace that they may work in."""


def prepare_prefect(shop: Shop) -> None:
    """Tell Prefect where the workspace keeps its records, before it is imported, and to leave errors to whoever called.

    A server that the user names is left alone. Where `heirloom serve` is running, its server is used, so that the run is on its page.
    """
    shop.workspace.scheduler.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "CRITICAL")
    os.environ.setdefault("PREFECT_HOME", str(shop.workspace.scheduler))
    if API_URL not in os.environ and (page := served_page(shop.workspace)) is not None:
        os.environ[API_URL] = f"{page}/api"


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
