"""A desk without a browser: the application, a client that behaves like the desk's own page, and people with passkeys in software."""

import base64
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from httpx import Response

from cli.desk.app import make_app
from cli.desk.place import Place, place_of
from governance.policy import read_policy
from governance.ports.workspace import Workspace
from governance.wiring import Shop
from tests.actions.chamber import Chamber
from tests.authenticator import Authenticator, allow_passkeys

PLACE = place_of("127.0.0.1", 8733, None)
POLICY = '[line]\nmodel = "student"\nenvironment = "staging"\n[promotion]\nmode = "review"\n'


@dataclass
class Visitor:
    """The desk's own page: it sends what the script sends."""

    shop_of: Callable[[str], Shop]
    place: Place = PLACE

    def __post_init__(self) -> None:
        self.client = TestClient(make_app(self.shop_of, self.place), base_url=self.place.origin)

    def get(self, path: str) -> str:
        found = self.client.get(path)
        assert found.status_code == 200, found.text
        return found.text

    def post(self, path: str, body: object, **headers: str) -> Response:
        return self.client.post(path, json=body, headers={"origin": self.place.origin, **headers})

    def draft(self, **act: Any) -> dict[str, Any]:
        found = self.post("/act/draft", act)
        assert found.status_code == 200, found.text
        return dict(found.json())

    def sign(self, device: Authenticator, draft: Mapping[str, Any]) -> Response:
        data, client_data, signature = device.asserts(from_url(draft["challenge"]))
        parts = {"authenticator_data": data, "client_data": client_data, "signature": signature, "credential": device.credential}
        return self.post("/act/sign", {"id": draft["id"], **{name: to_url(part) for name, part in parts.items()}})

    def act(self, device: Authenticator, **act: Any) -> str:
        """Draft, sign and do; what was said."""
        found = self.sign(device, self.draft(**act))
        assert found.status_code == 200, found.text
        return str(found.json()["said"])


class Court:
    """A workspace in staging: release 1 serves, version 2 waits, engineer-a asked for it; reviewers have passkeys."""

    def __init__(self, root: Path, people: Mapping[str, Path]) -> None:
        root.mkdir()
        (root / "policy.toml").write_text(POLICY)
        self.root, self.policy = root, read_policy(root / "policy.toml")
        self.chamber = Chamber(root, people, policy_sha256=self.policy.digest, passages=100_000)
        self.devices = {name: Authenticator(credential=name.encode()) for name in ("reviewer-a", "reviewer-b", "engineer-a")}
        allow_passkeys(self.chamber.allowed, *(device.line(name) for name, device in self.devices.items()))

    def shop(self, actor: str) -> Shop:
        """A fresh process of the workspace; ledger, registry and models are the simulated world's."""
        shop, world = Shop(workspace=Workspace(root=self.root), clock=self.chamber.world.clock, actor=actor), self.chamber.world
        vars(shop).update(ledger=world.desk(actor).ledger, registry=world.registry, store=world.models)
        return shop

    @property
    def kept(self) -> int:
        return len(self.chamber.world.ledger.kept)


def to_url(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def from_url(written: str) -> bytes:
    return base64.urlsafe_b64decode(written + "=" * (-len(written) % 4))
