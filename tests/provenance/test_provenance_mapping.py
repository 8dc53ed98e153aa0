import pytest

from governance.errors import PolicyError
from governance.provenance.mapping import TARGETS, ColumnMapping, FieldSource

LEAST = {"row_id": "id", "text": "text", "origin": "source"}


def test_without_a_mapping_the_fields_are_columns_of_their_own_names() -> None:
    mapping = ColumnMapping.from_document({})
    assert {name: found.columns for name, found in mapping.fields.items()} == {name: (name,) for name in TARGETS}
    assert mapping.columns_a_table_must_have == ("row_id", "text", "origin")


def test_a_mapping_takes_columns_lists_constants_separators_and_values() -> None:
    mapping = ColumnMapping.from_document(
        LEAST
        | {
            "vintage": ["created_at", "first_published"],
            "source_tier": {"constant": "archive"},
            "parent_ids": {"column": "parents", "separator": ";"},
            "values": {"origin": {"AI": "model"}},
        }
    )
    assert mapping.fields["vintage"].columns == ("created_at", "first_published")
    assert mapping.fields["source_tier"].constant == "archive"
    assert mapping.fields["parent_ids"] == FieldSource(columns=("parents",), separator=";")
    assert mapping.values["origin"]["AI"] == "model"
    assert mapping.list_columns == ("parents",)
    assert mapping.columns_a_table_must_have == ("created_at", "first_published", "id", "parents", "source", "text")


@pytest.mark.parametrize(
    ("document", "said"),
    [
        (LEAST | {"author": "by"}, "'author' is no field of a row"),
        ({"row_id": "id", "text": "text"}, "'origin' is not mapped"),
        (LEAST | {"slice": 7}, "source.mapping.slice: 7 names no column"),
        (LEAST | {"slice": []}, "source.mapping.slice"),
        (LEAST | {"slice": {"column": "a", "constant": "b"}}, "source.mapping.slice: names either columns or a constant"),
        (LEAST | {"slice": {"constant": "b", "separator": ";"}}, "a separator is some characters, and needs a column"),
        (LEAST | {"values": {"origin": "model"}}, "source.mapping.values"),
        (LEAST | {"values": {"origin": {"AI": 1}}}, "source.mapping.values"),
        (LEAST | {"values": {"author": {"x": "y"}}}, "'author' is no field of a row"),
    ],
)
def test_an_impossible_mapping_is_refused_with_its_place(document: dict[str, object], said: str) -> None:
    with pytest.raises(PolicyError) as error:
        ColumnMapping.from_document(document)
    assert said in str(error.value)
