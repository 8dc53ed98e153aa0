"""Where the draft of a hybrid is looked for, and when it is not known."""

from typing import Any

import pytest

from governance.ports.rows import rows_frame
from governance.provenance.drafts import Drafts

HUMAN = {"row_id": "original", "text": "what a person wrote", "origin": "human"}
DRAFT = {"row_id": "draft", "text": "what a model wrote", "origin": "model", "generator": "writer"}
EDIT = {"row_id": "edit", "text": "what was edited", "origin": "hybrid", "generator": "writer", "parent_ids": ["draft", "original"]}
AGAIN = {"row_id": "again", "text": "what was edited again", "origin": "hybrid", "generator": "writer", "parent_ids": ["edit"]}


def drafts(*rows: dict[str, Any]) -> dict[str, tuple[str, str, str | None]]:
    found = Drafts.of(rows_frame(list(rows), "x")).rows
    return {row_id: rest for row_id, *rest in found.select("row_id", "draft", "original", "fault").iter_rows()}  # type: ignore[misc]


def test_a_draft_and_an_original_are_found_among_the_parents() -> None:
    assert drafts(HUMAN, DRAFT, EDIT) == {"edit": ["what a model wrote", "what a person wrote", None]}


def test_a_chain_of_edits_does_not_hide_the_first_draft() -> None:
    draft, original, fault = drafts(HUMAN, DRAFT, EDIT, AGAIN)["again"]
    assert (draft.split("\n"), original, fault) == (["what a model wrote", "what was edited"], "what a person wrote", None)


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ([EDIT], "draft-missing"),
        ([HUMAN, EDIT], "draft-missing"),
        ([DRAFT, EDIT], "draft-missing"),
        ([HUMAN, {**EDIT, "parent_ids": ["original"]}], "no-draft"),
        ([{**EDIT, "parent_ids": []}], "no-draft"),
        ([HUMAN, {**DRAFT, "generator": "somebody"}, EDIT], "other-generator"),
    ],
)
def test_a_lost_link_or_anothers_text_is_no_draft(rows: list[dict[str, Any]], fault: str) -> None:
    assert drafts(*rows)["edit"][2] == fault


def test_a_link_lost_further_back_counts_too() -> None:
    assert drafts(DRAFT, EDIT, AGAIN)["again"][2] == "draft-missing"


def test_rows_without_hybrids_have_no_drafts() -> None:
    assert drafts(HUMAN, DRAFT) == {}
