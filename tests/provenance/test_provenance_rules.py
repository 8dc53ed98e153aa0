from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.digest import digest_text
from governance.provenance.batch_rules import BATCH_FIXES, judge_batch, register_of
from governance.provenance.claims import MANY, ONE, claims, raw_schema
from governance.provenance.cycles import ids_on_cycles
from governance.provenance.mapping import ColumnMapping
from governance.provenance.row_rules import ROW_RULES, judge_rows
from governance.provenance.rules import ProvenanceRules
from governance.provenance.unread import UNREAD_FIXES

IDENTITY = ColumnMapping.from_document({})
GOOD: dict[str, Any] = {
    "row_id": "a",
    "text": "Some text.",
    "origin": "model",
    "generator": "g",
    "generator_version": "1",
    "vintage": "2020-01-01",
}
ADMIT_ALL = ProvenanceRules(weak="admit", unknown_origin="admit")


def judged(*rows: dict[str, Any], rules: ProvenanceRules | None = None, mapping: ColumnMapping = IDENTITY) -> pl.DataFrame:
    raw = [
        {"line": n, **{ONE + k: v for k, v in row.items() if k != "parent_ids"}, MANY + "parent_ids": row.get("parent_ids")}
        for n, row in enumerate(rows, start=1)
    ]
    return judge_rows(claims(pl.DataFrame(raw, schema=raw_schema(mapping)), mapping, "x.jsonl"), rules or ProvenanceRules())


def rule_of(row: dict[str, Any], rules: ProvenanceRules | None = None) -> str | None:
    found: str | None = judged(row, rules=rules)["rule"].item()
    return found


def test_a_row_with_everything_is_admitted_with_its_digest() -> None:
    row = judged(GOOD).row(0, named=True)
    assert row["rule"] is None
    assert row["sha256"] == digest_text("Some text.")
    assert (row["slice"], row["task"], row["parent_ids"], row["line"]) == ("none", "none", [], 1)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"row_id": " "}, "missing-id"),
        ({"row_id": None}, "missing-id"),
        ({"row_id": "a\u202eb"}, "unprintable-name"),
        ({"slice": "x" * 201}, "unprintable-name"),
        ({"generator": "g\x1b[31m"}, "unprintable-name"),
        ({"parent_ids": ["b", "c\u200b"]}, "unprintable-name"),
        ({"text": None}, "empty-text"),
        ({"text": " \n\t\u200b\ufeff"}, "empty-text"),
        ({"text": "a\0b"}, "nul-character"),
        ({"text": "é" * 500_001}, "text-too-long"),
        ({"origin": None}, "missing-origin"),
        ({"origin": "AI"}, "unrecognised-origin"),
        ({"origin": "human"}, "generator-on-human"),
        ({"origin": "human", "generator": None}, "generator-on-human"),
        ({"generator": None}, "missing-generator"),
        ({"origin": "hybrid", "generator": ""}, "missing-generator"),
        ({"origin": "weak"}, "weak-origin"),
        ({"origin": "unknown", "generator": None}, "unknown-origin"),
        ({"vintage": "last year"}, "unreadable-vintage"),
        ({"vintage": "9999-01-01"}, "impossible-vintage"),
        ({"parent_ids": ["b", "a"]}, "self-parent"),
    ],
)
def test_a_broken_row_is_refused_by_the_first_rule_it_breaks(change: dict[str, Any], rule: str) -> None:
    assert rule_of(GOOD | change) == rule


@pytest.mark.parametrize(
    "change",
    [
        {"origin": "Human", "generator": None, "generator_version": None},
        {"origin": "hybrid"},
        {"origin": "exposed"},
        {"origin": "Exposed", "generator": None, "generator_version": None},
        {"generator_version": None},
        {"vintage": None},
        {"vintage": " "},
        {"text": "\ufffd caf\u00e9 \u202eabc\u202c"},
        {"parent_ids": ["b", " ", None, "b"]},
        {"row_id": "https://example.org/a?b=1"},
    ],
)
def test_a_strange_but_honest_row_is_admitted(change: dict[str, Any]) -> None:
    assert rule_of(GOOD | change) is None


@pytest.mark.parametrize(
    ("setting", "change", "rule"),
    [
        ({"unknown_generator_version": "refuse"}, {"generator_version": None}, "unknown-generator-version"),
        ({"unknown_vintage": "refuse"}, {"vintage": None}, "unknown-vintage"),
        ({"known_tiers": ("publisher",)}, {"source_tier": "crawl"}, "tier-not-admitted"),
        ({"known_tiers": ("publisher",)}, {"source_tier": None}, "tier-not-admitted"),
        ({"exposed": "refuse"}, {"origin": "exposed"}, "exposed-origin"),
        ({"weak": "admit"}, {"origin": "weak"}, None),
        ({"unknown_origin": "admit"}, {"origin": "unknown", "generator": None}, None),
        ({"known_tiers": ("publisher",)}, {"source_tier": "publisher"}, None),
        ({"min_characters": 0}, {"text": ""}, None),
        ({"min_characters": 11}, {}, "empty-text"),
        ({"max_row_bytes": 9}, {}, "text-too-long"),
    ],
)
def test_the_policy_decides_on_doubtful_classes(setting: dict[str, Any], change: dict[str, Any], rule: str | None) -> None:
    assert rule_of(GOOD | change, ProvenanceRules(**setting)) == rule


def test_a_version_is_asked_of_generators_and_never_of_people() -> None:
    human = GOOD | {"origin": "human", "generator": None, "generator_version": None}
    assert rule_of(human, ProvenanceRules(unknown_generator_version="refuse")) is None


def test_an_unknown_origin_that_is_admitted_carries_an_unknown_generator() -> None:
    row = judged(GOOD | {"origin": "unknown", "generator": None}, rules=ADMIT_ALL).row(0, named=True)
    assert (row["origin"], row["generator"], row["rule"]) == ("unknown", "unknown", None)


def test_no_refusal_quotes_the_text() -> None:
    secret = "SECRET" * 10
    rows = [GOOD | {"text": secret, "origin": None}, GOOD | {"text": secret + "\0"}, GOOD | {"text": secret, "vintage": "x"}]
    assert "SECRET" not in "".join(judged(*rows)["found"].to_list())


def test_values_are_mapped_before_they_are_judged() -> None:
    mapping = ColumnMapping.from_document(
        {"row_id": "row_id", "text": "text", "origin": "origin", "generator": "generator", "values": {"origin": {"AI": "model"}}}
    )
    raw = pl.DataFrame(
        {
            "line": [1],
            ONE + "row_id": ["a"],
            ONE + "text": ["t"],
            ONE + "origin": [" AI "],
            ONE + "generator": ["g"],
            "unread": [None],
            "unread_found": [None],
        },
        schema=raw_schema(mapping),
    )
    assert judge_rows(claims(raw, mapping, "f"), ProvenanceRules()).select("origin", "rule").row(0) == ("model", None)


def test_the_first_usable_vintage_counts_and_parents_are_split() -> None:
    mapping = ColumnMapping.from_document(
        {
            "row_id": "i",
            "text": "t",
            "origin": "o",
            "vintage": ["v", "w"],
            "parent_ids": {"column": "p", "separator": ";"},
            "source_tier": {"constant": "archive"},
        }
    )
    rows = [
        {"one:v": "no date", "one:w": "2020-01-01", "many:p": ["b; c;"]},
        {"one:v": None, "one:w": "2020", "many:p": None},
        {"one:v": "bad", "one:w": ""},
    ]
    raw = pl.DataFrame(
        [{"line": n, "one:i": str(n), "one:t": "t", "one:o": "human", **row} for n, row in enumerate(rows, 1)], schema=raw_schema(mapping)
    )
    found = judge_rows(claims(raw, mapping, "f"), ProvenanceRules())
    assert found["vintage"].cast(pl.String).to_list() == ["2020-01-01", "2020-12-31", None]
    assert found["parent_ids"].to_list() == [["b", "c"], [], []]
    assert found["rule"].to_list() == [None, None, "unreadable-vintage"]
    assert found["source_tier"].to_list() == ["archive"] * 3


def test_every_rule_has_one_name_and_a_fix() -> None:
    names = [*UNREAD_FIXES, *(rule.name for rule in ROW_RULES), *BATCH_FIXES]
    assert len(names) == len(set(names))
    assert all(name == name.lower() and " " not in name for name in names)
    assert all([*UNREAD_FIXES.values(), *(rule.fix for rule in ROW_RULES), *BATCH_FIXES.values()])


def batch_rules_of(*rows: dict[str, Any]) -> dict[int, str]:
    found = judge_batch(register_of(judged(*[GOOD | row for row in rows])))
    return dict(found.select("line", "rule").iter_rows())


def test_every_row_of_an_id_with_two_texts_is_refused() -> None:
    assert batch_rules_of({}, {"text": "other"}, {"row_id": "b"}, {}) == {1: "duplicate-id", 2: "duplicate-id", 4: "duplicate-id"}


def test_one_text_under_two_origins_is_a_clash_and_not_a_repeat() -> None:
    human = {"origin": "human", "generator": None, "generator_version": None}
    assert batch_rules_of({}, human) == {1: "duplicate-id", 2: "duplicate-id"}


def test_of_identical_rows_the_first_stays() -> None:
    assert batch_rules_of({}, {"row_id": "b"}, {}, {}) == {3: "repeated-row", 4: "repeated-row"}


def test_a_refused_row_and_its_mended_copy_may_stand_in_one_batch() -> None:
    assert batch_rules_of({"generator": None}, {}) == {}


def test_every_row_on_a_circle_is_refused_and_its_descendants_stay() -> None:
    rows = [{"row_id": i, "parent_ids": p} for i, p in [("a", ["b"]), ("b", ["c", "x"]), ("c", ["a"]), ("d", ["a"]), ("x", [])]]
    assert batch_rules_of(*rows) == dict.fromkeys((1, 2, 3), "cyclic-parents")


def test_a_circle_is_seen_through_a_row_that_was_refused_already() -> None:
    rows = [{"row_id": "a", "parent_ids": ["b"]}, {"row_id": "b", "parent_ids": ["a"], "text": ""}]
    assert batch_rules_of(*rows) == {1: "cyclic-parents"}


def test_a_human_row_made_from_a_model_row_is_refused() -> None:
    human = {"row_id": "h", "origin": "human", "generator": None, "generator_version": None}
    assert batch_rules_of({}, human | {"parent_ids": ["a"]}) == {2: "human-from-model"}
    assert batch_rules_of(human, human | {"row_id": "i", "parent_ids": ["h", "absent"]}) == {}


IDS = st.sampled_from("abcdefgh")


@given(st.lists(st.tuples(IDS, IDS), max_size=24))
def test_cycles_are_exactly_the_ids_that_reach_themselves(pairs: list[tuple[str, str]]) -> None:
    reach = {a: {b for c, b in pairs if c == a and b != a} for a in "abcdefgh"}
    for _ in reach:
        reach = {a: found | {c for b in found for c in reach[b]} for a, found in reach.items()}
    edges = pl.DataFrame(pairs, schema={"child": pl.String, "parent": pl.String}, orient="row")
    assert ids_on_cycles(edges) == {a for a, found in reach.items() if a in found}


def test_a_long_chain_is_no_circle_and_a_long_circle_is_one() -> None:
    n = 3_000
    chain = pl.DataFrame({"child": [str(i) for i in range(n)], "parent": [str(i + 1) for i in range(n)]})
    assert ids_on_cycles(chain) == frozenset()
    closed = pl.concat([chain, pl.DataFrame({"child": [str(n)], "parent": ["0"]})])
    assert len(ids_on_cycles(closed)) == n + 1
