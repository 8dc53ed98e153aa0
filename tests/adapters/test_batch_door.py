import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.adapters.batch.door import FileBatchDoor, read_rows
from governance.adapters.batch.quarantine import FIXES
from governance.adapters.batch.signatures import SIGNATURES
from governance.errors import BatchError, IntegrityError
from governance.provenance.audit import ProvenanceAudit
from governance.provenance.outline import BatchOutline
from governance.provenance.row import ADMITTED_SCHEMA
from governance.provenance.rules import ProvenanceRules
from schemas.rows import breaches

HUMAN = {"row_id": "h", "text": "People wrote this.", "origin": "human", "slice": "news"}
MODEL = {"row_id": "m", "text": "A model wrote this.", "origin": "model", "generator": "g", "parent_ids": ["h"]}


def nothing_expected(audit: ProvenanceAudit, outline: BatchOutline) -> Sequence[Mapping[str, Any]]:
    return [{"name": "counted", "success": True, "observed": audit.admitted}]


DOOR = FileBatchDoor(expect=nothing_expected)


class Desk:
    """A folder to admit batches into, and what came out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.admitted = folder / "admitted.parquet"
        self.quarantine = folder / "quarantine.jsonl"

    def file(self, name: str, content: bytes | str | Sequence[Mapping[str, Any]]) -> Path:
        if not isinstance(content, bytes | str):
            content = "\n".join(json.dumps(record) for record in content)
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def admit(self, *files: Path, mapping: Mapping[str, Any] | None = None, rules: ProvenanceRules | None = None) -> dict[str, Any]:
        return DOOR.admit(files, mapping or {}, rules or ProvenanceRules(), self.admitted, self.quarantine)

    def refused(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.quarantine.read_text().splitlines()]

    def rules(self) -> list[str]:
        return [record["_heirloom"]["rule"] for record in self.refused()]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_batch_of_three_formats_is_admitted_in_the_row_schema_and_counted(desk: Desk) -> None:
    pl.DataFrame([MODEL | {"row_id": "p"}]).write_parquet(desk.folder / "c.parquet")
    files = [
        desk.folder / "c.parquet",
        desk.file("b.csv", "row_id,text,origin,generator,generator_version\nc,Comma separated.,hybrid,g,2\n"),
        desk.file("a.jsonl", [HUMAN, MODEL, MODEL | {"row_id": "x", "generator": None}]),
    ]
    audit = desk.admit(*files)
    rows = pl.read_parquet(desk.admitted)
    assert rows.schema == ADMITTED_SCHEMA
    assert breaches(rows) == ()
    assert rows.select("row_id", "source_file", "line").rows() == [
        ("h", "a.jsonl", 1),
        ("m", "a.jsonl", 2),
        ("c", "b.csv", 2),
        ("p", "c.parquet", 1),
    ]
    assert audit == {
        "schema": "heirloom/audit/1",
        "rows_in": 5,
        "admitted": 4,
        "quarantined": 1,
        "by_rule": {"missing-generator": 1},
        "by_origin": {"human": 1, "hybrid": 1, "model": 2},
        "by_slice": {"news": {"human": 1}, "none": {"hybrid": 1, "model": 2}},
        "unknown_generator_version": 2,
        "unknown_vintage": 4,
        "unknown_parents": 0,
        "returned_nearer_to_human": 0,
        "generators": {"g/2": 1, "g/unknown": 2},
        "renamed": {},
        "relabelled": {},
        "labellers": {},
        "alias_suggestions": {},
        "unmapped_success": [],
        "expectations": [{"name": "counted", "success": True, "observed": 4}],
    }


def test_a_refused_row_is_kept_as_it_came_with_its_place_its_rule_and_its_fix(desk: Desk) -> None:
    record = MODEL | {"generator": "", "score": 1.0, "nested": {"a": [None]}}
    desk.admit(desk.file("a.jsonl", [HUMAN, record]))
    assert desk.refused() == [
        record
        | {
            "_heirloom": {
                "file": "a.jsonl",
                "line": 2,
                "rule": "missing-generator",
                "found": "model without a generator",
                "fix": FIXES["missing-generator"],
            }
        }
    ]


def test_a_mended_quarantine_is_admitted_whatever_format_the_rows_came_in(desk: Desk) -> None:
    mapping = {"row_id": "id", "text": "text", "origin": "by", "generator": "generator", "parent_ids": "parents"}
    pl.DataFrame({"id": [7], "text": ["t"], "by": ["model"], "generator": [None], "parents": [["z"]]}).write_parquet(
        desk.folder / "c.parquet"
    )
    files = [
        desk.folder / "c.parquet",
        desk.file("b.csv", 'id,text,by,generator,parents\n8,"two\nlines",model,,q\n'),
        desk.file("a.jsonl", [{"id": 9, "text": "t", "by": "model"}]),
    ]
    assert desk.admit(*files, mapping=mapping)["quarantined"] == 3
    mended = desk.file("mended.jsonl", [record | {"generator": "g"} for record in desk.refused()])
    audit = desk.admit(mended, mapping=mapping)
    assert (audit["admitted"], audit["quarantined"]) == (3, 0)
    rows = pl.read_parquet(desk.admitted)
    assert rows.select("row_id", "text", "parent_ids").rows() == [("9", "t", []), ("8", "two\nlines", ["q"]), ("7", "t", ["z"])]


def test_an_unmended_quarantine_comes_back_as_it_is(desk: Desk) -> None:
    desk.admit(desk.file("a.jsonl", b'{"row_id": "a", "row_id": "b"}\n{"row_id": "c"}\n\xff\n'))
    first = desk.refused()
    desk.admit(desk.file("again.jsonl", desk.quarantine.read_bytes()))
    assert desk.rules() == ["duplicate-key", "empty-text", "not-mended"]
    assert desk.refused()[1] | {"_heirloom": 0} == first[1] | {"_heirloom": 0}
    assert "bytes 47+1 of 'a.jsonl'" in desk.refused()[2]["_heirloom"]["found"]


def test_rules_of_the_batch_reach_over_files(desk: Desk) -> None:
    one = desk.file("a.jsonl", [MODEL | {"row_id": "a", "parent_ids": ["b"]}, HUMAN])
    other = desk.file("b.jsonl", [MODEL | {"row_id": "b", "parent_ids": ["a"]}, HUMAN, HUMAN | {"row_id": "k", "parent_ids": ["a"]}])
    audit = desk.admit(one, other)
    assert audit["by_rule"] == {"cyclic-parents": 2, "human-from-model": 1, "repeated-row": 1}
    assert pl.read_parquet(desk.admitted)["row_id"].to_list() == ["h"]


def test_a_batch_of_refused_rows_alone_still_writes_both_files(desk: Desk) -> None:
    audit = desk.admit(desk.file("a.jsonl", "no json\n"))
    assert (audit["admitted"], audit["by_rule"]) == (0, {"not-json": 1})
    assert pl.read_parquet(desk.admitted).schema == ADMITTED_SCHEMA
    assert {path.name for path in desk.folder.iterdir()} == {"a.jsonl", "admitted.parquet", "quarantine.jsonl"}


def test_the_order_of_the_files_makes_no_difference(desk: Desk) -> None:
    files = [desk.file("b.jsonl", [HUMAN]), desk.file("a.jsonl", [MODEL, HUMAN])]
    first = (desk.admit(*files), desk.admitted.read_bytes(), desk.quarantine.read_bytes())
    assert (desk.admit(*reversed(files)), desk.admitted.read_bytes(), desk.quarantine.read_bytes()) == first


def test_no_text_reaches_the_audit_or_the_words_of_a_refusal(desk: Desk) -> None:
    audit = desk.admit(desk.file("a.jsonl", [{**MODEL, "text": "SECRET", "generator": None}, {**HUMAN, "text": "SECRET\0"}]))
    assert "SECRET" not in json.dumps([audit, [record["_heirloom"] for record in desk.refused()]])


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", b"", "the batch holds no row"),
        ("a.jsonl", b"\n \n", "the batch holds no row"),
        ("a.csv", b"row_id,text,origin\n", "the batch holds no row"),
        ("a.pkl", b"\x80\x04.", "may be a pickle"),
        ("a.parquet", b"{}", "is no Parquet, its name says it is"),
        ("a.jsonl", b"PAR1....", "is Parquet, its name says otherwise"),
    ],
)
def test_a_batch_that_cannot_be_read_at_all_is_one_error_and_writes_nothing(desk: Desk, name: str, content: bytes, said: str) -> None:
    with pytest.raises(BatchError, match=said):
        desk.admit(desk.file(name, content))
    assert not desk.admitted.exists()
    assert not desk.quarantine.exists()


def test_links_missing_files_folders_and_twins_are_refused(desk: Desk) -> None:
    real = desk.file("a.jsonl", [HUMAN])
    (desk.folder / "link.jsonl").symlink_to(real)
    (desk.folder / "folder.jsonl").mkdir()
    twin = Desk(desk.folder / "folder.jsonl").file("a.jsonl", [HUMAN])
    for files, said in [
        ([], "holds no file"),
        ([desk.folder / "link.jsonl"], "symbolic link"),
        ([desk.folder / "gone.jsonl"], "is missing"),
        ([desk.folder / "folder.jsonl"], "is no file"),
        ([real, twin], "one name"),
        ([desk.file("a\u202eb.jsonl", [HUMAN])], "characters that do not show"),
    ]:
        with pytest.raises(BatchError, match=said):
            desk.admit(*files)


def test_a_file_that_changes_between_the_two_readings_stops_the_stage(desk: Desk) -> None:
    class Changing(type(desk.folder)):  # type: ignore[misc]
        def open(self, *arguments: Any, **named: Any) -> Any:
            if (desk.folder / ".admitted.parquet.partial").exists():
                desk.file("a.jsonl", [HUMAN | {"text": "Other."}])
            return super().open(*arguments, **named)

    with pytest.raises(IntegrityError, match="changed while it was read"):
        desk.admit(Changing(desk.file("a.jsonl", [HUMAN])))
    assert not desk.admitted.exists()


RECORD = st.fixed_dictionaries(
    {},
    optional={
        "row_id": st.sampled_from(["a", "b", "c", "", None, 7]),
        "text": st.text(max_size=5) | st.none(),
        "origin": st.sampled_from(["human", "model", "hybrid", "exposed", "weak", "unknown", "AI", None]),
        "generator": st.sampled_from([None, "g"]),
        "parent_ids": st.lists(st.sampled_from(["a", "b", "c"]), max_size=2),
        "vintage": st.sampled_from([None, "2020-01-01", "soon", "9999"]),
    },
)
LINE = RECORD.map(json.dumps).map(str.encode) | st.binary(max_size=12).map(lambda b: b.replace(b"\n", b" "))


@given(lines=st.lists(LINE, min_size=1, max_size=12))
def test_every_row_is_admitted_or_quarantined_and_never_both_or_neither(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    desk = Desk(tmp_path_factory.mktemp("law"))
    written = {n for n, line in enumerate(lines, start=1) if line.removeprefix(b"\xef\xbb\xbf" if n == 1 else b"").strip()}
    if not written or lines[0].startswith((b"\xff\xfe", b"\xfe\xff", b"\x1f\x8b", b"PAR1", *SIGNATURES)):
        return
    audit = desk.admit(desk.file("a.jsonl", b"\n".join(lines)))
    admitted, refused = pl.read_parquet(desk.admitted), [record["_heirloom"]["line"] for record in desk.refused()]
    assert sorted([*admitted["line"], *refused]) == sorted(written)
    assert audit["rows_in"] == audit["admitted"] + audit["quarantined"] == len(written)
    assert (
        (audit["admitted"], audit["quarantined"])
        == (admitted.height, len(refused))
        == (sum(audit["by_origin"].values()), sum(audit["by_rule"].values()))
    )
    assert admitted["row_id"].n_unique() == admitted.height


def test_a_small_file_is_read_whole_or_refused_with_its_lines(desk: Desk) -> None:
    assert read_rows(desk.file("a.jsonl", [HUMAN, MODEL]), {})["row_id"].to_list() == ["h", "m"]
    with pytest.raises(BatchError, match="1 rows break a rule") as error:
        read_rows(desk.file("b.jsonl", [HUMAN, MODEL | {"generator": None}]), {})
    assert "line 2 missing-generator" in str(error.value)


SCORED = {name: name for name in ("row_id", "text", "origin", "generator", "generator_version")} | {"success": "score"}


@pytest.mark.parametrize("score", [0.93, True, 17, " 0.93 "])
def test_what_a_mapping_calls_success_comes_in_with_the_row_whatever_its_type(desk: Desk, score: object) -> None:
    as_lines = desk.file("a.jsonl", [HUMAN, MODEL | {"score": score}])
    scored = desk.folder / "b.parquet"
    pl.DataFrame([{name: MODEL.get(name) for name in SCORED if name != "success"} | {"row_id": "p", "score": score}]).write_parquet(scored)
    audit = desk.admit(as_lines, scored, mapping=SCORED)
    assert (audit["admitted"], audit["by_rule"]) == (3, {})
    said = str(score).strip()
    found = pl.read_parquet(desk.admitted).select("row_id", pl.col("success").str.to_lowercase())
    assert found.rows() == [("h", None), ("m", said.lower()), ("p", said.lower())]


def test_without_a_mapping_a_column_of_that_name_says_nothing(desk: Desk) -> None:
    desk.admit(desk.file("a.jsonl", [HUMAN, MODEL | {"success": 0.93}]))
    assert pl.read_parquet(desk.admitted)["success"].to_list() == [None, None]
