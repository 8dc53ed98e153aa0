"""Weighting by own success: model text that is in a batch because earlier model text did well is a loop, and every turn narrows it (R62).

What a batch says of it is the field `success`: how well a published text did, by clicks, sales, a score or a win rate. A row of people
may carry it: its text came from outside the loop. What a person accepted against human or gold labels is no success of a model.
"""

from collections.abc import Mapping
from typing import Any

import polars as pl

from governance.errors import RefusedError
from governance.mixing.selection_rules import DROP, REFUSE, SelectionRules
from governance.mixing.sieve import BY_POLICY, Sieve, places
from governance.provenance.row import SUCCESS

RULE = "own-success"
_DETAIL = "carries how well a published text did, and a model wrote it"


def told_success(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows with the field, which is null where the validate stage knew of none."""
    return rows if SUCCESS in rows.columns else rows.with_columns(pl.lit(None, dtype=pl.String).alias(SUCCESS))


def without_own_success(sieve: Sieve, rules: SelectionRules) -> tuple[Sieve, Mapping[str, Any]]:
    """Synthetic rows that carry their success are flagged, or leave where policy says so; and what mix.json says of them.

    Raises: RefusedError naming rows, where policy refuses a batch that has one.
    """
    at = places(~sieve.human & sieve.column(SUCCESS).is_not_null())
    found = sieve.chosen(at, "row_id", "tokens")
    if at.size and rules.own_success == REFUSE:
        raise RefusedError(
            f"{at.size} synthetic rows carry how well they did",
            where="mix",
            expected="model text that is not picked or weighted by its own success (policy.selection.own_success)",
            fix="take the rows out, or choose model text by human or gold labels and leave the field `success` out",
            examples=found["row_id"].sort().to_list(),
        )
    told = {"rule": rules.own_success, "rows": at.size, "tokens": int(found["tokens"].sum())}
    if rules.own_success == DROP:
        return sieve.without(at, RULE, _DETAIL), told
    return sieve.flagging(at, RULE, _DETAIL, BY_POLICY), told
