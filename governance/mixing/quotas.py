"""Which synthetic rows a mix has room for: under the cap of the run, of the row's slice and of its task, all at once and in integers."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.mixing.caps import synthetic_limit
from governance.mixing.order import fitting
from governance.mixing.rules import MixRules
from governance.provenance.hashing import Places

RUN_CAP, SLICE_CAP, TASK_CAP = "synthetic-cap", "slice-cap", "task-cap"
NO_PART = "none"
"""The slice or task of a row that has none."""
_NO_LIMIT = (1 << 62, 0)
_STAYS = -1
_ROWS_AT_A_TIME = 1 << 16

Charges = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """How one column divides synthetic rows: the code of every row, and of every code its limit in tokens and the cap behind it."""

    codes: Places
    limits: Sequence[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """Rows that one limit kept out: the places `at` which they are, ascending, and why."""

    rule: str
    detail: str
    at: Places


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """`stays` are places of rows that are in, ascending; `left` has every other row once."""

    stays: Places
    left: tuple[Charge, ...]


def fill(humans: pl.DataFrame, synthetic: pl.DataFrame, rules: MixRules) -> Filling:
    """Take synthetic rows in the order given while they fit; a row that does not is passed over and charged to the first limit in its way.

    Every human row is in the mix, so the limits are fixed before the first synthetic row is looked at and hold for what is really there.
    No row that was passed over would fit into what is left.
    """
    sizes = synthetic["counted"].to_numpy().astype(np.int64)
    run = synthetic_limit(int(humans["tokens"].sum()), rules.synthetic_cap_percent)
    if not (rules.slice_caps or rules.task_caps or rules.slice_cap_percent is not None):
        stays = fitting(sizes, run)
        rule, detail = _run_charge(run, rules)
        return Filling(stays=stays, left=(Charge(rule=rule, detail=detail, at=_left(sizes.size, stays)),))
    slices = _part(humans, synthetic, "slice", rules.cap_of_slice)
    tasks = _part(humans, synthetic, "task", rules.cap_of_task)
    codes, names = _walk(sizes, slices, tasks, run, rules)
    charges = (Charge(rule=rule, detail=detail, at=np.flatnonzero(codes == code)) for (rule, detail), code in names.items())
    return Filling(stays=np.flatnonzero(codes == _STAYS), left=tuple(charges))


def caps_document(selected: pl.DataFrame, rules: MixRules) -> dict[str, dict[str, int]]:
    """The caps that hold for the slices and tasks of a mix, by name; a slice or task without a cap is not in."""
    found = {}
    for name, column, cap_of in (("slice_caps", "slice", rules.cap_of_slice), ("task_caps", "task", rules.cap_of_task)):
        caps = ((value, cap_of(value)) for value in sorted(_values(selected, column).unique().to_list()))
        found[name] = {value: cap for value, cap in caps if cap is not None}
    return found


def beyond_caps(document: Mapping[str, Any]) -> Sequence[str]:
    """Slices and tasks of a mix.json that hold more synthetic text than their own cap allows; none in a mix that we made."""
    beyond = []
    for parts, caps in (("slices", "slice_caps"), ("tasks", "task_caps")):
        for name, cap in document[caps].items():
            tokens = document[parts][name]
            if tokens["counted"] > synthetic_limit(tokens["human"], cap):
                beyond.append(f"{parts} {name}: {tokens} under a cap of {cap} %")
    return beyond


def _part(humans: pl.DataFrame, synthetic: pl.DataFrame, column: str, cap_of: Any) -> Part:
    values = _values(synthetic, column)
    names = values.unique().sort().to_list()
    carried = dict(humans.group_by(_values(humans, column)).agg(pl.col("tokens").sum()).iter_rows())
    caps = [cap_of(name) for name in names]
    limits = [
        _NO_LIMIT if cap is None else (synthetic_limit(int(carried.get(name, 0)), cap), cap) for name, cap in zip(names, caps, strict=True)
    ]
    codes = values.replace_strict(names, list(range(len(names))), return_dtype=pl.Int64) if names else values.cast(pl.Int64)
    return Part(codes=codes.to_numpy(), limits=limits)


def _values(rows: pl.DataFrame, column: str) -> pl.Series:
    return rows[column].fill_null(NO_PART)


def _walk(sizes: Places, slices: Part, tasks: Part, run: int, rules: MixRules) -> tuple[Charges, dict[tuple[str, str], int]]:
    """(`_STAYS` for every row that stays, and for others the number of the charge; the number of each charge)."""
    in_slice, in_task, in_run = [limit for limit, _ in slices.limits], [limit for limit, _ in tasks.limits], run
    codes, names = np.full(sizes.size, _STAYS, dtype=np.int32), dict[tuple[str, str], int]()
    for place, size, slice_, task in _one_by_one(sizes, slices.codes, tasks.codes):
        if size > in_slice[slice_]:
            charge = _charge(SLICE_CAP, "slice", slices.limits[slice_])
        elif size > in_task[task]:
            charge = _charge(TASK_CAP, "task", tasks.limits[task])
        elif size > in_run:
            charge = _run_charge(run, rules)
        else:
            in_slice[slice_] -= size
            in_task[task] -= size
            in_run -= size
            continue
        codes[place] = names.setdefault(charge, len(names))
    return codes, names


def _one_by_one(sizes: Places, slices: Places, tasks: Places) -> Iterator[tuple[int, int, int, int]]:
    """(place, size, slice, task) of every row, of which some are numbers of Python at a time."""
    for first in range(0, sizes.size, _ROWS_AT_A_TIME):
        last = first + _ROWS_AT_A_TIME
        some = (numbers[first:last].tolist() for numbers in (sizes, slices, tasks))
        yield from zip(range(first, last), *some, strict=False)


def _charge(rule: str, part: str, limit: tuple[int, int]) -> tuple[str, str]:
    return rule, f"beyond {limit[0]} tokens, {limit[1]} % of the human and synthetic text of its {part}"


def _run_charge(run: int, rules: MixRules) -> tuple[str, str]:
    return RUN_CAP, f"beyond {run} tokens, {rules.synthetic_cap_percent} % of human and synthetic together"


def _left(rows: int, stays: Places) -> Places:
    gone = np.ones(rows, dtype=np.bool_)
    gone[stays] = False
    return np.flatnonzero(gone)
