"""What a sound probe brings back of the run's own controls, planted beside planted evidence."""

import math

import polars as pl

from governance.collapse.controls import ASKED_AGAIN, KNOWN_COLLAPSED, KNOWN_GOOD, PLANTED
from governance.collapse.evidence import CHAMPION, Evidence


def control_frames(evidence: Evidence) -> tuple[pl.DataFrame, pl.DataFrame]:
    """(scores, samples) of the controls."""
    scored = evidence.scores.filter((pl.col("model") == CHAMPION) & (pl.col("shard") != "training"))
    lost = scored.with_columns(pl.lit(KNOWN_COLLAPSED).alias("model"), bits=pl.col("bits") + math.log2(1 + PLANTED) * pl.col("tokens"))
    written = evidence.samples.filter(model=CHAMPION)
    few = written.with_columns(pl.lit(KNOWN_COLLAPSED).alias("model"), text=pl.col("text").first().over(pl.col("draw") % 1))
    again = written.filter(draw=0).with_columns(pl.lit(ASKED_AGAIN).alias("model"))
    good = [frame.with_columns(pl.lit(KNOWN_GOOD).alias("model")) for frame in (scored, written)]
    return pl.concat([good[0], lost]), pl.concat([good[1], few, again])
