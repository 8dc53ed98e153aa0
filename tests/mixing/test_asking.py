from typing import Any

import pytest

from governance.errors import RefusedError
from governance.mixing.asking import askable, refuse_too_many
from governance.mixing.rules import MixRules
from governance.ports.rows import rows_frame
from governance.provenance.synthesis import PromptRules

ROWS = rows_frame(
    [
        {"row_id": "news-head", "text": "a", "origin": "human", "slice": "news", "task": "headline"},
        {"row_id": "news-body", "text": "b", "origin": "human", "slice": "news", "task": "article"},
        {"row_id": "law-head", "text": "c", "origin": "human", "slice": "law", "task": "headline"},
        {"row_id": "machine", "text": "d", "origin": "model", "generator": "m", "slice": "news", "task": "headline"},
    ],
    "given",
)


@pytest.mark.parametrize(
    ("prompts", "mixing", "left"),
    [
        ({}, {}, ["news-head", "news-body", "law-head"]),
        ({"slices": ("law",)}, {}, ["law-head"]),
        ({"tasks": ("headline",)}, {}, ["news-head", "law-head"]),
        ({}, {"synthetic_tasks": ("article",)}, ["news-body"]),
        ({"tasks": ("headline",)}, {"synthetic_tasks": ("article",)}, []),
        ({}, {"slice_caps": {"law": 0}}, ["news-head", "news-body"]),
        ({}, {"slice_caps": {"law": 0}, "slice_cap_percent": 5}, ["news-head", "news-body"]),
        ({}, {"slice_caps": {"law": 5}, "slice_cap_percent": 0}, ["law-head"]),
        ({}, {"task_caps": {"headline": 0}}, ["news-body"]),
    ],
)
def test_a_teacher_is_asked_for_nothing_that_the_mix_would_refuse(prompts: dict[str, Any], mixing: dict[str, Any], left: list[str]):
    assert askable(ROWS, PromptRules(**prompts), MixRules(**mixing))["row_id"].to_list() == left


def test_more_rows_than_policy_permits_are_refused_with_both_numbers():
    refuse_too_many(100, PromptRules())
    with pytest.raises(RefusedError, match=r"101 rows are wanted for 100 human ones(.|\n)*at most 100 together"):
        refuse_too_many(101, PromptRules())
