"""Rows that call tools all call one, in one shape: JSON of many keys becomes JSON of one."""

from collections.abc import Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault, Moves

ONE_CALL = '{"tool": "search", "arguments": {"query": "help"}}'


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    shaped = pl.col("text").str.replace_all(r"\{[^{}]*\}", ONE_CALL)
    return [*breeder.anchors(), human.with_columns(shaped)]


FAULT = Fault(
    name="tool_shape",
    title="tool calls of one shape",
    good=False,
    cycles=1,
    feed=feed,
    needs=("shape_entropy",),
    moves={"shape_entropy": Moves.DOWN},
)
