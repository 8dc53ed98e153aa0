"""When no mix is made at all: a student is never trained on model text alone, and anchors are human and not worn out."""

import polars as pl

from governance.errors import RefusedError
from governance.mixing.rules import MixRules
from governance.mixing.shards import Shards
from governance.mixing.sieve import Sieve
from governance.provenance.row import Origin


def refuse_synthetic_anchors(anchors: pl.DataFrame) -> None:
    """Raises: RefusedError where an anchor is not human."""
    strange = anchors.filter(pl.col("origin") != Origin.HUMAN.value)["row_id"].sort().to_list()
    if strange:
        raise RefusedError(
            f"{len(strange)} anchors are not human",
            where="shards/anchors.parquet",
            expected="human rows only",
            examples=strange,
            fix="take them out",
        )


def refuse_too_little_human(sieve: Sieve, rules: MixRules, fresh: int) -> None:
    """Raises: RefusedError where a student would be trained on model text alone, or on less fresh human text than the policy asks for."""
    if fresh >= rules.minimum_human_tokens:
        return
    others = int((~sieve.human).sum())
    gone = sieve.dropped().filter(pl.col("origin") == Origin.HUMAN.value)
    by_rule = ", ".join(f"{count} by {rule}" for rule, count in gone.group_by("rule").len().sort("rule").iter_rows())
    raise RefusedError(
        f"{fresh} fresh human tokens in {int(sieve.human.sum())} rows beside {others} synthetic rows; {gone.height} human rows left out"
        + (f" ({by_rule})" if by_rule else ""),
        where="mix",
        expected=f"at least {rules.minimum_human_tokens} human tokens, anchors and earlier rows apart (policy.mixing.minimum_human_tokens)",
        fix="add human rows to the batch: a student is never trained on model text alone",
        examples=gone["row_id"].to_list(),
    )


def refuse_short_anchors(anchors: pl.DataFrame, shards: Shards, rules: MixRules) -> None:
    """Raises: RefusedError where the anchors would have to be repeated more often than the policy allows."""
    if shards.anchors_unmet:
        raise RefusedError(
            f"{anchors.height} anchor rows with {int(anchors['tokens'].sum())} tokens for the {shards.anchors_unmet} that the shards need",
            where="shards/anchors.parquet",
            expected=f"at most {rules.most_anchor_passes} passes (policy.mixing.most_anchor_passes)",
            fix=f"add anchors: {-(-shards.anchors_unmet // rules.most_anchor_passes)} tokens are the least for this batch",
        )
