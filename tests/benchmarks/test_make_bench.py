"""`make bench` runs to its end, whatever one of its benchmarks does."""

import sys
from importlib.util import find_spec

import pytest

from benchmarks.__main__ import ALL, ON_THE_CORPUS, SIZE, SIZES, Run, in_turn, main, runs


def said(*words: str) -> Run:
    return Run(title=" ".join(words), command=(sys.executable, "-c", *words))


def test_one_that_fails_says_so_and_does_not_stop_the_rest(capfd: pytest.CaptureFixture[str]) -> None:
    assert in_turn([said("raise SystemExit(3)"), said("print('still here')")]) == 1
    out = capfd.readouterr().out
    assert "== raise SystemExit(3) FAILED with status 3" in out
    assert "still here" in out
    assert [line.split()[2] for line in out.splitlines()[-2:]] == ["FAILED", "ran"]
    assert in_turn([said("print('alone')")]) == 0


@pytest.mark.parametrize("size", SIZES)
def test_every_benchmark_is_there_at_every_size(size: str) -> None:
    modules = {run.command[2] for run in runs(list(ALL), size)}
    assert modules >= {f"benchmarks.{name}" for name in ALL}
    assert all(find_spec(module) for module in (*modules, *(f"benchmarks.{name}" for name in ON_THE_CORPUS)))


def test_a_name_or_size_that_is_none_is_a_usage_error(monkeypatch: pytest.MonkeyPatch) -> None:
    assert main(["rows", "nothing"]) == 2
    monkeypatch.setenv(SIZE, "huge")
    assert main([]) == 2
