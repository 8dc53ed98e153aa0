"""A benchmark is pinned when a cycle first begins with it, and from then on it is those bytes and those columns or nothing."""

from pathlib import Path

import pytest

from flows.benchmarks import pinned_benchmarks, record_pins
from governance.errors import IntegrityError
from governance.ports.clock import SystemClock
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import Shop

SETTINGS = '[benchmarks.exam]\nfile = "exam.csv"\ncolumns = ["question"]\n'


def opened(root: Path, settings: str = SETTINGS) -> Shop:
    root.mkdir(exist_ok=True)
    (root / "policy.toml").write_text('[line]\nmodel = "student"\n')
    (root / "heirloom.toml").write_text(settings)
    return Shop(workspace=Workspace(root=root), clock=SystemClock(), actor="steward-a")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    found = opened(tmp_path / "line")
    (found.workspace.root / "exam.csv").write_text("question,answer\nwho was it,nobody\n")
    found.workspace.state.mkdir()
    record_pins(found, found.ledger.state(), pinned_benchmarks(found, found.ledger.state()))
    return found


def test_a_benchmark_is_pinned_once_with_its_digest_and_columns(shop: Shop):
    state = shop.ledger.state()
    record_pins(shop, state, pinned_benchmarks(shop, state))
    (event,) = [event for event in shop.ledger.events() if event.kind == kinds.BENCHMARK_PINNED]
    assert (event.body["name"], event.body["columns"]) == ("exam", ["question"])
    assert pinned_benchmarks(shop, state).texts.rows() == [("exam", 2, "who was it")]


def test_a_benchmark_that_moved_is_refused_and_the_ledger_hears_nothing(shop: Shop):
    (shop.workspace.root / "exam.csv").write_text("question,answer\nwho was it then,nobody\n")
    with pytest.raises(IntegrityError, match=r"exam\.csv: benchmark exam is [0-9a-f]{12}, pinned as [0-9a-f]{12}"):
        pinned_benchmarks(shop, shop.ledger.state())


def test_other_columns_of_the_same_file_are_another_benchmark(shop: Shop):
    changed = opened(shop.workspace.root, SETTINGS.replace("question", "answer"))
    with pytest.raises(IntegrityError, match="read by answer, pinned with question"):
        pinned_benchmarks(changed, changed.ledger.state())


def test_a_benchmark_that_the_settings_name_no_more_is_known_to_be_missing(shop: Shop):
    found = pinned_benchmarks(opened(shop.workspace.root, ""), shop.ledger.state())
    assert (found.texts.height, found.not_named) == (0, ("exam",))
