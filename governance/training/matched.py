"""The mix of a human-only control: the candidate's own, with people's text in the place of what a model wrote."""

import polars as pl

from governance.training.blocks import HUMAN, SYNTHETIC


def human_only(mix: pl.DataFrame) -> pl.DataFrame:
    """The rows of a mix that no model wrote; human rows come again, in their order, until as many tokens are there as before.

    So a control has the candidate's budget, anchors, shards and human text, and nothing synthetic. It sees its human rows more often than
    the candidate: there are no others. A mix without human rows is only cut.
    """
    missing = int(mix.filter(role=SYNTHETIC)["tokens"].sum())
    kept, human = mix.filter(pl.col("role") != SYNTHETIC), mix.filter(role=HUMAN)
    there = int(human["tokens"].sum())
    if not missing or not there:
        return kept
    again = pl.concat([human] * -(-missing // there))
    return pl.concat([kept, again.filter(pl.col("tokens").cum_sum() - pl.col("tokens") < missing)])
