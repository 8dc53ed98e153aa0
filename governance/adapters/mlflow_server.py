"""An MLflow server with authentication, asked as one user: the calls that its own client has no word for, and whether it lets them through.

The password goes into one header of each call and nowhere else: into no environment, no error and no log.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from governance.adapters.mlflow_opening import without_password
from governance.errors import DependencyError

SECONDS = 10.0
REFUSED, UNKNOWN, GONE = 403, 401, 404
TAKEN, MISSING = "RESOURCE_ALREADY_EXISTS", "RESOURCE_DOES_NOT_EXIST"
SAID_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said to a call. `code` is MLflow's word for an error, empty where there is none."""

    status: int
    body: Mapping[str, Any]

    @property
    def code(self) -> str:
        return str(self.body.get("error_code", "")) if self.status >= 400 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class MlflowUser:
    """One user of one server."""

    tracking_uri: str
    name: str
    password: str = field(repr=False)

    def ask(self, method: str, path: str, **values: object) -> Answer:
        """The answer to one call. Raises: DependencyError where there is none in time."""
        import httpx

        sent: dict[str, Any] = {"params": values} if method == "GET" else {"json": values}
        try:
            said = httpx.request(
                method, f"{self.tracking_uri.rstrip('/')}/api/{path}", auth=(self.name, self.password), timeout=SECONDS, **sent
            )
        except httpx.HTTPError as error:
            raise DependencyError(
                f"the MLflow server does not answer: {error}", where=without_password(self.tracking_uri), fix="start it: docs/operating.md"
            ) from error
        return Answer(status=said.status_code, body=_body(said.text))

    def get(self, method: str, path: str, **values: object) -> Mapping[str, Any]:
        """The body of an answer that is no error. Raises: DependencyError saying what the server said."""
        return self.body_of(self.ask(method, path, **values), path)

    def body_of(self, answer: Answer, path: str) -> Mapping[str, Any]:
        """The body of an answer. Raises: DependencyError where it is an error."""
        if answer.status < 400:
            return answer.body
        said = f"{answer.status} {answer.body.get('message', '')}"[:SAID_CHARACTERS]
        raise DependencyError(
            f"MLflow does not do {path} for {self.name!r}: {said}", where=without_password(self.tracking_uri), fix="docs/operating.md"
        )


def _body(text: str) -> Mapping[str, Any]:
    import json

    try:
        found = json.loads(text)
    except ValueError:
        return {}  # a page of words, such as the one that says 403
    return found if isinstance(found, dict) else {}
