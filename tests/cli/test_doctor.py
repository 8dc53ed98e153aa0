"""`heirloom doctor` starts what it speaks of: a broken package, an altered shard, a policy override are each told by name."""

import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.checks.check import FAIL, OK, WARN, Check, broken, fine, tried, verdict
from governance.adapters.checks.programs import PROGRAMS, TRAPS, Bounds, check_program, check_telemetry, check_trap
from governance.errors import IntegrityError
from governance.ports.desk import SHARDS
from governance.ports.workspace import Workspace
from governance.release import kinds
from governance.wiring import open_shop

HEIRLOOM = str(Path(sys.executable).with_name("heirloom"))
FAILING_FASTAPI = "raise TypeError(\"Body() got an unexpected keyword argument 'min_items'\")\n"


def environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "MLFLOW_", "HEIRLOOM_"))}
    return {**kept, **more}


def heirloom(*tokens, **more):
    done = subprocess.run([HEIRLOOM, *tokens, "--json"], capture_output=True, text=True, env=environment(**more), check=False)
    assert done.stdout, done.stderr
    return done.returncode, json.loads(done.stdout)


def checks_of(answer):
    return {check["name"]: check for check in answer["checks"]}


@pytest.fixture
def workspace(tmp_path):
    assert heirloom("init", str(tmp_path / "shop"))[0] == 0
    return tmp_path / "shop"


def in_front(folder, package, version, code):
    """A package directory that this interpreter finds before the installed one: what a careless upgrade leaves behind."""
    (folder / package).mkdir(parents=True)
    (folder / package / "__init__.py").write_text(f'__version__ = "{version}"\n{code}')
    told = folder / f"{package}-{version}.dist-info"
    told.mkdir()
    (told / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: {version}\n")
    return os.pathsep.join([str(folder), *filter(None, [os.environ.get("PYTHONPATH")])])


@pytest.mark.slow
def test_a_fresh_workspace_has_nothing_wrong(workspace):
    code, answer = heirloom("doctor", "--workspace", str(workspace))
    assert [c for c in answer["checks"] if c["level"] == FAIL] == []
    assert (code, answer["code"], answer["schema"]) == (0, 0, "heirloom/doctor/1")
    assert checks_of(answer)["telemetry"]["said"] == "5 of 5 switched off"
    assert checks_of(answer)["ledger"]["said"] == "empty: nothing was decided yet"


@pytest.mark.slow
def test_a_fastapi_that_breaks_the_prefect_server_is_caught_before_the_next_scheduled_run(workspace, tmp_path):
    path = in_front(tmp_path / "upgrade", "fastapi", "0.165.0", FAILING_FASTAPI)
    code, answer = heirloom("doctor", "--workspace", str(workspace), PYTHONPATH=path)
    seen = checks_of(answer)
    assert code == 6
    assert seen["fastapi version"]["said"].startswith("0.165.0 is not <0.151")
    assert "unexpected keyword argument 'min_items'" in seen["prefect server"]["said"]
    assert "fastapi<0.151" in seen["prefect server"]["fix"]
    assert "prefect server ended at once" in seen["schedule"]["said"]
    assert "fastapi<0.151" in seen["schedule"]["fix"]


def pinned(workspace):
    """Shards and their pins, as the first retraining leaves them."""
    shop = open_shop(workspace, actor="ann")
    digests = {}
    for name, place in SHARDS.items():
        (workspace / place).parent.mkdir(exist_ok=True)
        (workspace / place).write_bytes(f"rows of {name}".encode())
        digests[name] = digest(workspace / place)
    shop.ledger.record(kinds.WORKSPACE_CREATED, {"model": shop.policy.line.model, "environment": shop.policy.line.environment})
    shop.ledger.record(kinds.SHARDS_PINNED, digests)
    return shop


def digest(path):
    from governance.digest import digest_file

    return digest_file(path)


def proved(workspace):
    from flows.health import prove

    return {check.name: check for check in prove(open_shop(workspace, actor="ann"))}


def test_shards_as_pinned_are_true(workspace):
    pinned(workspace)
    assert {check.level for check in proved(workspace).values()} == {OK}


@pytest.mark.parametrize("name", list(SHARDS))
def test_an_altered_shard_is_named_and_is_a_matter_of_bytes(workspace, name):
    pinned(workspace)
    with (workspace / SHARDS[name]).open("ab") as stream:
        stream.write(b".")
    found = proved(workspace)["shards"]
    assert (found.level, found.code) == (FAIL, 4)
    assert SHARDS[name] in found.said
    assert "dvc checkout" in found.fix


@pytest.mark.slow
def test_an_altered_shard_is_exit_4_of_the_command(workspace):
    pinned(workspace)
    (workspace / SHARDS["tail"]).write_bytes(b"other rows")
    code, answer = heirloom("doctor", "--workspace", str(workspace))
    assert code == 4
    assert "shards/tail.parquet" in checks_of(answer)["shards"]["said"]


@pytest.mark.slow
def test_a_variable_that_would_change_the_policy_is_exit_2(workspace):
    code, answer = heirloom("doctor", "--workspace", str(workspace), HEIRLOOM_POLICY__MIXING__SYNTHETIC_CAP_PERCENT="90")
    assert code == 2
    assert "HEIRLOOM_POLICY__MIXING__SYNTHETIC_CAP_PERCENT" in checks_of(answer)["overrides"]["said"]


def test_a_package_that_does_not_import_is_told_and_not_fatal(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", in_front(tmp_path, "pandera", "9.9", "import no_such_module_of_pandera\n"))
    program = next(p for p in PROGRAMS if p.name == "pandera")
    found = check_program(program)
    assert found.level == FAIL
    assert "no_such_module_of_pandera" in found.said


def test_a_program_whose_telemetry_is_on_is_told():
    program = dataclasses.replace(next(p for p in PROGRAMS if p.name == "dvc"), modules="json", silent="False")
    found = check_program(program)
    assert (found.level, found.fix != "") == (WARN, True)
    rest = [fine(p.name, "imports") for p in PROGRAMS if p.name != "dvc"]
    assert check_telemetry([*rest, found]).said == "4 of 5 switched off: not dvc"


def test_the_installed_versions_are_within_the_known_bounds():
    assert [check_trap(bounds).level for bounds in TRAPS] == [OK] * len(TRAPS)


def test_a_package_that_is_not_installed_is_told():
    assert check_trap(Bounds(package="no-such-package-anywhere", why="")).said == "is not installed"


@given(least=st.tuples(st.integers(0, 5), st.integers(0, 5)), found=st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(0, 5)))
def test_bounds_include_the_least_and_exclude_the_upper(least, found):
    bounds = Bounds(package="x", least=least, below=(least[0] + 1,), why="")
    assert bounds.permits(least)
    assert not bounds.permits((least[0] + 1,))
    assert bounds.permits(found) == (least <= found < (least[0] + 1,))


@given(st.lists(st.sampled_from([2, 4, 6])))
def test_wrong_bytes_speak_before_broken_tools_and_those_before_wrong_settings(codes):
    checks = [broken("x", "wrong", code=code) for code in codes] + [fine("y", "right")]
    expected = next((code for code in (4, 6, 2) if code in codes), 0)
    assert verdict(checks) == expected


def test_a_check_that_raises_is_a_failed_check():
    def wrong() -> Check:
        raise IntegrityError("is altered", where="shards/tail.parquet", fix="bring it back")

    def dies() -> Check:
        raise ZeroDivisionError("division\nby zero")

    assert tried("a", wrong).document() == {
        "name": "a",
        "level": FAIL,
        "said": "shards/tail.parquet: is altered",
        "fix": "bring it back",
        "code": 4,
    }
    assert tried("b", dies).said == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize("wrong", [{"level": "bad"}, {"level": FAIL}, {"level": OK, "code": 4}])
def test_an_impossible_check_cannot_be_made(wrong):
    with pytest.raises(ValueError, match=r"level:|code:"):
        Check(name="x", said="y", **wrong)


def test_a_folder_that_is_no_workspace_is_a_usage_error(tmp_path):
    assert heirloom("doctor", "--workspace", str(tmp_path))[0] == 2


def test_a_pipeline_that_was_edited_by_hand_is_a_matter_of_bytes(workspace):
    from governance.adapters.checks.places import check_pipeline

    place = Workspace(root=workspace)
    assert tried("pipeline", lambda: check_pipeline(place)).level == OK
    place.dvc_yaml.write_text(place.dvc_yaml.read_text() + "# edited\n")
    assert tried("pipeline", lambda: check_pipeline(place)).code == 4


def test_a_remote_that_hands_out_bytes_unchecked_is_told(workspace):
    from governance.adapters.checks.places import check_dvc

    place = Workspace(root=workspace)
    assert check_dvc(place).level == OK
    config = workspace / ".dvc" / "config"
    config.write_text(config.read_text().replace("verify = true", "verify = false"))
    found = check_dvc(place)
    assert (found.code, "verify true" in found.fix) == (4, True)


def test_a_missing_remote_is_told(workspace):
    from governance.adapters.checks.places import check_dvc

    (workspace / ".dvc" / "remote").rmdir()
    assert "is missing" in check_dvc(Workspace(root=workspace)).said


def test_who_holds_the_workspace_is_a_warning(workspace):
    from governance.adapters.checks.places import check_lock
    from governance.ports.clock import SystemClock

    held = (
        "import sys; from pathlib import Path; from governance.adapters.lock import hold; from governance.ports.clock import SystemClock\n"
        "with hold(Path(sys.argv[1]), 'retrain', SystemClock()):\n    print('held', flush=True); sys.stdin.read()"
    )
    place = Workspace(root=workspace)
    assert check_lock(place, SystemClock()).level == OK
    with subprocess.Popen(
        [sys.executable, "-c", held, str(place.lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        holder.stdout.readline()
        found = check_lock(place, SystemClock())
        holder.stdin.close()
    assert (found.level, f"process {holder.pid}" in found.said) == (WARN, True)
