"""The parts of the report: text made visible, numbers in words, pictures that never leave their frame, the registry's page."""

import csv
import io
import math
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from cycle_on_disk import HOSTILE, write_cycle
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from governance.adapters.report.candidate import build_candidate, mix_summary
from governance.adapters.report.contents import lineage_facts
from governance.adapters.report.description import COPY, LONGEST, describe
from governance.adapters.report.documents import CycleDocuments, read_cycle
from governance.adapters.report.drawing import at, curve, interval_track, share_bar
from governance.adapters.report.numbers import MISSING, interval, limit_words, percent, reading, share
from governance.adapters.report.page import render
from governance.adapters.report.visible import csv_cell, csv_text, line, markdown, visible
from governance.digest import digest_document, read_document, write_document
from governance.errors import IntegrityError

NUMBERS = st.floats(allow_nan=False, allow_infinity=False, min_value=-1e6, max_value=1e6)
TEXT = st.text(st.characters(codec=None, exclude_categories=()), max_size=80)
MARKS = st.text(alphabet="abc `*_[](){}<>#+-.!|~:\\/&\n='\"1", max_size=60)


@given(TEXT)
def test_every_character_of_visible_text_can_be_seen_and_encoded(text: str) -> None:
    seen = visible(text)
    seen.encode()
    unseen = [c for c in seen if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Zl", "Zp"} and c not in "\n\t"]
    assert unseen == []


@given(TEXT)
def test_a_line_is_one_line(text: str) -> None:
    assert "\n" not in line(text)


def test_a_cut_is_marked_and_plain_text_is_left_alone() -> None:
    assert visible("naïve 日本語\n\tend") == "naïve 日本語\n\tend"
    assert visible("a" * 10, 4) == "aaaa…"
    assert visible("a\u202eb\u200bc") == "a⟦U+202E⟧b⟦U+200B⟧c"


@given(MARKS)
def test_escaped_text_makes_nothing_but_text_in_markdown(text: str) -> None:
    parser = MarkdownIt("commonmark", {"html": True, "linkify": False}).enable("table").enable("strikethrough")
    tokens = parser.parse(f"seen {markdown(text)} seen\n\n| a | b |\n|---|---|\n| {markdown(text)} | kept |\n")
    assert {t.type for t in tokens} <= {
        f"{part}_{end}" for part in ("paragraph", "table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")
    } | {"inline"}
    inner = {child.type for token in tokens for child in token.children or ()}
    assert inner <= {"text", "text_special"}
    assert [t.content for t in tokens if t.type == "inline"][-1] == "kept"


@given(MARKS)
def test_escaped_text_alone_in_a_paragraph_makes_no_block_of_another_kind(text: str) -> None:
    tokens = MarkdownIt("commonmark").parse(markdown(text))
    assert {t.type for t in tokens} <= {"paragraph_open", "inline", "paragraph_close"}


@given(TEXT)
def test_a_cell_is_no_formula_and_comes_back_whole(text: str) -> None:
    assert not csv_cell(text).startswith(("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert csv_text(csv_cell(text)) == text


@given(
    change=NUMBERS,
    low=NUMBERS,
    high=NUMBERS,
    limit=NUMBERS,
    better=st.sampled_from(["lower", "higher", "two-sided"]),
    verdict=st.sampled_from(["pass", "block", "inconclusive"]),
)
def test_an_interval_never_leaves_its_frame(*, change: float, low: float, high: float, limit: float, better: str, verdict: str) -> None:
    places = [
        float(place)
        for place in re.findall(
            r'(?:x|x1|x2|cx)="(-?[\d.]+)%"', interval_track(change, low, high, limit=limit, better=better, verdict=verdict)
        )
    ]
    assert places
    assert all(0 <= place <= 100 for place in places)


def test_worse_is_to_the_right_for_every_kind_of_metric() -> None:
    def middle(change: float, better: str) -> float:
        return float(
            re.findall(r'cx="([\d.]+)%"', interval_track(change, change - 0.01, change + 0.01, limit=0.1, better=better, verdict="pass"))[0]
        )

    assert middle(0.05, "lower") > at(0) > middle(-0.05, "lower")
    assert middle(-0.05, "higher") > at(0) > middle(0.05, "higher")
    assert middle(0.05, "lower") == pytest.approx(at(0.5), abs=0.01)


def test_a_verdict_is_told_by_shape_as_well_as_by_colour() -> None:
    pictures = {
        verdict: interval_track(0.01, 0.0, 0.02, limit=0.05, better="lower", verdict=verdict)
        for verdict in ("pass", "block", "inconclusive")
    }
    assert [shape for shape in ("<circle", 'width="10" height="10"', "Z") if shape in pictures["pass"]] == ["<circle"]
    assert 'width="10" height="10"' in pictures["block"]
    assert "L-7,0 Z" in pictures["inconclusive"]


def test_a_bar_of_nothing_and_a_flat_curve_can_be_drawn() -> None:
    assert 'width="0.000%"' in share_bar([("human", 0)])
    assert "NaN" not in curve([(1, 2.0), (1, 2.0)])


@pytest.mark.parametrize(
    ("change", "words"),
    [(0.083, "+8.3 %"), (-0.0123, "\N{MINUS SIGN}1.2 %"), (0.0, "0.0 %"), (-0.0001, "0.0 %"), (None, MISSING), (math.nan, MISSING)],
)
def test_a_change_reads_as_people_say_it(change: float | None, words: str) -> None:
    assert percent(change) == words


def test_limits_intervals_readings_and_shares_read_as_people_say_them() -> None:
    assert [limit_words(x, better) for x, better in ((0.05, "lower"), (-0.1, "higher"), (0.1, "two-sided"))] == [
        "≤ +5.0 %",
        "≥ \N{MINUS SIGN}10.0 %",
        "within ±10.0 %",
    ]
    assert interval({"low": -0.01, "high": 0.02}) == "[\N{MINUS SIGN}1.0, +2.0]"
    assert interval({"change": None, "reason": "too few"}) == ""
    assert [reading(x) for x in (0.3124, 12.345, 1234.5, None, math.inf)] == ["0.312", "12.35", "1,234.5", MISSING, MISSING]
    assert [share(1, 3), share(0, 0)] == ["33.3 %", MISSING]


def test_a_description_is_short_enough_for_the_registry_and_says_that_it_is_a_copy(blocked: Path) -> None:
    text = describe(read_cycle(blocked))
    assert text.startswith("## Cycle 3. Block: 1 of 6 gates is beyond the limit")
    assert "**block**" in text
    assert "33.1 % of what the cap of 35 % counts" in text
    assert text.endswith(COPY)
    assert len(text) <= LONGEST


def test_a_version_that_waits_for_people_says_how_many_and_whom(passed: Path) -> None:
    cycle = read_document(passed / "cycle.json")
    assert "approval" not in describe(read_cycle(passed))
    rules = {
        "mode": "review",
        "approvals": 2,
        "approvers": ["reviewer-a", "[b](x)"],
        "exclude_requester": True,
        "exclude": ["policy_committer"],
    }
    write_document(passed / "cycle.json", {**cycle, "policy": {"promotion": rules}})
    [said] = [found for found in describe(read_cycle(passed)).splitlines() if found.startswith("**Needs")]
    assert said == (
        r"**Needs 2 approvals** from reviewer-a or \[b\]\(x\); not from whoever asked for the run or whoever committed the policy."
    )
    many = {**rules, "approvals": 1, "approvers": [f"reviewer-{n}" for n in range(7)], "exclude_requester": False, "exclude": []}
    write_document(passed / "cycle.json", {**cycle, "policy": {"promotion": many}})
    [said] = [found for found in describe(read_cycle(passed)).splitlines() if found.startswith("**Needs")]
    assert said.endswith("reviewer-4 or 2 more whom the policy names.")
    assert said.startswith("**Needs 1 approval** from")


def test_a_description_holds_no_text_of_rows_and_no_markup_of_data(hostile: Path) -> None:
    text = describe(read_cycle(hostile))
    assert "event loop" not in text
    assert "<script" not in text
    assert "\u202e" not in text
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(text)
    inner = {child.type for token in tokens for child in token.children or ()}
    assert not inner & {"html_inline", "image", "link_open"}
    assert "html_block" not in {token.type for token in tokens}


@given(reason=st.text(max_size=3000), gates=st.integers(0, 60))
def test_a_description_is_bounded_whatever_the_decision_says(reason: str, gates: int) -> None:
    gate = {"gate": reason[:200] or "g", "metric": None, "against": "-", "verdict": "block", "reason": reason}
    decision = {"schema": "heirloom/decision/1", "verdict": "block", "reason": reason, "gates": [gate] * gates}
    documents = CycleDocuments(cycle={"schema": "heirloom/cycle/1", "number": 1, "model": "student"}, decision=decision)
    assert len(describe(documents)) <= LONGEST


def test_a25_a_later_attempt_on_the_same_data_is_said_first_wherever_a_reviewer_looks(passed: Path) -> None:
    cycle = read_document(passed / "cycle.json")
    for attempt, said in ((1, 0), (3, 1)):
        write_document(passed / "cycle.json", {**cycle, "attempt": attempt})
        documents = read_cycle(passed)
        assert render(documents).count(f"attempt {attempt} of this data") == said
        assert describe(documents).splitlines()[0].count(f", attempt {attempt} of this data.") == said


def test_a_candidate_carries_what_the_registry_shows(passed: Path) -> None:
    candidate = build_candidate(passed)
    assert candidate.cycle_digest == digest_document(read_document(passed / "cycle.json"))
    assert dict(candidate.tags) == {
        "heirloom.verdict": "pass",
        "heirloom.decision_sha256": digest_document(read_document(passed / "decision.json")),
        "heirloom.policy_sha256": read_document(passed / "decision.json")["policy_sha256"],
        "heirloom.synthetic_share_percent": "33.1",
        "heirloom.depth": "1",
        "heirloom.mean_depth": "0.14",
        "heirloom.effective_share_percent": "14.4",
        "heirloom.cycle_digest": candidate.cycle_digest,
    }
    assert candidate.params["recipe.learning_rate"] == "0.001"
    assert candidate.params["seed"] == "7"
    assert candidate.params["synthetic_cap_percent"] == "35"
    assert candidate.metrics["tail_perplexity.change_vs_baseline"] == pytest.approx(0.012)
    assert len(candidate.curves["train_loss"]) == 60
    assert {"review/report.html", "review/mix_summary.csv", "review/decision.json", "review/batches.parquet"} <= set(candidate.artifacts)
    assert all(path.is_file() for path in candidate.artifacts.values())
    assert "samples" not in " ".join(candidate.artifacts)


def test_building_a_candidate_twice_gives_the_same_candidate(passed: Path) -> None:
    assert build_candidate(passed) == build_candidate(passed)


def test_a_reading_that_was_not_taken_is_no_metric(founding: Path) -> None:
    measures = read_document(founding / "measures.json")
    measures["metrics"][0]["values"]["candidate"] = None
    write_document(founding / "measures.json", measures)
    candidate = build_candidate(founding)
    assert "tail_perplexity" not in candidate.metrics
    assert "distinct_2" in candidate.metrics
    assert candidate.tags["heirloom.synthetic_share_percent"] == "0.0"


@pytest.mark.parametrize("gone", ["lineage.json", "decision.json"])
def test_a_cycle_without_a_decision_or_a_lineage_is_no_candidate(passed: Path, gone: str) -> None:
    (passed / gone).unlink()
    with pytest.raises(IntegrityError):
        build_candidate(passed)


def test_the_mix_summary_has_no_formula_and_adds_up(tmp_path: Path) -> None:
    documents = read_cycle(write_cycle(tmp_path / "cycle", hostile="=HYPERLINK(0)"))
    rows = list(csv.DictReader(io.StringIO(mix_summary(documents))))
    assert not [cell for row in rows for cell in row.values() if cell.startswith(("=", "+", "-", "@"))]
    assert "'=HYPERLINK(0)" in {row["name"] for row in rows}
    whole, shards = rows[0], [row for row in rows if row["part"] == "shard"]
    for role in ("anchor", "human", "synthetic"):
        assert int(whole[f"{role}_tokens"]) == sum(int(row[f"{role}_tokens"]) for row in shards)
    assert sum(int(row["rows"]) for row in rows if row["part"] == "left out of the mix") == 50


def test_hostile_strings_are_what_these_tests_think_they_are() -> None:
    assert {"\u202e", "\x1b", "\x00"} <= set(HOSTILE)


def test_anchors_that_were_shown_too_often_are_a_fact_with_a_warning(tmp_path):
    documents = read_cycle(write_cycle(tmp_path))
    assert dict(lineage_facts(documents))["Anchors shown"] == MISSING
    shown = documents.lineage["trained_tokens"]["anchor"]
    for passes, said in ((4, "4.0 times"), (5, "5.0 times: beyond 4 a text is learnt by heart")):
        mix = {**documents.mix, "anchor_pass_tokens": shown // passes, "warned_anchor_passes": 4}
        assert dict(lineage_facts(replace(documents, mix=mix)))["Anchors shown"] == said


def test_the_head_of_the_chain_of_batches_is_among_the_facts(tmp_path):
    documents = read_cycle(write_cycle(tmp_path))
    assert dict(lineage_facts(documents))["Batches"] == MISSING
    lineage = {**documents.lineage, "batch_log": {"rows_sha256": "a" * 64, "batches": 1204, "head": "b" * 64}}
    assert dict(lineage_facts(replace(documents, lineage=lineage)))["Batches"] == f"1,204, the last is {'b' * 16}"
