"""A store is looked at as it is: a row without a text is left out by rule, and a doubtful label is counted and is no label."""

import pytest

from governance.errors import PolicyError, UsageError
from governance.provenance.corpus.asked import mapping_asked
from governance.provenance.corpus.rows import audited, lenient
from governance.provenance.rules import REFUSE, ProvenanceRules
from tests.provenance.corpus_rows import claimed, human, model

LENIENT = lenient(ProvenanceRules())


def test_a_row_without_a_text_is_left_out_by_its_rule():
    rows, troubles = audited(claimed(human("a", " "), human("b", "x" * 1_000_001), human("c", "text")), LENIENT)
    assert rows["left_out"].to_list() == ["empty-text", "text-too-long", None]
    assert troubles == {}


@pytest.mark.parametrize(
    ("row", "rule", "origin"),
    [
        ({"row_id": "a", "text": "t"}, "missing-origin", "unknown"),
        ({"row_id": "a", "text": "t", "origin": "robot"}, "unrecognised-origin", "unknown"),
        (human("a", "t", generator="gpt-4"), "generator-on-human", "unknown"),
        ({"row_id": "a", "text": "t", "origin": "model"}, "missing-generator", "model"),
        (human("a", "t", vintage="last spring"), "unreadable-vintage", "human"),
        (human("a", "t", vintage="9999-01-01"), "impossible-vintage", "human"),
    ],
)
def test_a_doubtful_label_is_counted_and_nothing_is_believed_of_it(row, rule, origin):
    rows, troubles = audited(claimed(row), LENIENT)
    assert (rows["left_out"].to_list(), rows["origin"].to_list(), rows["vintage"].to_list()) == ([None], [origin], ["unknown"])
    assert troubles == {rule: 1}


def test_every_trouble_of_a_row_is_counted_not_the_first_alone():
    _, troubles = audited(claimed({"row_id": "a", "text": "t", "origin": "robot", "vintage": "soon"}), LENIENT)
    assert troubles == {"unrecognised-origin": 1, "unreadable-vintage": 1}


def test_a_row_without_an_id_is_named_by_its_place():
    rows, troubles = audited(claimed({"text": "t", "origin": "human"}, name="deep/rows.jsonl"), LENIENT)
    assert (rows["row_id"].to_list(), troubles) == (["deep/rows.jsonl:1"], {})


def test_a_policy_that_refuses_classes_hides_none_of_them_from_an_audit():
    strict = ProvenanceRules(weak=REFUSE, unknown_origin=REFUSE, unknown_vintage=REFUSE, exposed=REFUSE, known_tiers=("archive",))
    rows, troubles = audited(claimed(human("a", "t"), {"row_id": "b", "text": "t", "origin": "weak"}), lenient(strict))
    assert rows["origin"].to_list() == ["human", "weak"]
    assert troubles == {}


def test_generators_have_their_reviewed_name_and_keep_the_spelling():
    rules = lenient(ProvenanceRules(aliases={"GPT4": "gpt-4"}))
    rows, _ = audited(claimed(model("a", "t", generator="GPT4"), model("b", "t", generator="Gpt-4")), rules)
    assert rows["generator"].to_list() == ["gpt-4", "Gpt-4"]
    assert rows["generator_found"].to_list() == ["GPT4", "Gpt-4"]


def test_a_typed_mapping_goes_over_that_of_the_settings():
    found = mapping_asked(
        {"row_id": "id", "text": "body", "origin": "who", "values": {"origin": {"AI": "model"}}},
        ["text=content", "vintage=made,added", "source_tier=constant:crawl", "origin.people=human"],
    )
    assert found.fields["text"].columns == ("content",)
    assert found.fields["vintage"].columns == ("made", "added")
    assert found.fields["source_tier"].constant == "crawl"
    assert found.values["origin"] == {"AI": "model", "people": "human"}
    assert found.columns_a_table_must_have == ("added", "content", "id", "made", "who")


def test_a_store_needs_its_text_and_nothing_else():
    assert mapping_asked({}, ["text=body"]).columns_a_table_must_have == ("body",)
    assert mapping_asked({}, []).columns_a_table_must_have == ("text",)
    with pytest.raises(PolicyError, match="'text' is not mapped"):
        mapping_asked({}, ["origin=who"])


@pytest.mark.parametrize("asked", ["text", "text=", "=body", "colour=body", "origin.=model"])
def test_what_maps_nothing_is_refused_with_the_fields_that_there_are(asked: str):
    with pytest.raises(UsageError, match="maps nothing"):
        mapping_asked({}, [asked])
