from dataclasses import replace

import polars as pl
import pytest

from governance.adapters.great_expectations import batch_line, expectations_of, slice_lines
from governance.provenance.audit import ProvenanceAudit
from governance.provenance.last_batch import LastBatch
from governance.provenance.outline import BatchOutline

AUDIT = ProvenanceAudit(
    rows_in=20,
    by_rule={"empty-text": 2},
    by_slice={"news": {"human": 6, "model": 6}, "essays": {"model": 6}},
    unknown_vintage=3,
    unknown_generator_version=4,
    generators={"g/1": 12},
)
OUTLINE = BatchOutline(characters={100: 9, 300: 9}, years={2010: 15})


def test_a_batch_becomes_one_line_of_whole_numbers() -> None:
    line = batch_line(AUDIT, OUTLINE)
    assert (line["admitted"], line["human"], line["human_percent"], line["quarantined_percent"]) == (18, 6, 33, 10)
    assert (line["characters_median"], line["characters_p99"], line["earliest_year"], line["largest_slice_percent"]) == (100, 300, 2010, 66)
    assert slice_lines(AUDIT) == [
        {"slice": "essays", "rows": 6, "human": 0, "human_percent": 0},
        {"slice": "news", "rows": 12, "human": 6, "human_percent": 50},
    ]


def test_the_real_suites_pass_what_is_fine_and_name_what_is_not() -> None:
    results = {one["name"]: one for one in expectations_of(AUDIT, OUTLINE)}
    assert results["some-human-rows"] == {"name": "some-human-rows", "severity": "critical", "success": True, "observed": 6}
    assert {name for name, one in results.items() if not one["success"]} == {"every-slice-has-human-rows"}


@pytest.mark.parametrize(
    ("last", "failed"),
    [
        ({"by_slice": AUDIT.by_slice, "median": 100}, set()),
        ({"by_slice": {"news": {"human": 6}, "essays": {"model": 6}}, "median": 100}, set()),
        ({"by_slice": {"news": {"human": 12}, "essays": {"human": 6}}, "median": 100}, {"human-share-as-last-time"}),
        ({"by_slice": AUDIT.by_slice, "median": 210}, {"length-as-last-time"}),
        (
            {"by_slice": {"news": {"human": 6, "model": 6}, "essays": {"model": 6}, "sport": {"human": 2, "model": 18}}, "median": 100},
            {"no-slice-gone", "slices-as-last-time"},
        ),
    ],
)
def test_a_batch_unlike_the_last_one_is_named_and_never_refused(last: dict, failed: set[str]) -> None:
    results = expectations_of(AUDIT, replace(OUTLINE, last=LastBatch(cycle=1, **last)))
    found = {one["name"]: one["severity"] for one in results if not one["success"] and one["name"] != "every-slice-has-human-rows"}
    assert found == dict.fromkeys(failed, "warning")


@pytest.mark.parametrize(
    ("audit", "failed"),
    [
        (ProvenanceAudit(rows_in=3, by_rule={"missing-id": 3}), {"some-rows-admitted", "some-human-rows"}),
        (ProvenanceAudit(rows_in=9, by_slice={"news": {"model": 9}}), {"some-human-rows"}),
    ],
)
def test_no_admitted_row_and_no_human_row_fail_critically(audit: ProvenanceAudit, failed: set[str]) -> None:
    results = expectations_of(
        audit, BatchOutline.of(pl.DataFrame({"text": ["x" * 50], "vintage": [None]}, schema_overrides={"vintage": pl.Date}))
    )
    assert {one["name"] for one in results if one["severity"] == "critical" and not one["success"]} == failed
