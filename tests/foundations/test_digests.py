"""Names of content: canonical, complete, and written whole or not at all."""

from pathlib import Path

import pytest
import rfc8785
from hypothesis import example, given
from hypothesis import strategies as st

from governance.digest import Manifest, canonical_bytes, digest_document, read_document, write_bytes, write_document
from governance.errors import IntegrityError, UsageError, shown

documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(documents)
def test_a_document_has_one_name_whatever_the_order_of_its_keys(document: object):
    backwards = dict(reversed(document.items())) if isinstance(document, dict) else document
    assert digest_document(document) == digest_document(backwards)


def test_the_canonical_bytes_are_those_of_rfc_8785():
    assert canonical_bytes({"b": 1e21, "a": [1.0, "\u20ac", None]}) == '{"a":[1,"\u20ac",null],"b":1e+21}'.encode()


anything = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.tuples(inner) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@example(2**53 - 1)
@example(-(2**53))
@example([2**53])
@example({"b": {"a": 2**60}})
@given(anything | st.text(st.characters(), max_size=3))
def test_the_short_way_to_canonical_bytes_leads_where_the_reference_does(document: object):
    try:
        wanted = rfc8785.dumps(document)  # type: ignore[arg-type]
    except ValueError:
        with pytest.raises(ValueError):  # noqa: PT011 - whatever it is called: both refuse it
            canonical_bytes(document)
    else:
        assert canonical_bytes(document) == wanted


@pytest.mark.parametrize("text", ["\ud800", "a\udfff", "\x7f\x00\x1f\u2028", '\b\f\n\r\t"\\/', "\U0001f600", "\ufb33"])
def test_a_text_is_escaped_as_the_reference_does_and_half_a_character_is_refused(text: str):
    for document in (text, {text: 1}, {"a": text, "\ufb33": 1, "\U0001f600": 2}):
        try:
            wanted = rfc8785.dumps(document)
        except ValueError:
            with pytest.raises(ValueError):  # noqa: PT011
                canonical_bytes(document)
        else:
            assert canonical_bytes(document) == wanted


def folder(root: Path) -> Path:
    (root / "inner").mkdir(parents=True)
    (root / "a.txt").write_text("a")
    (root / "inner" / "b.txt").write_text("b")
    return root


def test_a_manifest_comes_back_from_its_document_and_names_what_differs(tmp_path: Path):
    root = folder(tmp_path / "model")
    manifest = Manifest.of(root)
    assert Manifest.from_document(manifest.document()) == manifest
    assert manifest.differences(root) == []
    (root / "a.txt").write_text("x")
    (root / "inner" / "b.txt").unlink()
    (root / "c.txt").write_text("c")
    said = " ".join(manifest.differences(root))
    assert "inner/b.txt is missing" in said
    assert "c.txt is extra" in said
    assert "a.txt is " in said


def test_a_link_is_no_content(tmp_path: Path):
    root = folder(tmp_path / "model")
    (root / "link").symlink_to(root / "a.txt")
    with pytest.raises(IntegrityError, match="symbolic link"):
        Manifest.of(root)


def test_a_write_that_fails_leaves_the_old_bytes_and_no_rest(tmp_path: Path):
    path = tmp_path / "folder" / "kept.json"
    write_document(path, {"a": 1})
    with pytest.raises(TypeError):
        write_bytes(path, "no bytes")  # type: ignore[arg-type]
    assert read_document(path) == {"a": 1}
    assert [p.name for p in path.parent.iterdir()] == ["kept.json"]


@pytest.mark.parametrize("content", [b"", b"[1]", b"{", b"\xff"])
def test_what_is_no_json_object_is_named_by_its_path(tmp_path: Path, content: bytes):
    (tmp_path / "x.json").write_bytes(content)
    with pytest.raises(IntegrityError, match=r"x\.json"):
        read_document(tmp_path / "x.json")


def test_an_error_shows_five_examples_and_counts_the_rest():
    error = UsageError("two columns", where="a.csv", expected="one", fix="drop one", examples=[str(n) for n in range(8)])
    assert str(error) == "a.csv: two columns\nexpected: one\nfor example: 0, 1, 2, 3, 4 (+3 more)\nfix: drop one"
    assert shown(["a"]) == "a"


def test_a_glance_sees_names_and_sizes_and_no_bytes(tmp_path: Path):
    (tmp_path / "a").write_text("one")
    (tmp_path / "b").write_text("two")
    manifest = Manifest.of(tmp_path)
    assert list(manifest.glance(tmp_path)) == []
    (tmp_path / "a").write_text("eno")
    assert list(manifest.glance(tmp_path)) == []
    assert manifest.differences(tmp_path)
    (tmp_path / "a").write_text("three")
    (tmp_path / "b").unlink()
    (tmp_path / "c").write_text("")
    assert list(manifest.glance(tmp_path)) == ["b is missing", "c is extra", "a has 5 bytes, recorded with 3"]
