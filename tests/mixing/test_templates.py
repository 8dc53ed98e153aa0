from typing import Any

import numpy as np
import polars as pl
import pytest
from mixing_rows import frame, plan, row, shuffled, text_of

from governance.mixing.conscience import alarms, collision_words
from governance.mixing.plan import Mix
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.templates import collisions

RULES = MixRules(minimum_human_tokens=1, anchor_percent=0)
NO_ANCHORS = frame([])
PEOPLE = [row(f"p-{n:03}", text_of(n, 80)) for n in range(60)]


def mix_of(rows: list[dict[str, Any]], **more: Any) -> Mix:
    selection = SelectionRules(**{"diversity": "report", "fewest_outlines": 5, **more.pop("selection", {})})
    return plan(frame([*PEOPLE, *rows]), NO_ANCHORS, RULES, selection=selection, **more)


def framed(number: int, phrase: str) -> str:
    return f"{text_of(300 + number, 12)}. {phrase} {text_of(500 + number, 12)}."


def listicle(number: int, prefix: str = "{}.") -> str:
    items = "\n".join(f"{prefix.format(n + 1)} {text_of(700 + 10 * number + n, 4)}" for n in range(4))
    return f"{text_of(300 + number, 8)}\n{items}\n{text_of(500 + number, 8)}"


WRITTEN = {"frame": [framed(n, "In conclusion, the") for n in range(20)], "outline": [listicle(n) for n in range(20)]}


@pytest.mark.parametrize("kind", list(WRITTEN))
def test_rows_beyond_the_limit_leave_with_a_reason_and_people_keep_theirs(kind: str) -> None:
    rows = [row(f"m-{n:02}", text, "model", tokens=9) for n, text in enumerate(WRITTEN[kind])]
    own = [row(f"q-{n}", text.replace("x", "y"), tokens=9) for n, text in enumerate(WRITTEN[kind][:3])]
    mix = mix_of([*rows, *own])
    assert mix.document["dropped"] == {f"template-{kind}": 15}
    gone = mix.dropped
    assert gone["row_id"].str.starts_with("m-").all()
    assert set(gone["detail"]) == {f"20 synthetic rows have this {kind}, at most 5 may"}
    assert mix_of([*rows, *own], seed=8).dropped["row_id"].to_list() != gone["row_id"].to_list()
    found = mix.document["templates"][kind]
    assert (found["over_limit"], found["synthetic"], found["left"]) == (1, 10**6, 10**6)
    assert found["human"] == 3 * 2 * 10**6 // (63 * 62)


@pytest.mark.parametrize("kind", list(WRITTEN))
def test_a_template_that_people_use_as_often_stays(kind: str) -> None:
    rows = [row(f"m-{n:02}", text, "model", tokens=9) for n, text in enumerate(WRITTEN[kind])]
    own = [row(f"q-{n:02}", text.replace("x", "y"), tokens=9) for n, text in enumerate(WRITTEN[kind])]
    short = frame([*own, *rows])
    assert plan(short, NO_ANCHORS, RULES, selection=SelectionRules(diversity="report")).document["dropped"].keys() <= {"synthetic-cap"}


def test_bullets_and_numbers_are_two_outlines() -> None:
    rows = [row(f"m-{n:02}", listicle(n, ("{}.", "- ")[n % 2]), "model", tokens=9) for n in range(20)]
    mix = mix_of(rows)
    assert mix.document["dropped"] == {"template-outline": 10}
    assert (mix.document["templates"]["outline"]["distinct"], mix.document["templates"]["outline"]["over_limit"]) == (2, 2)


def test_a_row_leaves_for_the_first_frame_that_is_full_and_uses_up_no_other() -> None:
    both = [
        row(f"b-{n:02}", f"{framed(n, 'In conclusion, the')} It is important {text_of(900 + n, 5)}.", "model", tokens=9) for n in range(20)
    ]
    alone = [row(f"a-{n}", framed(40 + n, "It is important"), "model", tokens=9) for n in range(3)]
    mix = mix_of([*both, *alone])
    assert mix.document["dropped"] == {"template-frame": 18}
    left = mix.selected.filter(pl.col("role") == "synthetic")["text"]
    assert left.str.contains("It is important").sum() == 5


@pytest.mark.parametrize(("setting", "dropped"), [({}, 15), ({"outlines_per_million_tokens": 2_000}, 10)])
def test_the_rate_counts_all_tokens_of_the_batch(setting: dict[str, int], dropped: int) -> None:
    rows = [row(f"m-{n:02}", text, "model", tokens=10) for n, text in enumerate(WRITTEN["outline"])]
    assert mix_of(rows, selection=setting).document["dropped"] == {"template-outline": dropped}


def test_the_order_in_which_rows_come_makes_no_difference() -> None:
    texts = [*WRITTEN["frame"], *WRITTEN["outline"]]
    rows = frame([*PEOPLE, *(row(f"m-{n:02}", text, "model", tokens=9) for n, text in enumerate(texts))])
    one, other = (plan(some, NO_ANCHORS, RULES) for some in (rows, shuffled(rows, 3)))
    assert one.dropped.equals(other.dropped)
    assert one.document == other.document


def test_collisions_are_counted_by_pairs_and_do_not_grow_with_the_batch() -> None:
    few, many = collisions(np.array([30, 70]), 100), collisions(np.array([300, 700]), 1000)
    assert few == (30 * 29 + 70 * 69) * 10**6 // (100 * 99)
    assert abs(few - many) < 5_000


def test_what_rows_have_in_common_is_said_and_too_much_of_it_is_an_alarm() -> None:
    rows = [row(f"m-{n:02}", text, "model", tokens=9) for n, text in enumerate(WRITTEN["outline"])]
    mix = mix_of(rows)
    said = "outlines in common per 100 pairs: 0.00 of people's rows, 100.00 of synthetic rows, 100.00 of those left"
    assert said in collision_words(mix.document)
    assert f"too many synthetic rows still share one outline: {said}" in alarms(mix.document)
    honest = mix_of([row(f"m-{n}", text_of(300 + n, 80), "model") for n in range(20)])
    assert not any("share one" in alarm for alarm in alarms(honest.document))


@pytest.mark.parametrize("setting", ["frames_per_million_tokens", "outlines_per_million_tokens", "fewest_outlines"])
def test_a_rate_of_nothing_is_an_error(setting: str) -> None:
    with pytest.raises(ValueError, match=f"{setting}: 0 is not at least 1"):
        SelectionRules(**{setting: 0})
