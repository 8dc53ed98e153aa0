"""Where a key may lie, and which one signs."""

from pathlib import Path

import pytest

from governance.errors import UsageError
from governance.ports.workspace import Workspace
from governance.wiring import SIGNING_KEY, Shop
from tests.world import TickingClock


def shop(root: Path, settings: str = "") -> Shop:
    root.mkdir()
    (root / "heirloom.toml").write_text(settings)
    return Shop(workspace=Workspace(root=root), clock=TickingClock(), actor="steward-a")


def test_nobody_signs_where_no_key_is_named(tmp_path: Path) -> None:
    assert shop(tmp_path / "line").signer is None


def test_the_environments_key_wins_over_that_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = shop(tmp_path / "line", f'[signing]\nkey = "{tmp_path / "shared"}"')
    assert getattr(found.signer, "key", None) == tmp_path / "shared"
    monkeypatch.setenv(SIGNING_KEY, str(tmp_path / "mine"))
    assert getattr(found.signer, "key", None) == tmp_path / "mine"


def test_a_key_that_would_travel_with_the_workspace_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SIGNING_KEY, str(tmp_path / "line" / ".heirloom" / "key"))
    with pytest.raises(UsageError, match="lies in the workspace"):
        _ = shop(tmp_path / "line").signer
