"""A team's servers made ready for one line: MLflow's users and roles with their proof, and Prefect's pool with its deployments."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from flows.local import API_URL
from flows.pool import Laid, lay_out_pool
from governance.adapters.mlflow_roles import ADMIN, USERS, Proof, lay_out, prove_roles, wrong
from governance.adapters.mlflow_server import MlflowUser
from governance.adapters.secret_file import read_secret
from governance.errors import IntegrityError, UsageError
from governance.wiring import Shop

SECRET_BYTES = 24
OWNER_ONLY = 0o600


@dataclass(frozen=True, slots=True, kw_only=True)
class Roles:
    """What was changed on the MLflow server, in words, and what its users were seen to be able to do."""

    page: str
    changed: tuple[str, ...]
    proofs: tuple[Proof, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Bootstrapped:
    """What was made ready; None for a server that this workspace does not use."""

    roles: Roles | None
    pool: Laid | None


def bootstrap(shop: Shop) -> Bootstrapped:
    """Lay out what the settings name, MLflow first; what is there already is left as it is, or mended.

    Raises: UsageError where neither server is named; IntegrityError where a user of MLflow may do what it must not, or not what it must.
    """
    asked = bool(shop.settings.registry.secrets)
    if not asked and API_URL not in os.environ:
        raise UsageError(
            "names no server",
            where="heirloom.toml",
            expected=f"registry.tracking_uri and registry.secrets, or {API_URL} in the environment",
            fix="docs/operating.md",
        )
    return Bootstrapped(roles=_roles(shop) if asked else None, pool=lay_out_pool(shop) if API_URL in os.environ else None)


def _roles(shop: Shop) -> Roles:
    place = shop.settings.registry
    if not place.tracking_uri.startswith("http"):
        raise UsageError("is no server, so it has no users", where="heirloom.toml registry.tracking_uri", expected="http://HOST:PORT")
    folder = shop.secret_place(place.secrets)
    admin = MlflowUser(
        tracking_uri=place.tracking_uri, name=ADMIN, password=read_secret(folder / ADMIN, named="password that the server was started with")
    )
    passwords = {name: _password(folder / name) for name in USERS}
    line, changed = lay_out(admin, shop.policy.line.model, passwords)
    users = [MlflowUser(tracking_uri=place.tracking_uri, name=name, password=password) for name, password in passwords.items()]
    proofs = prove_roles(line, users)
    if said := wrong(proofs):
        raise IntegrityError("; ".join(said), where=place.tracking_uri, fix="docs/operating.md: who made the experiment manages it")
    return Roles(page=place.tracking_uri, changed=changed, proofs=proofs)


def _password(file: Path) -> str:
    """The password in a file; a new one in a new file where there is none."""
    if not file.exists():
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
        with os.fdopen(handle, "w", encoding="ascii") as stream:
            stream.write(secrets.token_urlsafe(SECRET_BYTES) + "\n")
    return read_secret(file, named="password of a user of MLflow")


def passwords_there(folder: Path) -> Mapping[str, Path]:
    """The users whose password lies in a folder."""
    return {name: folder / name for name in USERS if (folder / name).is_file()}
