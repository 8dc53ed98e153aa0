"""The page of an audit: self-contained, hostile names are only names, every part says how sure it is, and it stays small."""

import re
from typing import Any
from xml.etree import ElementTree

import pytest

from governance.adapters.report.corpus import render_corpus
from governance.adapters.report.vintages import FLOOR, TOP, Column, vintage_picture, volume_picture

HOSTILE = "<script>alert(1)</script>\u202e'\"&"
NEAR = {"hits": 13, "rows": 340, "low": 0.0225, "high": 0.0641, "jaccard_percent": 70, "shingle_words": 5}


def counts(**rows: int) -> dict[str, Any]:
    return {origin: {"rows": number, "tokens": 10 * number} for origin, number in rows.items()}


def document(**more: Any) -> dict[str, Any]:
    return {
        "schema": "heirloom/corpus/1",
        "name": "store",
        "token_unit": "words",
        "rows": 400,
        "tokens": 4000,
        "characters": 20_000,
        "read": {
            "tables": 1,
            "documents": 0,
            "passed_over": {".py": 3},
            "unread_files": 0,
            "unread": [],
            "left_out": {"empty-text": 2},
            "label_troubles": {"missing-origin": 7},
        },
        "declared": counts(human=200, model=150, hybrid=10, unknown=40),
        "by_vintage": [
            {"name": "2019", "origins": counts(human=120)},
            {"name": "2021", "origins": counts(human=60, model=30)},
            {"name": "2022", "origins": counts(human=20, model=110, hybrid=10)},
            {"name": "unknown", "origins": counts(unknown=40, model=10)},
        ],
        "trend": {"slope": 0.2, "low": -0.1, "high": 0.5, "direction": "open", "years": [2019, 2021, 2022], "line": [-0.05, 0.4, 0.7]},
        "by_source_tier": [{"name": "crawl", "origins": counts(human=200, model=160, unknown=40)}],
        "by_slice": [{"name": "news", "origins": counts(human=200, model=160, unknown=40)}],
        "slices": 1,
        "generators": [{"generator": "gpt-4", "rows": 150, "tokens": 1500, "unknown_version": 50, "versions": 1, "spellings": ["gpt4"]}],
        "generator_names": 1,
        "alias_suggestions": {},
        "sample": {"rows": 400, "tokens": {"human": 2000, "model": 2000}, "halvings": 0},
        "copies": {"rows": 400, "repeats": 6, "halvings": 0},
        "near_duplicates": {
            **NEAR,
            "pairs": [{"origin": "model", "repeats": "human", "rows": 4}],
            "clusters": [{"row_id": "r1", "repeated_by": 3}],
        },
        "own_emissions": {"not_measured": "no model of this workspace has written anything"},
        "openings": [{"kind": "text", "rows": 40, "texts": 40, "human": 1, "synthetic": 39, "words": "here is a"}],
        "artefacts": {"looping": {"model": 3}, "mojibake": {}},
        "laundered": {"not_identifiable": "no pinned human rows"},
        "limits": [],
        "rules": {"fewest_documents": 20, "emitted_percent": 50},
        **more,
    }


def hostile() -> dict[str, Any]:
    part = [{"name": HOSTILE, "origins": counts(human=400)}]
    return document(
        name=HOSTILE,
        by_source_tier=part,
        by_slice=part,
        generators=[{"generator": HOSTILE, "rows": 1, "tokens": 1, "unknown_version": 1, "versions": 0, "spellings": [HOSTILE]}],
        alias_suggestions={HOSTILE: HOSTILE},
        near_duplicates={**NEAR, "pairs": [], "clusters": [{"row_id": HOSTILE, "repeated_by": 2}]},
        openings=[{"kind": "line", "rows": 5, "texts": 1, "human": 5, "synthetic": 0, "row_ids": [HOSTILE]}],
        read={**document()["read"], "unread": [{"file": HOSTILE, "why": HOSTILE}], "unread_files": 1, "passed_over": {HOSTILE: 1}},
        limits=[{"setting": "since", "limit_percent": 1, "outcome": "held", "found": HOSTILE}],
    )


def test_the_page_needs_nothing_from_anywhere_and_hostile_names_are_only_names():
    page = render_corpus(hostile())
    assert "default-src 'none'" in page
    assert re.findall(r"(?:src|href)=|<script|url\((?!#)|\u202e", page) == []
    assert "U+202E" in page


def test_what_was_found_comes_first_and_every_number_is_in_words():
    page = render_corpus(document())
    assert re.search(r"<h1>(.*?)</h1>", page)[1] == "40.0 % of 400 rows are declared synthetic, nobody declared 10.0 %"  # type: ignore[index]
    for words in (
        "is not told apart from level: +20.0 percentage points a year [\N{MINUS SIGN}10.0, +50.0], 2019 to 2022, 3 years",
        "13 of 340 rows, 3.8 % [2.2, 6.4], are near-duplicates",
        "Not measured: no model of this workspace has written anything.",
        "Not identifiable: no pinned human rows.",
        "7 labels contradict themselves or cannot be read and are counted as unknown.",
        "also written gpt4",
        "40 rows · 10,000.0 a million",
    ):
        assert words in page


@pytest.mark.parametrize(("halvings", "sure"), [(0, "counted, every row"), (3, "a lower bound, among 400 of 400 rows")])
def test_a_sample_says_that_it_is_one(halvings: int, sure: str):
    page = render_corpus(document(sample={"rows": 400, "tokens": {"human": 9}, "halvings": halvings}))
    assert sure in re.search(r"<h2>Copies (.*?)</h2>", page)[1]  # type: ignore[index]


@pytest.mark.parametrize(
    ("outcomes", "verdict", "headline"),
    [
        (["held", "exceeded"], "block", "1 of 2 limits is exceeded"),
        (["held", "not-measured"], "inconclusive", "40.0 % of 400 rows are declared synthetic"),
        (["held"], "pass", "40.0 % of 400 rows are declared synthetic"),
        ([], "report", "40.0 % of 400 rows are declared synthetic"),
    ],
)
def test_limits_colour_the_head_of_the_page(outcomes: list[str], verdict: str, headline: str):
    limits = [{"setting": "max_unknown_percent", "limit_percent": 5, "outcome": one, "found": "40 of 400"} for one in outcomes]
    page = render_corpus(document(limits=limits))
    assert f'<header class="verdict {verdict}">\n<h1>{headline}' in page


def test_an_estimate_stands_beside_what_was_declared_and_a_group_without_one_says_why():
    whole = {"by": "batch", "group": "batch", "rows": 400, "declared_synthetic": 160, "claimed_human": 200, "signals": ["style"]}
    groups = [
        {**whole, "laundered": {"share": 0.11, "low": 0.05, "high": 0.18}},
        {**whole, "by": "slice", "group": "news", "not_identifiable": {"reason": "too-few-rows", "detail": "12 rows claim to be human"}},
    ]
    page = render_corpus(document(laundered={"looked_at": 200, "references": 90, "known_rows": 80, "signals": {}, "groups": groups}))
    assert "11.0 % [5.0, 18.0] of the rows that claim to be human are model text, by the signal style" in page
    assert "not identifiable <small>12 rows claim to be human</small>" in page
    assert "200 of 400 rows claim to be human" in page


def test_a_corpus_of_many_names_makes_no_large_page():
    long = "n" * 200
    groups = [{"name": f"{long}{n}", "origins": counts(human=1, model=1)} for n in range(60)]
    years = [{"name": str(year), "origins": counts(human=5, model=1)} for year in range(1000, 2100)]
    names = [
        {"generator": f"{long}{n}", "rows": 1, "tokens": 1, "unknown_version": 0, "versions": 1, "spellings": [long] * 50}
        for n in range(100)
    ]
    trend = {"not_told": "no row of known vintage is declared synthetic"}
    page = render_corpus(document(by_slice=groups, slices=9_000, by_vintage=years, trend=trend, generators=names, generator_names=900))
    assert len(page) < 300_000
    assert "8,984 smaller ones are left out here" in page


def test_the_picture_is_whole_xml_with_the_unknown_vintage_apart_and_years_in_their_places():
    years = ("2019", "2021", "2022", "unknown")
    columns = [
        Column(name=name, parts=[("model", 1), ("human", 3)], amount=9, interval=(0.25, 0.1, 0.5), line=None if name == "unknown" else 0.2)
        for name in years
    ]
    for picture in (vintage_picture(columns), volume_picture(columns)):
        root = ElementTree.fromstring(str(picture))  # noqa: S314 - our own picture
        assert root.tag == "svg"
    dots = [float(x) for x in re.findall(r'cx="([\d.]+)%"', str(vintage_picture(columns)))]
    assert dots[1] - dots[0] == pytest.approx(2 * (dots[2] - dots[1]), abs=0.05)
    assert dots[3] - dots[2] > dots[2] - dots[1]


def test_the_trend_is_drawn_only_where_it_is_a_share():
    columns = [Column(name=str(2000 + n), parts=[("human", 1)], amount=1, interval=None, line=-0.5 + n * 0.5) for n in range(4)]
    heights = [float(y) for y in re.findall(r'class="trend".*?y1="([\d.]+)".*?y2="([\d.]+)"', str(vintage_picture(columns)))[0]]
    assert heights == [FLOOR, TOP]
