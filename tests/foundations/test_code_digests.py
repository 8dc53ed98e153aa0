"""What a stage's code is: words about it do not count, and everything it imports does."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from governance.plugins import discover
from governance.stages.closure import closure, code_digest

OURS = ("plots",)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A package of ours in a folder of its own, importable by name."""
    root = tmp_path / "plots"
    root.mkdir()
    (root / "__init__.py").write_text("")
    (root / "one.py").write_text('"""Words."""\n\n\ndef f():\n    """More words."""\n    from plots import two\n\n    return two\n')
    (root / "two.py").write_text("X = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield root
    for name in [n for n in sys.modules if n.split(".")[0] == "plots"]:
        del sys.modules[name]


def digest() -> str:
    return code_digest(closure(["plots.one"], OURS))


def test_an_import_inside_a_function_counts(package: Path):
    assert closure(["plots.one"], OURS) == ("plots", "plots.one", "plots.two")


def test_comments_and_docstrings_do_not_count_and_code_does_wherever_it_is(package: Path):
    before = digest()
    one = package / "one.py"
    one.write_text("# why\n" + one.read_text().replace("More words", "Better words"))
    assert digest() == before
    (package / "two.py").write_text("X = 2\n")
    assert digest() != before


def test_a_module_that_does_not_exist_is_a_bug_that_is_named(package: Path):
    with pytest.raises(TypeError, match=r"plots\.nowhere"):
        closure(["plots.nowhere"], OURS)


def test_a_plug_in_without_its_constant_and_two_of_one_name_are_bugs(package: Path):
    (package / "one.py").write_text("from types import SimpleNamespace\nPLOT = SimpleNamespace(name='a')\n")
    with pytest.raises(TypeError, match=r"plots\.two defines no PLOT"):
        discover("plots", "PLOT")
    (package / "two.py").write_text("from types import SimpleNamespace\nPLOT = SimpleNamespace(name='a')\n")
    del sys.modules["plots.two"]
    with pytest.raises(TypeError, match="names a second PLOT 'a'"):
        discover("plots", "PLOT")
    (package / "two.py").write_text("from types import SimpleNamespace\nPLOT = SimpleNamespace(name='A')\n# longer\n")
    del sys.modules["plots.two"]
    assert list(discover("plots", "PLOT")) == ["A", "a"]
