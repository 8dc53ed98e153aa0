import re

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixing_rows import frame, plan, row, shuffled, text_of

from governance.mixing.benchmarks import BENCHMARKS_SCHEMA, Benchmarks, benchmark_words, leaks
from governance.mixing.conscience import alarms
from governance.mixing.rules import MixRules
from governance.provenance.words import Words, read_words

TEXTS = st.lists(st.lists(st.sampled_from("abc"), max_size=9).map(" ".join), max_size=6)
RULES = MixRules(minimum_human_tokens=1, anchor_percent=0)


def slow(text: str, benchmark: str, run: int, fewest: int) -> int:
    """How many words in a row are in both, as far as that counts: the obvious way, by lists of words."""
    said, asked = (re.findall(r"\w+", t) for t in (text, benchmark))
    size = min(run, len(asked))
    if not size or (size < min(run, fewest) and said != asked):
        return 0
    runs = [asked[place : place + size] for place in range(len(asked) - size + 1)]
    return size * any(said[place : place + size] in runs for place in range(len(said) - size + 1))


@given(TEXTS, TEXTS, st.integers(1, 6), st.integers(1, 7))
@settings(max_examples=200, deadline=None)
def test_runs_of_benchmarks_are_found_exactly_and_the_first_text_is_named(texts: list[str], asked: list[str], run: int, few: int) -> None:
    found = leaks(read_words(texts), read_words(asked), run, few)
    expected = []
    for place, text in enumerate(texts):
        hits = [(place, other, slow(text, benchmark, run, few)) for other, benchmark in enumerate(asked) if slow(text, benchmark, run, few)]
        expected += hits[:1]
    assert list(zip(found.texts.tolist(), found.benchmark.tolist(), found.words.tolist(), strict=True)) == expected


def test_a_row_behind_a_million_words_is_found_in_its_own_place() -> None:
    many = np.random.Generator(np.random.Philox(7)).integers(0, 1 << 63, (1 << 20) + 5, dtype=np.uint64)
    asked = read_words([text_of(5, 20)])
    books = Words(ids=many, bounds=np.array([0, many.size // 2, many.size]))
    found = leaks(books.followed_by(read_words([text_of(4, 20), text_of(5, 20)])), asked, 13, 8)
    assert found.texts.tolist() == [3]


def named(**texts: list[str]) -> Benchmarks:
    lines = [{"benchmark": name, "line": line, "text": text} for name, found in texts.items() for line, text in enumerate(found, start=1)]
    return Benchmarks(texts=pl.DataFrame(lines, schema=BENCHMARKS_SCHEMA))


@pytest.mark.parametrize(("shared", "leaves"), [(13, True), (12, False)])
def test_thirteen_words_of_a_benchmark_are_one_too_many_and_twelve_are_not(shared: int, leaves: bool) -> None:
    question = text_of(50, 40)
    told = " ".join(question.split()[7 : 7 + shared])
    rows = frame([row("clean", text_of(1, 300)), row("leaky", f"{text_of(2, 150)} {told} {text_of(3, 150)}")])
    mix = plan(rows, frame([]), RULES, benchmarks=named(exam=[text_of(51, 40), question]))
    assert mix.dropped.select("row_id", "rule", "detail").rows() == (
        [("leaky", "overlaps-benchmark", "a run of 13 words as in exam line 2")] if leaves else []
    )


def test_short_benchmark_texts_are_sought_whole_and_the_shortest_only_as_whole_rows() -> None:
    short, tiny = text_of(60, 9), "what is the capital of france"
    rows = frame(
        [
            row("holds-short", f"{text_of(1, 30)} {short} {text_of(2, 30)}"),
            row("part-of-short", f"{text_of(3, 30)} {' '.join(short.split()[:8])}"),
            row("holds-tiny", f"{text_of(4, 30)} {tiny} {text_of(5, 30)}"),
            row("is-tiny", "What is the capital of France?"),
        ]
    )
    mix = plan(rows, frame([]), RULES, benchmarks=named(exam=[short, tiny, "?!"]))
    assert dict(mix.dropped.select("row_id", "detail").rows()) == {
        "holds-short": "a run of 9 words as in exam line 1",
        "is-tiny": "a run of 6 words as in exam line 2",
    }
    told = mix.document["benchmarks"]
    assert told["named"] == {"exam": {"texts": 3, "short": 1, "whole": 2, "rows": 2, "human_rows": 2, "tokens": 75, "anchors": 0}}
    assert benchmark_words(mix.document) == [
        "benchmark exam: 2 rows left out (2 human) for a run of its 3 texts; 1 are short and sought as one run; "
        "2 are so short that only a row of just these words is found"
    ]


def test_the_order_of_rows_makes_no_difference_and_model_text_leaves_too() -> None:
    rows = frame(
        [*(row(f"p-{n}", text_of(n, 60)) for n in range(9)), row("m-0", text_of(90, 60), "model"), row("m-1", text_of(91, 60), "model")]
    )
    benchmarks = named(one=[text_of(90, 20)], two=[text_of(90, 30), text_of(3, 20)])
    mixes = [plan(shuffled(rows, seed), frame([]), RULES, benchmarks=benchmarks) for seed in range(3)]
    assert [(one, detail[-10:]) for one, detail in mixes[0].dropped.select("row_id", "detail").rows()] == [
        ("m-0", "one line 1"),
        ("p-3", "two line 2"),
    ]
    assert all(mix.dropped.equals(mixes[0].dropped) and mix.document["root"] == mixes[0].document["root"] for mix in mixes)
    entry = next(entry for entry in mixes[0].document["retention"] if entry["rule"] == "overlaps-benchmark")
    assert (entry["human"]["rows_in"], entry["human"]["rows_out"]) == (9, 8)


def test_anchors_that_hold_a_benchmark_and_benchmarks_that_nobody_names_any_more_are_alarms() -> None:
    anchors = frame([row("a-0", text_of(70, 40)), row("a-1", text_of(71, 40))])
    benchmarks = Benchmarks(texts=named(exam=[text_of(70, 40)]).texts, not_named=("old-exam",))
    mix = plan(frame([row("p", text_of(1, 300))]), anchors, RULES, benchmarks=benchmarks)
    said = [alarm for alarm in alarms(mix.document) if "benchmark" in alarm]
    assert [alarm.split(":")[0] for alarm in said] == [
        "1 anchors hold a run of words of benchmark exam",
        "benchmark old-exam was pinned and heirloom.toml names it no more",
    ]
