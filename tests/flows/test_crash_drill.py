"""The crash drill itself: it founds a line, finds where to kill, and says so where recovery is skipped or the registry is tampered with."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from flows.crash import PROMOTE, Act, Asked, Drill, found_line
from flows.crash_line import Ended, Ground
from governance.drills.crash import Kill, kills_at_random
from governance.errors import UsageError


class Forgetful(Ground):
    """A ground on which nobody recovers anything, and no command is run a second time."""

    def run(self, line: Path, *words: str, kill_at: str = "", **rest) -> Ended:
        if not kill_at:
            return Ended(code=0, document={}, said="", seconds=0.0)
        return super().run(line, *words, kill_at=kill_at, **rest)


class Tampering(Ground):
    """A ground on which somebody moves the registry's champion after each recovery, and a file strays."""

    def run(self, line: Path, *words: str, **rest) -> Ended:
        ended = super().run(line, *words, **rest)
        if words == ("recover",):
            with closing(sqlite3.connect(line / ".heirloom" / "mlflow.sqlite")) as registry, registry:
                registry.execute("UPDATE registered_model_aliases SET version = 1 WHERE alias = 'champion'")
            (line.parent / "stray").touch()
        return ended


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ground, Sequence[Act]]:
    ground = Ground(root=tmp_path_factory.mktemp("crash"))
    return ground, found_line(ground, {PROMOTE})


def drill_on(founded: tuple[Ground, Sequence[Act]], kind: type[Ground] = Ground) -> Drill:
    ground, acts = founded
    return Drill(ground=kind(root=ground.root), acts={act.name: act for act in acts})


def test_what_cannot_be_drilled_is_said_before_anything_is_founded(tmp_path: Path) -> None:
    (tmp_path / "mine").touch()
    for asked, said in (({"acts": ("retire",)}, "no act"), ({"kills": -1}, "-1 kills"), ({"place": tmp_path}, "not an empty folder")):
        with pytest.raises(UsageError, match=said):
            Asked(**asked)


@pytest.mark.slow
def test_an_act_tells_its_steps_and_a_handful_of_random_kills_breaks_nothing(founded: tuple[Ground, Sequence[Act]]) -> None:
    drill = drill_on(founded)
    steps, seconds = drill.trace(drill.acts[PROMOTE])
    assert steps[0] == "promote.verified"
    assert {"promote.intended", "promote.pointer", "promote.committed"} < set(steps)
    done = [drill.suffer(kill) for kill in kills_at_random({PROMOTE: seconds}, 3, seed=11)]
    assert [one.broken for one in done] == [(), (), ()]
    assert not list(drill.ground.root.glob("cases/*")), "a case after which nothing is broken is removed"


@pytest.mark.slow
def test_a_recovery_that_is_skipped_is_reported_and_its_case_is_kept(founded: tuple[Ground, Sequence[Act]]) -> None:
    drill = drill_on(founded, Forgetful)
    found = drill.suffer(Kill(act=PROMOTE, step="promote.pointer"))
    assert found.died
    assert "a promotion to version 3 is still open" in {one.found for one in found.broken}
    assert "the registry shows version 3 as champion, the ledger says version 2" in {one.found for one in found.broken}
    assert list(drill.ground.root.glob("cases/*/line/policy.toml"))


@pytest.mark.slow
def test_a_registry_that_somebody_moved_and_a_stray_file_are_reported(founded: tuple[Ground, Sequence[Act]]) -> None:
    found = drill_on(founded, Tampering).suffer(Kill(act=PROMOTE, step="promote.champion"))
    assert {"I1", "I6"} <= {one.invariant for one in found.broken}
    assert "the registry shows version 1 as champion, the ledger says version 3" in {one.found for one in found.broken}


@pytest.mark.slow
def test_a_step_that_is_never_reached_proves_nothing_and_is_reported(founded: tuple[Ground, Sequence[Act]]) -> None:
    found = drill_on(founded).suffer(Kill(act=PROMOTE, step="promote.nowhere"))
    assert not found.died
    assert "never came to promote.nowhere" in found.broken[0].found
