from dataclasses import replace
from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import TEACHER, frame, plan, row, text_of

from governance.errors import IntegrityError, RefusedError
from governance.mixing.document import describe, mix_root
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.provenance.row import ROW_SCHEMA

RULES = MixRules(minimum_human_tokens=100)
ANCHORS = frame([row(f"anchor-{n}", text_of(9000 + n, 100), slice="north") for n in range(20)])
HUMANS = [row(f"human-{n:03}", text_of(n, 100), slice="north") for n in range(100)]


def synthetic(name: str, number: int, origin: str = "model", words: int = 100, **more: Any) -> dict[str, Any]:
    return row(name, text_of(number, words), origin, **more)


def rule_of(mix: Mix, row_id: str) -> str | None:
    found = mix.dropped.filter(pl.col("row_id") == row_id)["rule"].to_list()
    assert len(found) <= 1
    return found[0] if found else None


def detail_of(mix: Mix, row_id: str) -> str:
    return str(mix.dropped.filter(pl.col("row_id") == row_id)["detail"].item())


def test_a_mix_has_the_documented_columns_and_numbers() -> None:
    mix = plan(frame([*HUMANS, *(synthetic(f"model-{n}", 200 + n) for n in range(30))]), ANCHORS, RULES)
    assert mix.selected.schema == pl.Schema({**ROW_SCHEMA, "role": pl.String, "tokens": pl.Int64, "shard": pl.Int32, "counted": pl.Int64})
    assert mix.document["tokens"] == {"anchor": 2300, "human": 10000, "synthetic": 3000}
    assert mix.document["rows"] == {"anchor": 23, "human": 100, "synthetic": 30}
    assert mix.document["anchor_repeats"] == 115
    assert mix.document["headroom_tokens"] == 35 * 10000 // 65 - 3000
    assert mix.document["shards"] == [{"shard": 0, **mix.document["tokens"], "counted": 3000}]
    assert (mix.document["counted_tokens"], mix.document["weights"]) == (3000, {})
    assert (mix.document["dropped"], mix.document["tokens_dropped"]) == ({}, {})
    assert any(line.startswith("anchor: 23 rows, 2300 tokens (15.0 %)") for line in describe(mix.document))


def test_a_flood_of_model_text_is_cut_to_the_cap_and_keeps_its_slices() -> None:
    flood = [synthetic(f"model-{n}", 200 + n, slice=("south", "west")[n % 4 == 0]) for n in range(400)]
    mix = plan(frame([*HUMANS, *flood]), ANCHORS, RULES)
    assert mix.document["tokens"]["synthetic"] == 5300
    assert mix.document["dropped"] == {"synthetic-cap": 347}
    assert 10 <= mix.document["slices"]["west"]["synthetic"] // 100 <= 17


@pytest.mark.parametrize("origin", ["model", "hybrid", "exposed", "weak", "unknown"])
def test_everything_that_is_not_human_counts_as_synthetic(origin: str) -> None:
    mix = plan(frame([*HUMANS, *(synthetic(f"s-{n}", 200 + n, origin) for n in range(100))]), ANCHORS, RULES)
    assert mix.document["rows"]["synthetic"] == 53


def test_a_founding_cycle_trains_on_human_text_alone() -> None:
    mix = plan(frame([*HUMANS, synthetic("m", 200), synthetic("h", 201, "hybrid")]), ANCHORS, RULES, kind="founding")
    assert mix.document["dropped"] == {"founding-is-human-only": 2}


@pytest.mark.parametrize("humans", [0, 9])
def test_training_on_model_text_alone_is_refused_with_numbers(humans: int) -> None:
    rows = frame([*HUMANS[:humans], *(synthetic(f"m-{n}", 200 + n) for n in range(50))])
    with pytest.raises(RefusedError) as caught:
        plan(rows, ANCHORS, MixRules())
    assert f"{humans * 100} fresh human tokens in {humans} rows beside 50 synthetic rows" in str(caught.value)
    assert "at least 1000 human tokens" in str(caught.value)


def test_human_rows_that_were_left_out_are_named_when_too_few_remain() -> None:
    copies = frame([row(f"copy-{n}", text_of(9000 + n, 100)) for n in range(7)])
    with pytest.raises(RefusedError, match=r"7 human rows left out \(7 by overlaps-anchors\)") as caught:
        plan(copies, ANCHORS, RULES)
    assert "copy-4 (+2 more)" in str(caught.value)
    assert "w9000x0" not in str(caught.value)


def test_an_empty_batch_is_refused() -> None:
    with pytest.raises(RefusedError, match="0 fresh human tokens in 0 rows"):
        plan(frame([]), ANCHORS, RULES)


def test_the_human_copy_stays_whatever_its_id() -> None:
    text = text_of(500, 60)
    rows = frame([*HUMANS, row("a", text, "model"), row("b", text, "hybrid"), row("z", text), row("y", text)])
    mix = plan(rows, ANCHORS, RULES)
    assert [rule_of(mix, name) for name in "abyz"] == ["exact-duplicate", "exact-duplicate", None, "exact-duplicate"]
    assert detail_of(mix, "a") == "same text as y"


def test_a_near_duplicate_of_a_human_row_goes_and_the_human_row_stays() -> None:
    text = text_of(500, 100)
    mix = plan(frame([*HUMANS, row("a", text + " and more", "model"), row("z", text)]), ANCHORS, RULES)
    assert (rule_of(mix, "a"), rule_of(mix, "z")) == ("near-duplicate", None)
    assert detail_of(mix, "a") == "96 of 98 runs of 5 words as in z"


@pytest.mark.parametrize("name", ["tail", "human", "prompts"])
def test_overlap_with_a_pinned_text_is_left_out_and_named(name: str) -> None:
    key = "prompt_id" if name == "prompts" else "row_id"
    references = {name: pl.DataFrame({key: ["locked-1", "locked-2"], "text": [text_of(700, 40), "!?"]})}
    rows = [*HUMANS, row("inside", f"{text_of(701, 90)} {text_of(700, 40)}"), row("bare", "!?", tokens=2), row("near", text_of(702, 40))]
    mix = plan(frame(rows), ANCHORS, RULES, references=references)
    assert [rule_of(mix, row_id) for row_id in ("inside", "bare", "near")] == [f"overlaps-{name}", f"overlaps-{name}", None]
    assert detail_of(mix, "inside") == f"33 of 33 runs of 8 words as in {name} locked-1"


def test_an_incoming_copy_of_an_anchor_is_left_out() -> None:
    mix = plan(frame([*HUMANS, row("again", text_of(9003, 100))]), ANCHORS, RULES)
    assert rule_of(mix, "again") == "overlaps-anchors"


def test_a_template_is_thinned_among_synthetic_rows_and_never_among_human_ones() -> None:
    opening = "Here is a"
    rows = [row(f"p-{n}", f"{opening} {text_of(600 + n, 60)}") for n in range(3)]
    rows += [row(f"m-{n:02}", f"{opening} {text_of(800 + n, 60)}", "model") for n in range(20)]
    mix = plan(frame([*HUMANS, *rows]), ANCHORS, RULES)
    assert mix.document["dropped"] == {"template-opening": 15}
    assert mix.document["templates"]["opening"] == {
        "distinct": 101,
        "over_limit": 1,
        "human": 3 * 2 * 10**6 // (103 * 102),
        "synthetic": 10**6,
        "left": 10**6,
    }
    gone = mix.dropped["row_id"].to_list()
    assert all(name.startswith("m-") for name in gone)
    assert detail_of(mix, gone[0]) == "20 synthetic rows have this opening, at most 5 may"
    assert plan(frame([*HUMANS, *rows]), ANCHORS, RULES, seed=8).dropped["row_id"].to_list() != gone


def test_an_opening_that_people_use_as_often_is_no_template() -> None:
    rows = [row(f"p-{n}", f"Here is a {text_of(600 + n, 60)}") for n in range(40)]
    rows += [row(f"m-{n:02}", f"Here is a {text_of(800 + n, 60)}", "model") for n in range(20)]
    rows += [synthetic(f"other-{n:02}", 850 + n) for n in range(20)]
    mix = plan(frame([*HUMANS[:10], *rows]), ANCHORS, RULES)
    assert "template-opening" not in mix.document["dropped"]


def test_rows_without_a_word_have_no_opening() -> None:
    rows = [row(f"m-{n:02}", "!" * (n + 1), "model", tokens=n + 1) for n in range(20)]
    assert plan(frame([*HUMANS, *rows]), ANCHORS, RULES).document["dropped"] == {}


def test_rules_on_authors_and_tasks_name_each_row() -> None:
    rows = [
        *HUMANS,
        synthetic("of-tutor", 200, generator="tutor", generator_version=TEACHER[:12]),
        synthetic("of-other-tutor", 201, generator="tutor", generator_version="c" * 12),
        synthetic("of-student", 202, generator="student", generator_version="1"),
        synthetic("of-stranger", 203),
        synthetic("news", 204, generator="tutor", generator_version=TEACHER, task="news"),
    ]
    rules = MixRules(teachers={"tutor": "pinned"}, other_generators="refuse", synthetic_tasks=("none",))
    mix = plan(frame(rows), ANCHORS, rules, teachers={"tutor": TEACHER})
    expected = {"of-other-tutor": "teacher-digest", "of-student": "self-generated", "of-stranger": "other-generator"}
    assert dict(mix.dropped.select("row_id", "rule").iter_rows()) == {**expected, "news": "synthetic-task"}


def test_an_anchor_that_is_not_human_is_refused_by_name() -> None:
    with pytest.raises(RefusedError, match=r"1 anchors are not human(.|\n)*for example: m"):
        plan(frame(HUMANS), pl.concat([ANCHORS, frame([synthetic("m", 1)])]), RULES)


@pytest.mark.parametrize(("anchors", "found"), [(0, "0 anchor rows with 0 tokens for the 1765"), (1, "1 anchor rows with 100 tokens")])
def test_anchors_that_would_be_worn_out_are_refused_with_numbers(anchors: int, found: str) -> None:
    with pytest.raises(RefusedError, match=found):
        plan(frame(HUMANS), ANCHORS.head(anchors), MixRules(most_anchor_passes=17))
    assert plan(frame(HUMANS), ANCHORS.head(1), MixRules(most_anchor_passes=18)).document["anchor_repeats"] == 1800


def test_no_anchors_are_fine_where_none_are_asked_for() -> None:
    assert plan(frame(HUMANS), ANCHORS.head(0), MixRules(anchor_percent=0)).document["tokens"]["anchor"] == 0


def test_two_rows_of_one_id_or_a_strange_origin_stop_the_plan() -> None:
    with pytest.raises(IntegrityError, match=r"1 row ids occur more than once(.|\n)*human-000"):
        plan(frame([*HUMANS, HUMANS[0]]), ANCHORS, RULES)
    with pytest.raises(IntegrityError, match="expected: human, exposed, hybrid, model, weak, unknown"):
        plan(frame([*HUMANS, synthetic("m", 1, "robot")]), ANCHORS, RULES)


def test_a_mix_beyond_its_limits_cannot_be_built() -> None:
    mix = plan(frame(HUMANS), ANCHORS, RULES)
    shards = [{"shard": 0, "anchor": 100, "human": 65, "synthetic": 36, "counted": 36}]
    with pytest.raises(ValueError, match="shard 0 holds"):
        replace(mix, document={**mix.document, "shards": shards})


@given(st.lists(st.tuples(st.text(max_size=4), st.integers(0, 3)), min_size=1, max_size=6))
@settings(max_examples=30, deadline=None)
def test_the_root_changes_with_every_row_role_shard_and_place(rows: list[tuple[str, int]]) -> None:
    selected = pl.DataFrame(
        {
            "row_id": [row_id for row_id, _ in rows],
            "sha256": ["0" * 64 for _ in rows],
            "role": ["human" for _ in rows],
            "shard": [shard for _, shard in rows],
        },
        schema_overrides={"row_id": pl.String},
    )
    others = [
        selected.with_columns(pl.col("row_id") + "x"),
        selected.with_columns(pl.col("shard") + 1),
        selected.with_columns(role=pl.lit("anchor")),
        pl.concat([selected, selected.head(1)]),
    ]
    assert len({mix_root([selected]), *(mix_root([other]) for other in others)}) == 5
