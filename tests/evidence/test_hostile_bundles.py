"""A bundle that wants to leave its folder, fill the memory or say two things at once is refused by name, and nothing of it is written."""

import json
import stat
import zipfile
from pathlib import Path

import pytest

from governance.adapters.evidence import verify
from tests.evidence.forgery import packed

ABOUT = {"schema": "heirloom/evidence/1", "model": "student", "version": 1, "ledger": {"seq": 0, "head": verify.GENESIS}, "files": {}}


def why_refused(path: Path) -> str:
    """The one answer, a FAIL that says why; the program ends with 4."""
    checks = verify.verify(path)
    assert [(check.name, check.outcome) for check in checks] == [("bundle", "FAIL")]
    assert verify.main([str(path)]) == 4
    return checks[0].says


def with_member(path: Path, name: str, content: bytes = b"x", **changes: object) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bundle.json", json.dumps(ABOUT))
        one = zipfile.ZipInfo(name)
        one.compress_type = zipfile.ZIP_DEFLATED
        for key, value in changes.items():
            setattr(one, key, value)
        archive.writestr(one, content)
    return path


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/passwd", "a/../../b", "..", "a\\b", "C:evil", "a//b", ".hidden", "dir/", "a/./b", "\x1b[2J", "é", "x" * 300]
)
def test_a_name_that_leads_out_of_the_bundle_is_refused(tmp_path: Path, name: str):
    assert "is no name of a file inside of a bundle" in why_refused(with_member(tmp_path / "e.zip", name))
    assert [path.name for path in tmp_path.iterdir()] == ["e.zip"]


def test_a_name_that_stands_twice_is_refused_also_in_another_case(tmp_path: Path):
    with pytest.warns(UserWarning, match="Duplicate name"):
        path = with_member(tmp_path / "1.zip", "bundle.json")
    assert "stands in it twice" in why_refused(path)
    assert "stands in it twice" in why_refused(with_member(tmp_path / "2.zip", "BUNDLE.json"))


def test_a_link_is_refused(tmp_path: Path):
    assert "is no plain file" in why_refused(with_member(tmp_path / "e.zip", "link", external_attr=(stat.S_IFLNK | 0o777) << 16))


def test_a_member_that_unpacks_to_more_than_a_document_may_have_is_refused_unread(tmp_path: Path):
    path = with_member(tmp_path / "e.zip", "documents/mix.json", bytes(verify.LARGEST_DOCUMENT + 1))
    assert path.stat().st_size < 100_000
    assert "more than 67,108,864" in why_refused(path)


def test_a_member_that_lies_about_its_size_is_refused(tmp_path: Path):
    path = with_member(tmp_path / "e.zip", "ledger.jsonl", b'{"a":1}\n' * 4000)
    content = path.read_bytes()
    true, told = (32_000).to_bytes(4, "little"), (8).to_bytes(4, "little")
    assert content.count(true) == 2
    path.write_bytes(content.replace(true, told))
    assert "ledger.jsonl cannot be read" in why_refused(path)


def test_too_many_members_are_refused(tmp_path: Path):
    names = {f"f{n}": b"" for n in range(verify.MOST_FILES + 1)}
    assert "holds more than 500 files" in why_refused(packed(tmp_path / "e.zip", names))


def test_a_line_without_an_end_does_not_fill_the_memory(tmp_path: Path):
    path = with_member(tmp_path / "e.zip", "ledger.jsonl", b" " * (verify.LONGEST_LINE + (2 << 20)))
    assert "a line of more than 16,777,216 bytes" in why_refused(path)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b'{"schema":"heirloom/mix/1","schema":"heirloom/mix/1"}', "the key schema stands twice"),
        (b'{"schema":"heirloom/mix/1","a":NaN}', "NaN is no number"),
        (b'{"schema":"heirloom/mix/1"', "is not JSON that can be trusted"),
        (b'{"schema":"heirloom/mix/2"}', "is not of the schema heirloom/mix/1"),
        (b"[" * 100_000, "is not JSON that can be trusted"),
        (b"\xff\xfe", "codec can't decode"),
    ],
)
def test_json_that_two_readers_would_read_differently_is_refused(tmp_path: Path, content: bytes, words: str):
    assert words in why_refused(with_member(tmp_path / "e.zip", "documents/mix.json", content))


@pytest.mark.parametrize("content", [b"", b"not a zip", b"PK\x05\x06" + bytes(18)])
def test_what_is_no_bundle_is_refused(tmp_path: Path, content: bytes):
    path = tmp_path / "e.zip"
    path.write_bytes(content)
    assert "is refused" in why_refused(path)


def test_a_cut_zip_is_refused(tmp_path: Path):
    whole = with_member(tmp_path / "e.zip", "ledger.jsonl", b"{}\n" * 1000).read_bytes()
    for end in range(0, len(whole), 37):
        (tmp_path / "cut.zip").write_bytes(whole[:end])
        assert [check.outcome for check in verify.verify(tmp_path / "cut.zip")] == ["FAIL"], end


def test_a_ledger_of_anything_fails_and_raises_nothing(tmp_path: Path):
    for line in (b"1\n", b"[]\n", b'{"kind":1}\n', b'{"kind":"candidate.registered","body":{"version":1},"seq":"one"}\n'):
        checks = verify.verify(with_member(tmp_path / "e.zip", "ledger.jsonl", line))
        assert {"ledger", "registration"} <= {check.name for check in checks}
        assert any(check.outcome == verify.FAIL for check in checks)
