"""Rows for the tests of mixing: random texts that share nothing, random small frames, and a slow, obvious measure of similarity."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
from hypothesis import strategies as st

from governance.mixing.plan import Mix, plan_pool
from governance.mixing.pool import Pool
from governance.mixing.rules import MixRules
from governance.mixing.woven import completed, woven
from governance.ports.rows import rows_frame
from governance.provenance.row import ROW_SCHEMA

START = {"digest": "a" * 64, "version": 1, "synthetic_tokens": 0, "total_tokens": 100, "depth": 0}
TEACHER = "b" * 64
SLICES = ("north", "south", "west")
TASKS = ("headline", "summary")


def text_of(number: int, words: int) -> str:
    """Words that occur in no text of another number."""
    return " ".join(f"w{number}x{place}" for place in range(words))


def row(row_id: str, text: str, origin: str = "human", **more: Any) -> dict[str, Any]:
    authored = {} if origin == "human" else {"generator": "writer", "generator_version": "1"}
    return {"row_id": row_id, "text": text, "origin": origin, "tokens": len(text.split()), **authored, **more}


def frame(records: list[dict[str, Any]]) -> pl.DataFrame:
    tokens = pl.Series("tokens", [record["tokens"] for record in records], dtype=pl.Int64)
    plain = [{name: value for name, value in record.items() if name != "tokens"} for record in records]
    return rows_frame(plain, "x").with_columns(tokens)


def draft(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules, **more: Any) -> Mix:
    """The mix as `plan_pool` gives it, whose parts and roles are numbers of a list."""
    given = {"teachers": {}, "model": "student", "kind": "retraining", "start": START, "seed": 7, **more}
    return plan_pool(Pool.of(rows, rules), anchors, given.pop("references", {}), rules, **given)


def plan(rows: pl.DataFrame, anchors: pl.DataFrame, rules: MixRules, **more: Any) -> Mix:
    """The mix of rows in memory (row schema plus `tokens`): `selected` is mix.parquet as the stage writes it."""
    mix = draft(rows, anchors, rules, **more)
    [(lines, said)] = woven(mix.selected, [rows.select(ROW_SCHEMA.names())[mix.came_at]], anchors)
    return replace(mix, selected=completed(lines, said))


def jaccard(one: str, other: str, size: int = 5) -> float:
    """Similarity of two texts by sets of word runs, the slow way."""
    first, second = runs(one, size), runs(other, size)
    return len(first & second) / len(first | second) if first | second else 0.0


def runs(text: str, size: int) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[place : place + size]) for place in range(len(words) - size + 1)}


def shuffled(rows: pl.DataFrame, seed: int) -> pl.DataFrame:
    return rows[np.random.Generator(np.random.Philox(seed)).permutation(rows.height)]


@st.composite
def batches(draw: st.DrawFn) -> pl.DataFrame:
    """At least one human row; distinct texts and some copies; tokens from 0 to thousands; every origin."""
    origins = draw(st.lists(st.sampled_from(["human", "human", "model", "hybrid", "exposed", "weak", "unknown"]), max_size=40))
    records = []
    for place, origin in enumerate(["human", *origins]):
        copied = draw(st.booleans()) and draw(st.booleans()) and place > 1
        number = draw(st.integers(0, place - 1)) if copied else place
        tokens = draw(st.integers(1, 3000)) if place == 0 else draw(st.integers(0, 3000))
        slice_, task = draw(st.sampled_from(SLICES)), draw(st.sampled_from(TASKS))
        records.append(row(f"r{place}", text_of(number, 12), origin, tokens=tokens, slice=slice_, task=task))
    return frame(records)


@st.composite
def anchor_sets(draw: st.DrawFn) -> pl.DataFrame:
    sizes = draw(st.lists(st.integers(1, 2000), min_size=1, max_size=12))
    slices = [draw(st.sampled_from(SLICES)) for _ in sizes]
    return frame([row(f"a{place}", text_of(10_000 + place, 12), tokens=size, slice=slices[place]) for place, size in enumerate(sizes)])


@st.composite
def mix_rules(draw: st.DrawFn) -> MixRules:
    return MixRules(
        synthetic_cap_percent=draw(st.integers(1, 50)),
        anchor_percent=draw(st.integers(0, 50)),
        shard_rows=draw(st.integers(1, 50)),
        minimum_human_tokens=1,
        most_anchor_passes=1_000_000,
        fewest_openings=draw(st.integers(1, 5)),
        slice_caps=draw(st.dictionaries(st.sampled_from(SLICES), st.integers(0, 50))),
        slice_cap_percent=draw(st.none() | st.integers(0, 50)),
        task_caps=draw(st.dictionaries(st.sampled_from(TASKS), st.integers(0, 50))),
    )
