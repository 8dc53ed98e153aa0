"""Templates: openings, sentence frames and outlines that too much model text has. They are thinned, and never among people's rows.

An opening is the first words of a row, a frame the first words of a later sentence (transition phrases are frames), an outline the order of
kinds of lines (prose, number, prose: a listicle).
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from governance.mixing.by_hash import Hashed, by_hash
from governance.mixing.findings import Findings, Frames
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Hashes, Places, mixed
from governance.provenance.shingles import openings
from governance.provenance.words import AnyWords

OPENING, FRAME, OUTLINE = ("opening", "frame", "outline")
_TOKENS_PER_RATE = 1_000_000
_PAIRS = 1_000_000
_WORDS_AT_A_TIME = 1 << 20
MARKS_AT_A_TIME = 1 << 21
"""Marks that are looked at together, about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Marks of one kind, about `count` of them: (the row in the sieve that has it, its name), each pair once."""

    kind: str
    hashed: Hashed
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Beyond:
    """`rows[i]` is a synthetic row with mark `codes[i]`, of the marks that more such rows have (`counts`) than may (`limits`).

    Of all marks, `distinct` ones, `of_people` and `of_models` are how often two rows have one in common.
    """

    distinct: int
    of_people: int
    of_models: int
    counts: Places
    limits: Places
    rows: Places
    codes: Places


def without_templates(
    sieve: Sieve, words: AnyWords, found: Findings, *, rules: MixRules, selection: SelectionRules, seed: int
) -> tuple[Sieve, dict[str, Mapping[str, int]]]:
    """Kind by kind, synthetic rows beyond a limit leave; `words` and `found` are those of all rows, by their places.

    A mark is a template where more synthetic rows have it than the rate allows and people use it less often, token for token. Rows are
    walked in a seeded order, and a row that has a mark of which enough rows are in leaves, charged to the first such mark.
    """
    limits = {
        OPENING: (rules.openings_per_million_tokens, rules.fewest_openings),
        FRAME: (selection.frames_per_million_tokens, rules.fewest_openings),
        OUTLINE: (selection.outlines_per_million_tokens, selection.fewest_outlines),
    }
    document: dict[str, Mapping[str, int]] = {}
    for kind, (per_million, fewest) in limits.items():
        marks = _read(kind, sieve, words, found, rules.opening_words)
        sieve, document[kind] = _thinned(sieve, marks, per_million, fewest, seed)
    return sieve, document


def _read(kind: str, sieve: Sieve, words: AnyWords, found: Findings, opening_words: int) -> Marks:
    if kind == OPENING:
        parts = [openings(chunk, opening_words) for _, chunk in words.take(sieve.places).chunks(_WORDS_AT_A_TIME)]
        opens = np.concatenate([np.zeros(0, dtype=np.uint64), *parts])
        return Marks(kind=kind, hashed=partial(_with_rows, opens), count=opens.size)
    if kind == FRAME:
        return Marks(kind=kind, hashed=partial(_still_in, sieve, found.frames), count=found.frames.count)
    outlined = sieve.those(found.outlines)
    names = outlined["outline"].rank("dense").to_numpy().astype(np.uint64)
    return Marks(kind=kind, hashed=partial(iter, [(outlined["at"].to_numpy(), mixed(names))]), count=names.size)


def _with_rows(opens: Hashes) -> Iterator[tuple[Places, Hashes]]:
    """The rows that open with a word, and how they do."""
    for first in range(0, opens.size, MARKS_AT_A_TIME):
        some = opens[first : first + MARKS_AT_A_TIME]
        rows = np.flatnonzero(some)
        yield rows + first, some[rows]


def _still_in(sieve: Sieve, frames: Frames) -> Iterator[tuple[Places, Hashes]]:
    for places, names in frames.pieces():
        here, at = sieve.standing(places)
        yield at, names[here]


def _thinned(sieve: Sieve, marks: Marks, per_million: int, fewest: int, seed: int) -> tuple[Sieve, Mapping[str, int]]:
    human = sieve.human.to_numpy()
    people, models = int(human.sum()), int((~human).sum())
    found = _beyond(marks, human, _tokens(sieve, human), per_million, fewest)
    rows, owners = np.unique(found.rows, return_inverse=True)
    gone = _walked(found, sieve.keys(rows, seed)[owners])
    leaves = np.array(sorted(gone), dtype=np.int64)
    stays = ~human
    stays[leaves] = False
    document = {
        "distinct": found.distinct,
        "over_limit": found.limits.size,
        "human": _per_pair(found.of_people, people),
        "synthetic": _per_pair(found.of_models, models),
        "left": _per_pair(_in_common(marks, stays) if gone else found.of_models, models - leaves.size),
    }
    charged = [gone[place] for place in leaves.tolist()]
    return sieve.without(leaves, f"template-{marks.kind}", _details(marks.kind, found.counts[charged], found.limits[charged])), document


def _tokens(sieve: Sieve, human: NDArray[np.bool_]) -> tuple[int, int]:
    """Tokens of human rows and of others."""
    whole = of_people = done = 0
    for part in sieve.pieces("tokens"):
        tokens = part["tokens"].to_numpy()
        whole += int(tokens.sum())
        of_people += int(tokens[human[done : done + part.height]].sum())
        done += part.height
    return of_people, whole - of_people


def _beyond(marks: Marks, human: NDArray[np.bool_], tokens: tuple[int, int], per_million: int, fewest: int) -> _Beyond:
    """The marks that too many synthetic rows have, and these rows."""
    least = max(per_million * sum(tokens) // _TOKENS_PER_RATE, fewest)
    distinct = of_people = of_models = 0
    found: list[tuple[Places, Places, Places, Places]] = [(np.zeros(0, dtype=np.int64),) * 4]
    for rows, names in by_hash(marks.hashed, marks.count, MARKS_AT_A_TIME):
        marked, codes = np.unique(names, return_inverse=True)
        theirs = human[rows]
        by_people, by_models = (np.bincount(codes[part], minlength=marked.size) for part in (theirs, ~theirs))
        limits = np.maximum(-(-by_people * tokens[1] // max(tokens[0], 1)), least)
        over = np.flatnonzero(by_models > limits)
        asked = np.flatnonzero((by_models > limits)[codes] & ~theirs)
        before = sum(part[0].size for part in found)
        found.append((by_models[over], limits[over], rows[asked].astype(np.int64), np.searchsorted(over, codes[asked]) + before))
        distinct, of_people, of_models = distinct + marked.size, of_people + _pairs(by_people), of_models + _pairs(by_models)
    counts, limits, beyond, codes = (np.concatenate(column) for column in zip(*found, strict=True))
    return _Beyond(distinct=distinct, of_people=of_people, of_models=of_models, counts=counts, limits=limits, rows=beyond, codes=codes)


def _in_common(marks: Marks, chosen: NDArray[np.bool_]) -> int:
    """How often two of the chosen rows have a mark in common."""
    parts = by_hash(marks.hashed, marks.count, MARKS_AT_A_TIME)
    return sum(_pairs(np.unique(names[chosen[rows]], return_counts=True)[1]) for rows, names in parts)


def collisions(counts: Places, rows: int) -> int:
    """How many marks two different rows have in common on average, in millionths: of openings and outlines, the chance of a collision."""
    return _per_pair(_pairs(counts), rows)


def _pairs(counts: Places) -> int:
    return int((counts * (counts - 1)).sum())


def _per_pair(in_common: int, rows: int) -> int:
    return in_common * _PAIRS // max(rows * (rows - 1), 1)


def _walked(found: _Beyond, keys: Hashes) -> dict[int, int]:
    """Row that leaves -> the mark that it is charged to. Only rows with a mark over its limit are walked; `keys` are those of the rows."""
    order = np.lexsort((found.codes, found.rows, keys))
    room = found.limits.tolist()
    gone: dict[int, int] = {}
    held: list[int] = []
    rows, codes = found.rows[order].tolist(), found.codes[order].tolist()
    for place, (row, code) in enumerate(zip(rows, codes, strict=True)):
        held.append(code)
        if place + 1 < len(rows) and rows[place + 1] == row:
            continue
        full = next((mark for mark in held if not room[mark]), None)
        if full is not None:
            gone[row] = full
        for mark in held if full is None else ():
            room[mark] -= 1
        held = []
    return gone


def _details(kind: str, counts: Places, limits: Places) -> Sequence[str]:
    pairs = zip(counts.tolist(), limits.tolist(), strict=True)
    return [f"{count} synthetic rows have this {kind}, at most {limit} may" for count, limit in pairs]
