from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.stdlib_texts import LONG_PIECE, SHORT_PIECE, cut, documents

WORDS = st.lists(st.text("abcdefgh ", min_size=1, max_size=60), min_size=1, max_size=12).map("\n".join)


@given(st.lists(WORDS, min_size=1, max_size=12).map("\n\n".join))
def test_cutting_a_text_loses_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(cut(text)).split()) == "".join(text.split())


@given(st.lists(st.text("abcdef", min_size=60, max_size=150), min_size=1, max_size=30).map("\n\n".join))
def test_pieces_of_ordinary_paragraphs_are_of_200_to_900_characters(text: str) -> None:
    pieces = cut(text)
    assert all(len(piece) <= LONG_PIECE for piece in pieces)
    assert len(pieces) == 1 or all(len(piece) >= SHORT_PIECE for piece in pieces)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    long = "It says what it does, at some length, so that the docstring is worth a row of its own in the corpus."
    (tmp_path / "site-packages").mkdir()
    (tmp_path / "json").mkdir()
    (tmp_path / "site-packages" / "foreign.py").write_text(f'"""{long}"""')
    (tmp_path / "json" / "__init__.py").write_text(
        f'"""{long}"""\nclass Reader:\n    """{long} Reader."""\n    def read(self):\n        """Short."""'
    )
    (tmp_path / "guarded.py").write_text(f'try:\n    import x\nexcept ImportError:\n    def spare():\n        """{long} Spare."""')
    (tmp_path / "template.py").write_text("def {{ name }}(:")
    return tmp_path


def test_docstrings_have_stable_ids_by_dotted_name_and_foreign_packages_are_left_out(folder: Path) -> None:
    found = {d.row_id: d for d in documents(folder) if d.tier == "stdlib"}
    assert set(found) == {"py-json", "py-json.Reader", "py-guarded.spare"}
    assert found["py-json.Reader"].slice == "xml-and-records"
    assert found["py-json"].source_id == "py-json"


def test_the_language_reference_is_cut_and_every_piece_names_its_topic(folder: Path) -> None:
    reference = [d for d in documents(folder) if d.slice == "reference"]
    assert len(reference) > 500
    assert all(d.row_id.startswith(f"{d.source_id}-") for d in reference)
