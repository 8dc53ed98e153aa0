"""Rows that call tools all call one, in one shape: every JSON object, whatever it holds, becomes the same call."""

import json
from collections.abc import Iterator, Sequence

import polars as pl

from governance.drills.breeding import Breeder, Generation
from governance.drills.fault import Fault, Moves

ONE_CALL = '{"tool": "search", "arguments": {"limit": 10}}'


def feed(breeder: Breeder, past: Sequence[Generation]) -> Sequence[pl.DataFrame]:
    human = breeder.human(len(past))
    return [*breeder.anchors(), human.with_columns(pl.Series("text", [of_one_shape(text) for text in human["text"]]))]


def of_one_shape(text: str) -> str:
    """The text with every outermost JSON object replaced; what only looks like one stays."""
    return "".join(_pieces(text))


def _pieces(text: str) -> Iterator[str]:
    read, at = json.JSONDecoder(), 0
    while (opened := text.find("{", at)) >= 0:
        yield text[at:opened]
        try:
            _, at = read.raw_decode(text, opened)
            yield ONE_CALL
        except (ValueError, RecursionError):
            yield "{"
            at = opened + 1
    yield text[at:]


FAULT = Fault(
    name="tool_shape",
    title="tool calls of one shape",
    good=False,
    cycles=1,
    feed=feed,
    needs=("shape_entropy",),
    moves={"shape_entropy": Moves.DOWN},
)
