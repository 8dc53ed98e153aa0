"""Seven spellings of one generator are one name by a reviewed table, and never by likeness alone."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from governance.provenance.aliases import FOUND, folded, named_as_reviewed, suggestions
from governance.provenance.audit import ProvenanceAudit
from governance.provenance.claims import ONE, claims, raw_schema
from governance.provenance.mapping import ColumnMapping
from governance.provenance.row_rules import judge_rows
from governance.provenance.rules import ProvenanceRules

SPELLINGS = ("gpt4", "GPT-4", "gpt_4", "gpt 4", "gpt-4-0613", "openai/gpt-4", "GPT4")
RULES = ProvenanceRules(
    aliases=dict.fromkeys(SPELLINGS, "gpt-4"),
    alias_versions={"gpt-4-0613": "0613"},
)


def judged(rows: list[tuple[str, str | None]], rules: ProvenanceRules = RULES) -> pl.DataFrame:
    """Model rows of these (generator, version), through claims and row rules."""
    mapping = ColumnMapping.from_document({})
    raw = [
        {
            "line": n,
            ONE + "row_id": f"r{n}",
            ONE + "text": "words",
            ONE + "origin": "model",
            ONE + "generator": name,
            ONE + "generator_version": version,
        }
        for n, (name, version) in enumerate(rows, start=1)
    ]
    return judge_rows(claims(pl.DataFrame(raw, schema=raw_schema(mapping)), mapping, "a.jsonl"), rules)


def test_seven_spellings_are_one_generator_and_the_audit_says_how_many_rows_were_renamed() -> None:
    audit = ProvenanceAudit.of(judged([(spelling, None) for spelling in SPELLINGS] + [("gpt-4", "0613")])).document(aliases=RULES.aliases)
    assert audit["generators"] == {"gpt-4/0613": 2, "gpt-4/unknown": 6}
    assert audit["renamed"] == dict.fromkeys(sorted(SPELLINGS), 1)
    assert audit["unknown_generator_version"] == 6
    assert audit["alias_suggestions"] == {}


def test_without_the_table_they_stay_seven_and_are_suggested_only() -> None:
    audit = ProvenanceAudit.of(judged([(spelling, None) for spelling in SPELLINGS] * 2 + [("gpt4", None)], ProvenanceRules())).document()
    assert len(audit["generators"]) == 7
    assert audit["renamed"] == {}
    assert audit["alias_suggestions"] == {"GPT-4": "gpt4", "GPT4": "gpt4", "gpt 4": "gpt4", "gpt_4": "gpt4"}


def test_a_spelling_that_is_only_like_a_known_one_keeps_its_name_and_is_suggested() -> None:
    found = judged([("Gpt.4", None), ("gpt-4o", None)])
    assert found["generator"].to_list() == ["Gpt.4", "gpt-4o"]
    assert ProvenanceAudit.of(found).document(aliases=RULES.aliases)["alias_suggestions"] == {"Gpt.4": "gpt-4"}


def test_a_version_that_only_repeats_the_alias_says_nothing() -> None:
    found = judged([("gpt4", "gpt4"), ("gpt4", "1106"), ("gpt-4-0613", "gpt-4-0613"), ("gpt-4-0613", "0613")])
    assert found["generator_version"].to_list() == [None, "1106", "0613", "0613"]
    assert found["rule"].null_count() == 4


def test_a_spelling_and_a_version_that_contradict_each_other_are_refused() -> None:
    row = judged([("gpt-4-0613", "0314")]).row(0, named=True)
    assert (row["rule"], row["found"]) == ("contradictory-version", "generator gpt-4-0613 of version 0314")


def test_the_spelling_of_the_file_is_kept_beside_the_name() -> None:
    assert judged([("GPT4", None)]).select(FOUND, "generator").row(0) == ("GPT4", "gpt-4")


names = st.text(alphabet="aB-_ .4/", min_size=1, max_size=6).filter(lambda name: name.strip() == name)


@given(st.lists(names, max_size=8), st.dictionaries(names, st.just("canon"), max_size=4))
def test_renaming_twice_is_renaming_once_and_touches_no_other_name(found: list[str], aliases: dict[str, str]) -> None:
    frame = pl.DataFrame(
        {"generator": found, "generator_version": [None] * len(found)}, schema=dict.fromkeys(("generator", "generator_version"), pl.String)
    )
    once = named_as_reviewed(frame, aliases, {})
    assert named_as_reviewed(once.drop(FOUND), aliases, {})["generator"].to_list() == once["generator"].to_list()
    assert once["generator"].to_list() == [aliases.get(name, name) for name in found]


@given(st.dictionaries(names, st.integers(1, 9), max_size=8))
def test_suggestions_lead_to_one_name_for_everything_alike(rows: dict[str, int]) -> None:
    said = suggestions(rows, {})
    for name, other in said.items():
        assert folded(name) == folded(other)
        assert other not in said
    groups = {folded(name) for name in rows}
    assert len(rows) - len(said) == len(groups)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"aliases": {"a": "b", "b": "c"}}, "is an alias itself"),
        ({"aliases": {"a": " "}}, "is no name"),
        ({"aliases": {" a": "b"}}, "is no name"),
        ({"alias_versions": {"a": "1"}}, "is no spelling"),
    ],
)
def test_a_table_that_leads_nowhere_or_on_and_on_cannot_be_built(wrong: dict[str, dict[str, str]], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        ProvenanceRules(**wrong)  # type: ignore[arg-type]
