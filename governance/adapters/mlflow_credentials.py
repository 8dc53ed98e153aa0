"""How MLflow's own client shows who it is: a user's name, and a password that is read from its file for each call.

MLflow takes a password from the environment, where every child would inherit it. So it is given a provider of headers instead, which is
its documented way in for others; the environment holds the provider's name only.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from governance.adapters.mlflow_server import MlflowUser
from governance.adapters.secret_file import read_secret
from governance.settings import Registry

if TYPE_CHECKING:
    from requests.auth import HTTPBasicAuth

PROVIDER = "MLFLOW_TRACKING_AUTH"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileCredentials:
    """A user of an MLflow server whose password lies in a file."""

    user: str
    file: Path

    def password(self) -> str:
        """The password as it is now. Raises: UsageError or IntegrityError naming the file."""
        return read_secret(self.file, named=f"password of MLflow's user {self.user!r}")

    def at(self, tracking_uri: str) -> MlflowUser:
        """The same user, for calls of our own."""
        return MlflowUser(tracking_uri=tracking_uri, name=self.user, password=self.password())

    def present(self) -> None:
        """Make these the credentials of MLflow's client in this process."""
        from mlflow.tracking.request_auth.registry import _request_auth_provider_registry as providers

        if not any(provider.get_name() == self.get_name() for provider in providers):
            providers.register(lambda: self)
        os.environ[PROVIDER] = self.get_name()

    def get_name(self) -> str:
        """The provider's name, as MLflow asks for it."""
        return f"heirloom {self.user} {self.file}"

    def get_auth(self) -> "HTTPBasicAuth":
        """The header's content, as MLflow asks for it."""
        from requests.auth import HTTPBasicAuth

        return HTTPBasicAuth(self.user.encode(), self.password().encode())


def mlflow_user(place: Registry, secret: Callable[[str], Path], name: str = "") -> FileCredentials | None:
    """A user of the MLflow server, or who we are there; None where the settings do not say in which folder the passwords lie."""
    user = name or place.user
    return FileCredentials(user=user, file=secret(place.secrets) / user) if place.secrets else None
