from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laundered_rows import RULES, batch, references

from governance.errors import RefusedError
from governance.provenance.kin import families
from governance.provenance.laundering.audit import LaunderingAudit, audited, signals
from governance.provenance.laundering.batch import batch_of
from governance.provenance.laundering.document import refuse_laundered
from governance.provenance.laundering.doubt import DOUBTFUL_SCHEMA
from governance.provenance.laundering.relabels import Relabels
from governance.provenance.laundering.rules import LaunderingRules
from governance.provenance.laundering.signal import Floats, Material

NOTHING_LEARNT = pl.LazyFrame(schema={"sha256": pl.String})


def audit_of(rows: pl.DataFrame, rules: LaunderingRules = RULES, means: Material | None = None) -> LaunderingAudit:
    found = batch_of(rows.lazy(), references(), NOTHING_LEARNT, means or Material(), rules, seed=3)
    return audited(found, Relabels(rows_in=rows.height, refused=0, known_texts=0, labelled=0), rules, seed=3)


@pytest.fixture(scope="module")
def laundered() -> LaunderingAudit:
    return audit_of(batch(laundered=120, human=400))


def test_the_planted_share_is_inside_the_interval_of_the_batch_and_of_its_slices_beside_what_was_declared(laundered: LaunderingAudit):
    groups = {(group["by"], group["group"]): group for group in laundered.document["groups"]}
    whole = groups["batch", "batch"]
    assert (whole["rows"], whole["declared_synthetic"], whole["claimed_human"]) == (640, 240, 400)
    assert whole["laundered"]["low"] <= 0.3 <= whole["laundered"]["high"]
    assert whole["laundered"]["high"] - whole["laundered"]["low"] <= 0.2
    assert {("slice", "news"), ("slice", "sport"), ("vintage", "2021"), ("vintage", "unknown"), ("source_tier", "wire")} <= set(groups)
    assert groups["slice", "news"]["laundered"]["low"] <= 0.3 <= groups["slice", "news"]["laundered"]["high"]


def test_a_sure_gap_stops_the_batch_with_the_number_its_interval_and_the_worst_group(laundered: LaunderingAudit):
    assert (laundered.document["verdict"], laundered.document["stops"]) == ("block", True)
    with pytest.raises(RefusedError, match=r"batch|slice|vintage|source_tier") as refused:
        refuse_laundered(laundered.document)
    assert "% [" in str(refused.value)
    assert "limit 10 %" in str(refused.value)


def test_the_policy_may_only_report_it():
    told = audit_of(batch(laundered=120, human=400), replace(RULES, gap="report")).document
    assert (told["verdict"], told["stops"]) == ("block", False)
    refuse_laundered(told)


def test_a_batch_of_people_passes():
    document = audit_of(batch(laundered=0, human=400)).document
    assert (document["verdict"], document["stops"]) == ("pass", False)
    assert document["groups"][0]["laundered"]["low"] <= 0.01


def poor_slice() -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and references of which the slice `essays` has 15 pinned ones, and is about things that no other slice is about."""
    draws = np.random.Generator(np.random.Philox(5))
    essays = [" ".join(draws.choice(["bast", "bern", "bil", "gum", "fol"], 60)) for _ in range(405)]
    rows, pinned = batch(laundered=0, human=400), references()
    by_people = rows.head(150).with_columns(pl.Series("row_id", [f"essay-{n}" for n in range(150)]), pl.Series("text", essays[:150]))
    by_models = rows.tail(240).with_columns(pl.col("row_id") + "-essay", pl.Series("text", essays[150:390]))
    written = pl.concat([by_people, by_models]).with_columns(pl.lit("essays").alias("slice"))
    few = pinned.head(15).with_columns(pl.lit("essays").alias("slice"), pl.col("row_id") + "-essay", pl.Series("text", essays[390:]))
    return pl.concat([rows, written]), pl.concat([pinned, few])


def test_people_of_a_slice_with_few_pinned_rows_do_not_stop_a_batch_by_writing_on_their_subject():
    rows, pinned = poor_slice()
    found = batch_of(rows.lazy(), pinned, NOTHING_LEARNT, Material(), RULES, seed=3)
    document = audited(found, Relabels(rows_in=rows.height, refused=0, known_texts=0, labelled=0), RULES, seed=3).document
    groups = {(group["by"], group["group"]): group for group in document["groups"]}
    assert groups["slice", "essays"]["not_identifiable"]["reason"] == "too-few-references"
    assert "at_least" not in groups["slice", "essays"]
    assert (document["verdict"] != "block", document["stops"]) == (True, False)


def test_only_signals_that_know_our_own_text_bound_a_vintage_or_a_tier(laundered: LaunderingAudit):
    bounded = {group["by"] for group in laundered.document["groups"] if "at_least" in group}
    assert bounded == {"batch", "slice"}
    copies = Material(emissions=lambda texts: np.array([float("lie" in text) for text in texts]))
    rows = batch(laundered=0, human=400).with_columns(
        pl.when(pl.col("row_id").str.ends_with("5")).then(pl.lit("a lie ") + pl.col("text")).otherwise("text").alias("text")
    )
    ours = {group["by"] for group in audit_of(rows, means=copies).document["groups"] if "at_least" in group}
    assert ours == {"batch", "slice", "vintage", "source_tier"}


def test_doubtful_rows_are_listed_by_id_without_their_texts_and_all_claim_to_be_human(laundered: LaunderingAudit):
    doubtful = laundered.doubtful
    assert doubtful.schema == DOUBTFUL_SCHEMA
    assert 0 < doubtful.height <= laundered.document["doubtful"]["rows"]
    assert doubtful["row_id"].str.starts_with("claimed-").all()
    told = str(laundered.document)
    assert not any(row_id in told for row_id in doubtful["row_id"])


def test_with_one_generator_the_share_is_not_identifiable_and_never_0_to_1_but_a_bound_still_stops_the_batch():
    document = audit_of(batch(laundered=200, human=400, generators=1, declared=200)).document
    whole = document["groups"][0]
    assert whole["not_identifiable"]["reason"] == "too-few-generators"
    assert "laundered" not in whole
    assert 0.2 < whole["at_least"]["surely"] <= 0.5
    assert document["stops"]


def test_a_batch_that_declares_no_model_text_says_which_signals_were_not_measured():
    document = audit_of(batch(laundered=0, human=200, generators=0)).document
    assert {name: "not_measured" in found for name, found in document["signals"].items()} == dict.fromkeys(
        ["curvature", "emission", "style", "watermark"], True
    )
    assert (document["verdict"], document["groups"][0]["not_identifiable"]["reason"]) == ("inconclusive", "not-measured")
    assert not document["stops"]
    assert audit_of(batch(laundered=0, human=200, generators=0), replace(RULES, not_identifiable="refuse")).document["stops"]


def test_the_order_of_the_rows_changes_nothing(laundered: LaunderingAudit):
    rows = batch(laundered=120, human=400)
    again = audit_of(rows.sample(fraction=1.0, shuffle=True, seed=9))
    assert again.document == laundered.document
    assert again.doubtful.equals(laundered.doubtful)


def test_a_teacher_reads_no_text_that_it_may_have_learnt_from():
    rows = batch(laundered=0, human=200)
    read: list[str] = []

    def scorer(texts: "list[str]") -> Floats:
        read.extend(texts)
        return np.array([float(len(set(text))) for text in texts])

    learnt = rows.filter(pl.col("row_id") == "claimed-7").lazy().select("sha256")
    found = batch_of(rows.lazy(), references(), learnt, Material(teachers={"tutor": scorer}), RULES, seed=3)
    assert found.material.claimed.filter("learnt")["row_id"].to_list() == ["claimed-7"]
    curvature = next(one for one in signals() if one.name == "curvature")
    reading = curvature.measure(found.material)
    place = found.material.claimed["row_id"].to_list().index("claimed-7")
    assert np.isnan(reading.claimed[place])
    assert np.isnan(reading.claimed).sum() == 1
    assert np.isnan(reading.references).sum() == 120
    assert len(read) <= 3 * RULES.curvature_rows


def test_a_teacher_reads_the_beginning_of_a_text_so_that_its_cost_is_bounded_by_rows():
    rows = batch(laundered=0, human=20, generators=1, declared=5)
    long = rows.with_columns(pl.col("text") + pl.lit(" and so on" * 500))
    read: list[str] = []

    def scorer(texts: "list[str]") -> Floats:
        read.extend(texts)
        return np.ones(len(texts))

    material = batch_of(long.lazy(), references(), NOTHING_LEARNT, Material(teachers={"tutor": scorer}), RULES, seed=3).material
    curvature = next(one for one in signals() if one.name == "curvature")
    assert np.isfinite(curvature.measure(material).claimed).all()
    assert max(map(len, read)) == 1_000


def test_what_is_looked_at_is_bounded_and_what_is_counted_is_not():
    rows = batch(laundered=0, human=400)
    found = batch_of(rows.lazy(), references(), NOTHING_LEARNT, Material(), replace(RULES, rows_scored=100), seed=3)
    assert found.material.claimed.height == 100
    assert found.material.known.height == 100
    assert found.counts["rows"].sum() == 640
    assert set(found.material.claimed["row_id"]) != {f"claimed-{n}" for n in range(100)}


def test_rows_of_one_parent_are_one_family_and_strangers_are_not():
    rows = batch(laundered=0, human=4, generators=1, declared=4)
    parents = {"model-0-0": ["claimed-0"], "model-0-1": ["claimed-0"], "model-0-2": ["elsewhere"], "model-0-3": ["elsewhere"]}
    linked = rows.with_columns(pl.Series("parent_ids", [parents.get(row_id, []) for row_id in rows["row_id"]], dtype=pl.List(pl.String)))
    material = batch_of(linked.lazy(), references(), NOTHING_LEARNT, Material(), RULES, seed=3).material
    family = dict(pl.concat([material.claimed, material.known], how="diagonal").select("row_id", "family").iter_rows())
    assert family["claimed-0"] == family["model-0-0"] == family["model-0-1"]
    assert family["model-0-2"] == family["model-0-3"]
    assert len(set(family.values())) == 5


@given(st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=20), st.randoms())
def test_families_are_the_connected_parts_of_the_graph_in_whatever_order_its_edges_come(edges: list[tuple[int, int]], order):
    def frame(pairs: list[tuple[int, int]]) -> pl.DataFrame:
        return pl.DataFrame(
            {"child": [f"r{a}" for a, _ in pairs], "parent": [f"r{b}" for _, b in pairs]}, schema={"child": pl.String, "parent": pl.String}
        )

    found = dict(families(frame(edges)).iter_rows())
    reach = {node: {node} for pair in edges for node in pair}
    for _ in range(13):
        for a, b in edges:
            reach[a] = reach[b] = reach[a] | reach[b]
    assert set(found) == {f"r{node}" for node in reach}
    for a, joined in reach.items():
        for b in reach:
            assert (found[f"r{a}"] == found[f"r{b}"]) == (b in joined)
    shuffled = [(b, a) for a, b in edges]
    order.shuffle(shuffled)
    assert dict(families(frame(shuffled)).iter_rows()) == found
