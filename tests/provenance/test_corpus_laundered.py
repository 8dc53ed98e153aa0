"""Model text among rows that claim to be human: estimated where people of the same slice are pinned, and never guessed elsewhere."""

import numpy as np
import polars as pl
from laundered_rows import RULES, SLICES, batch, references

from governance.provenance.corpus.laundered import NO_CLAIMS, NO_REFERENCES, NOT_AT_HOME, Comparison, laundered
from governance.provenance.corpus.tally import Tally
from governance.provenance.laundering.audit import signals
from governance.provenance.laundering.signal import Material


def sampled(rows: pl.DataFrame) -> pl.DataFrame:
    year = pl.col("vintage").dt.year().cast(pl.String).fill_null("unknown")
    spelt = pl.col("generator").alias("generator_found")
    return rows.with_columns(
        year.alias("vintage"), pl.col("source_tier").fill_null("unknown"), spelt, pl.lit(60, dtype=pl.Int64).alias("tokens")
    )


def found(rows: pl.DataFrame, pinned: pl.DataFrame) -> dict:
    against = Comparison(references=pinned, means=Material(), signals=signals(), rules=RULES, seed=3)
    return laundered(sampled(rows), Tally().with_rows(sampled(rows), {}, {}), against)


PINNED = references().drop("learnt")


def test_a_planted_share_is_inside_the_interval_of_the_corpus_and_of_its_slices():
    groups = {group["group"]: group for group in found(batch(laundered=120, human=400), PINNED)["groups"]}
    assert list(groups) == ["batch", *SLICES]
    for group in groups.values():
        assert group["laundered"]["low"] <= 0.3 <= group["laundered"]["high"]
    assert groups["batch"]["declared_synthetic"] == 240


def test_people_of_a_slice_with_few_pinned_rows_are_not_accused_of_writing_on_their_subject():
    """Essays are about things that no other slice is about, so what a detector learns in a shared domain is the subject."""
    draws = np.random.Generator(np.random.Philox(5))
    essays = [" ".join(draws.choice(["bast", "bern", "bil", "gum", "fol"], 60)) for _ in range(405)]
    rows = batch(laundered=0, human=400)
    by_people = rows.head(150).with_columns(pl.Series("row_id", [f"essay-{n}" for n in range(150)]), pl.Series("text", essays[:150]))
    by_models = rows.tail(240).with_columns(pl.col("row_id") + "-essay", pl.Series("text", essays[150:390]))
    notices = PINNED.with_columns(pl.lit("notices").alias("slice"), pl.col("row_id") + "-notice")
    pinned = [PINNED, notices, PINNED.head(15).with_columns(pl.lit("essays").alias("slice"), pl.Series("text", essays[390:]))]
    corpus = pl.concat([rows, *(part.with_columns(pl.lit("essays").alias("slice")) for part in (by_people, by_models))])
    groups = {group["group"]: group for group in found(corpus, pl.concat(pinned))["groups"]}
    assert "150 of 150 rows are in slices without enough pinned human rows" in groups["essays"]["not_identifiable"]["detail"]
    assert groups["news"]["laundered"]["low"] <= 0.02


def test_where_nothing_can_be_compared_it_says_why():
    rows = batch(laundered=0, human=120)
    assert found(rows.filter(pl.col("origin") == "model"), PINNED) == {"not_identifiable": NO_CLAIMS}
    assert found(rows, PINNED.clear()) == {"not_identifiable": NO_REFERENCES}
    elsewhere = PINNED.with_columns(pl.lit("elsewhere").alias("slice"))
    assert found(rows, elsewhere) == {"not_identifiable": NOT_AT_HOME}


def test_a_model_row_that_names_no_generator_teaches_nothing():
    rows = batch(laundered=0, human=400)
    nameless = rows.tail(5).with_columns(pl.lit(None, dtype=pl.String).alias("generator"), pl.col("row_id") + "-x")
    assert found(pl.concat([rows, nameless]), PINNED)["known_rows"] == 240
