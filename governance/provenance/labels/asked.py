"""What people were asked: the rows of every exported sheet, without their texts, so that an answer may come a cycle later."""

import polars as pl

from governance.provenance.labels.label import KEY

ASKED_SCHEMA = pl.Schema(
    {
        "row_id": pl.String(),
        "sha256": pl.String(),
        "origin": pl.String(),
        "generator": pl.String(),
        "generator_version": pl.String(),
        "label": pl.Int64(),  # seq of the label that the row had then; 0 = none
        "shown": pl.String(),  # digest of the text as the sheet shows it
    }
)


def asked_too(before: pl.DataFrame, now: pl.DataFrame) -> pl.DataFrame:
    """Both together, each row once, as it was asked last."""
    return pl.concat([before, now.select(ASKED_SCHEMA.names())]).unique(KEY, keep="last", maintain_order=True)
