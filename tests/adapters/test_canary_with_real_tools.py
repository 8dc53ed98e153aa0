"""A canary through the command, with the real ledger file, registry, store and signatures of the platform."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from flows.finish import release_desk
from governance.actions.promote import promote
from governance.actions.recorder import nothing_more
from governance.actions.register import register
from governance.actions.serving import read_pointer
from governance.adapters.environment import be_quiet
from governance.release import kinds
from governance.wiring import Shop, open_shop
from tests.world import MODEL, World, finished, terms

pytestmark = pytest.mark.slow


class Shopfront:
    """A workspace with release 1 serving and version 2 waiting, and its commands."""

    def __init__(self, root: Path, capsys: pytest.CaptureFixture[str]) -> None:
        be_quiet()
        self.root, self.capsys = root, capsys
        (root / "policy.toml").write_text(f'[line]\nmodel = "{MODEL}"\n')
        quiet = replace(self.shop.ledger, acknowledged=nothing_more)  # a line from before the platform had a key, and so unregistered
        quiet.record(kinds.WORKSPACE_CREATED, {"model": MODEL, "environment": "demo"})
        world, desk, policy = World(root), replace(release_desk(self.shop), ledger=quiet), self.shop.policy.digest
        for name in ("one", "two"):
            register(desk, finished(name, policy_sha256=policy), world.candidate(name))
            if name == "one":
                promote(desk, 1, terms(policy_sha256=policy))

    @property
    def shop(self) -> Shop:
        return open_shop(self.root, actor="engineer-a")

    @property
    def canary(self) -> int | None:
        pointer = read_pointer(self.shop.workspace.serving_pointer)
        assert pointer is not None
        assert pointer.version == 1
        return pointer.canary.version if pointer.canary else None

    def aliases(self) -> dict[str, int]:
        return dict(self.shop.registry.aliases(MODEL))

    def tag(self, name: str) -> str:
        """What MLflow's own client reads of version 2."""
        from mlflow import MlflowClient

        client = MlflowClient(f"sqlite:///{self.shop.workspace.registry}", f"sqlite:///{self.shop.workspace.registry}")
        return str(client.get_model_version(MODEL, "2").tags[name])

    def say(self, *words: str, code: int = 0) -> dict[str, Any]:
        assert main([*words, "--json", "--workspace", str(self.root)]) == code
        found: dict[str, Any] = json.loads(self.capsys.readouterr().out.splitlines()[-1])
        return found


def test_a_canary_is_let_out_shown_and_taken_off_by_the_commands(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    front = Shopfront(tmp_path, capsys)
    begun = front.say("canary", "2", "--percent", "7", "--hours", "2")
    assert (begun["version"], begun["changed"], begun["percent"], begun["unshown"]) == (2, True, 7, "")
    assert front.canary == 2
    assert front.aliases() == {"candidate": 2, "canary": 2, "champion": 1, "pre-synthetic": 1}
    assert front.tag("heirloom.status") == "canary"
    assert front.say("status")["canary"]["version"] == 2
    assert not front.say("reconcile")["pointer"]
    assert front.canary == 2

    ended = front.say("canary", "end", "--reason", "sounds flat")
    assert (ended["ended"], ended["changed"], front.canary) == (True, True, None)
    assert front.aliases() == {"candidate": 2, "champion": 1, "pre-synthetic": 1}
    assert front.tag("heirloom.canary") == "taken off: sounds flat"
    assert [one["ended"] for one in front.say("history")["canaries"]] == ["sounds flat"]

    front.say("canary", "2")
    assert front.canary == 2
    front.say("freeze", "--reason", "look")
    assert (front.canary, "canary" in front.aliases()) == (None, False)
    assert front.say("canary", "2", code=3)["kind"] == "RefusedError"
    front.say("unfreeze")
    front.say("canary", "2")
    assert front.say("promote", "2")["changed"]
    assert front.aliases()["champion"] == 2
    assert "canary" not in front.aliases()
    assert "canary" not in json.loads(front.shop.workspace.serving_pointer.read_text())
