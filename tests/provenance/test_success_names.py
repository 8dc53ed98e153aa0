"""A column that nobody mapped is named where it sounds like the success of a text, in every format, and never for what it holds."""

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cli.commands.plan import success_lines
from governance.adapters.batch.door import FileBatchDoor
from governance.provenance.mapping import ColumnMapping
from governance.provenance.rules import ProvenanceRules
from governance.provenance.success_names import SUCCESS_WORDS, first_names, tells_success, unmapped_success

ROWS = [
    {"row_id": "h", "text": "People wrote this.", "origin": "human", "engagementScore": 0.2, "scoreboard": "x", "ctr": None},
    {"row_id": "i", "text": "People wrote that.", "origin": "human", "engagementScore": 0.9, "scoreboard": "x", "ctr": 0.1},
]


def audit(folder: Path, ending: str, mapping: dict[str, Any]) -> dict[str, Any]:
    path = folder / f"batch{ending}"
    frame = pl.DataFrame(ROWS)
    if ending == ".jsonl":
        path.write_text("\n".join(json.dumps({key: value for key, value in row.items() if value is not None}) for row in ROWS))
    else:
        (frame.write_parquet if ending == ".parquet" else frame.write_csv)(path)
    door = FileBatchDoor(expect=lambda audit, outline: [])
    return door.admit([path], mapping, ProvenanceRules(), folder / "admitted.parquet", folder / "q.jsonl")


@pytest.mark.parametrize("ending", [".parquet", ".jsonl", ".csv"])
def test_every_reader_names_such_columns_until_one_is_mapped(tmp_path: Path, ending: str):
    found = audit(tmp_path, ending, {})
    assert found["unmapped_success"] == ["ctr", "engagementScore"]
    (said,) = success_lines(found)
    assert said.startswith(" Look at: columns sound like how well a text did, and no field is mapped to it: ctr, engagementScore.")
    mapping = {"row_id": "row_id", "text": "text", "origin": "origin", "success": ["ctr", "engagementScore"]}
    assert audit(tmp_path, ending, mapping)["unmapped_success"] == []
    assert success_lines({"unmapped_success": []}) == []


@pytest.mark.parametrize(
    ("name", "tells"),
    [
        *(
            (word, True)
            for word in ("clicks", "CTR", "reward_model", "openRate", "open-rate", "sample weight", "score2", "\uff2cikes", "win_rate")
        ),
        *(
            (word, False)
            for word in ("description", "scoreboard", "reviewer", "headline", "rate", "open", "clickbait", "likely", "", "日付")
        ),
    ],
)
def test_a_name_is_judged_by_its_words(name: str, tells: bool):
    assert tells_success(name) is tells


def test_a_column_called_success_says_nothing_until_it_is_mapped_and_is_then_read():
    named = {"row_id": "id", "text": "t", "origin": "o"}
    assert unmapped_success(["success", "id"], ColumnMapping.from_document(named)) == ("success",)
    assert unmapped_success(["success", "id"], ColumnMapping.from_document({**named, "success": "success"})) == ()


@given(st.lists(st.tuples(st.sampled_from(sorted(SUCCESS_WORDS)), st.text(max_size=80))), st.randoms())
def test_few_names_are_kept_of_any_number_and_the_same_in_any_order(parts: list[tuple[str, str]], random: Any):
    names = [f"{word}_{rest}" for word, rest in parts]
    kept = first_names(names)
    random.shuffle(names)
    half = len(names) // 2
    assert first_names((*first_names(names[:half]), *first_names(names[half:]))) == kept
    assert len(kept) <= 20
    assert all(len(name) <= 40 for name in kept)
