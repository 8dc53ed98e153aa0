"""Tail retention: for every rule that took rows, what it was handed and what it left, slice by slice, in rows and in rare words."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from governance.mixing.columns import Columns
from governance.mixing.sieve import Told
from governance.mixing.tail import TailWords
from governance.provenance.hashing import Hashes, Places
from governance.provenance.row import Origin

Ranks = dict[int, int]
Groups = NDArray[np.int32]

HUMAN, SYNTHETIC = ROLES = ("human", "synthetic")
COUNTS = ("rows_in", "rows_out", "tail_words_in", "tail_words_out")
_MOST_RULES = 1 << 8
_WORDS_AT_A_TIME = 1 << 22


def retention(table: Columns, tail: TailWords, gone: Sequence[Told], rare_slices: Sequence[str]) -> list[dict[str, Any]]:
    """An entry per rule, in the order in which the rules took rows.

    `table` holds all rows in the order that `tail` counts their places in, `gone` what each rule took. A rare word is lost to a slice by
    the rule that takes the last row of the slice with that word; of the whole batch likewise. Slices that a rule took nothing from are
    not listed. `rare_slices`: human rows of rare slices together.
    """
    rules = list(dict.fromkeys(told.rule for told in gone))
    if not rules:
        return []
    ranks, (names, groups) = _ranks(table.height, gone, rules), _groups(table)
    kept_rows = _by_rank(np.bincount(groups * _MOST_RULES + ranks), names)
    kept_words, all_words = _lost_words(groups[tail.rows] * _MOST_RULES + ranks[tail.rows], tail.words, names)
    all_rows = {role: _added(found for (_, of), found in kept_rows.items() if of == role) for role in ROLES}
    rare = _added(found for (name, of), found in kept_rows.items() if of == HUMAN and name in set(rare_slices))
    return [
        {
            "rule": rule,
            **{role: _through(all_rows[role], all_words[role], rank) for role in ROLES},
            "rare_slices": {name: count for name, count in _through(rare, {}, rank).items() if name in COUNTS[:2]},
            "slices": _slices(kept_rows, kept_words, rank),
        }
        for rank, rule in enumerate(rules)
    ]


def rare_slices(human: Mapping[str, int], anchors: pl.DataFrame, most_percent: int) -> tuple[str, ...]:
    """Slices that hold at most so many percent of human rows, given slice by slice, and the anchors together."""
    counts = Counter(human)
    counts.update(anchors["slice"].fill_null("none").to_list())
    return tuple(sorted(name for name, rows in counts.items() if rows * 100 <= most_percent * counts.total()))


def _ranks(height: int, gone: Sequence[Told], rules: Sequence[str]) -> Groups:
    """The number of the rule that took each row, or how many rules there are where none did."""
    if len(rules) >= _MOST_RULES:
        raise ValueError(f"{len(rules)} rules, where {_MOST_RULES} can be told apart")
    ranks = np.full(height, len(rules), dtype=np.int32)
    for told in gone:
        ranks[told.places] = rules.index(told.rule)
    return ranks


def _groups(table: Columns) -> tuple[list[str], Groups]:
    """(names of slices, 2 i + j for a row of slice i by its role j), for every row."""
    numbers: dict[str, int] = {}
    groups = np.zeros(table.height, dtype=np.int32)
    for first, part in table.pieces("slice", "origin"):
        slices = part["slice"].fill_null("none")
        for name in slices.unique(maintain_order=True).to_list():
            numbers.setdefault(name, len(numbers))
        codes = slices.replace_strict(list(numbers), list(numbers.values()), return_dtype=pl.Int32).to_numpy()
        groups[first : first + part.height] = 2 * codes + (part["origin"] != Origin.HUMAN.value).to_numpy()
    return list(numbers), groups


def _lost_words(coded: Groups, words: Hashes, names: Sequence[str]) -> tuple[dict[tuple[str, str], Ranks], dict[str, Ranks]]:
    """(slice and role -> rank -> words, role -> rank -> words): the rule that took the last row with a word from a slice, or from all.

    `coded` is group and rank of the row that uses each of `words`. Words are counted a part of them at a time.
    """
    by_group, by_role = np.zeros(2 * len(names) * _MOST_RULES, dtype=np.int64), np.zeros(2 * _MOST_RULES, dtype=np.int64)
    parts = np.uint64(-(-words.size // _WORDS_AT_A_TIME))
    for number in range(int(parts)):
        here = np.flatnonzero(words % parts == np.uint64(number))
        group, rank = np.divmod(coded[here], _MOST_RULES)
        used = pl.DataFrame({"group": group, "role": group % 2, "word": words[here], "rank": rank})
        last = used.group_by("group", "role", "word").agg(pl.col("rank").max())
        by_group += np.bincount(last["group"].to_numpy() * _MOST_RULES + last["rank"].to_numpy(), minlength=by_group.size)
        of_all = last.group_by("role", "word").agg(pl.col("rank").max())
        by_role += np.bincount(of_all["role"].to_numpy() * _MOST_RULES + of_all["rank"].to_numpy(), minlength=by_role.size)
    roles = {role: found for (_, role), found in _by_rank(by_role, [""]).items()}
    return _by_rank(by_group, names), {role: roles.get(role, {}) for role in ROLES}


def _by_rank(counts: Places, names: Sequence[str]) -> dict[tuple[str, str], Ranks]:
    """Slice and role -> rank -> how many, of counts by group and rank."""
    found: dict[tuple[str, str], Ranks] = {}
    for code in np.flatnonzero(counts).tolist():
        group, rank = divmod(code, _MOST_RULES)
        found.setdefault((names[group // 2], ROLES[group % 2]), {})[rank] = int(counts[code])
    return found


def _added(parts: Iterable[Ranks]) -> Ranks:
    whole: Counter[int] = Counter()
    for part in parts:
        whole.update(part)
    return dict(whole)


def _through(rows: Mapping[int, int], words: Mapping[int, int], rank: int) -> dict[str, int]:
    """What was still there when a rule began and what was there when it was done."""
    counts = [sum(n for at, n in counted.items() if at >= least) for counted in (rows, words) for least in (rank, rank + 1)]
    return dict(zip(COUNTS, counts, strict=True))


def _slices(
    rows: Mapping[tuple[str, str], Mapping[int, int]], words: Mapping[tuple[str, str], Mapping[int, int]], rank: int
) -> dict[str, dict[str, dict[str, int]]]:
    found: dict[str, dict[str, dict[str, int]]] = {}
    for (name, role), ranks in sorted(rows.items()):
        if rank in ranks:
            found.setdefault(name, {})[role] = _through(ranks, words.get((name, role), {}), rank)
    return found
