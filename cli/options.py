"""Options that every command has."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Common:
    """Where the workspace is, and how to answer."""

    workspace: Annotated[Path | None, Parameter(env_var="HEIRLOOM_WORKSPACE")] = None
    """The workspace; without it, the nearest folder above with a policy.toml."""

    json: bool = False
    """Answer with one JSON document on stdout."""
