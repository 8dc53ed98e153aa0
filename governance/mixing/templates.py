"""Templates: openings, sentence frames and outlines that too much model text has. They are thinned, and never among people's rows.

An opening is the first words of a row, a frame the first words of a later sentence (transition phrases are frames), an outline the order of
kinds of lines (prose, number, prose: a listicle).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from governance.mixing.findings import Findings
from governance.mixing.rules import MixRules
from governance.mixing.selection_rules import SelectionRules
from governance.mixing.sieve import Sieve
from governance.provenance.hashing import Hashes, Places
from governance.provenance.shingles import openings
from governance.provenance.words import AnyWords

OPENING, FRAME, OUTLINE = ("opening", "frame", "outline")
_TOKENS_PER_RATE = 1_000_000
_PAIRS = 1_000_000
_WORDS_AT_A_TIME = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Row `rows[i]` has mark `codes[i]`, each pair once, sorted by row; codes are numbers from 0 without gaps."""

    kind: str
    rows: Places
    codes: Places

    @property
    def count(self) -> int:
        return int(self.codes.max(initial=-1)) + 1


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
        rows = np.flatnonzero(opens)
        return _marks(kind, rows, opens[rows])
    if kind == FRAME:
        frames = sieve.those(found.frames)
        return _marks(kind, frames["at"].to_numpy(), frames["frame"].to_numpy())
    outlined = sieve.those(found.outlines)
    return _marks(kind, outlined["at"].to_numpy(), outlined["outline"].rank("dense").to_numpy().astype(np.uint64))


def _marks(kind: str, rows: Places, names: Hashes) -> Marks:
    _, codes = np.unique(names, return_inverse=True)
    return Marks(kind=kind, rows=rows, codes=codes.astype(np.int64))


def _thinned(sieve: Sieve, marks: Marks, per_million: int, fewest: int, seed: int) -> tuple[Sieve, Mapping[str, int]]:
    human = sieve.human.to_numpy()
    tokens = sieve.column("tokens").to_numpy()
    of_people = human[marks.rows]
    by_people, of_models = (np.bincount(marks.codes[part], minlength=marks.count) for part in (of_people, ~of_people))
    human_tokens, synthetic_tokens = int(tokens[human].sum()), int(tokens[~human].sum())
    as_people_do = -(-by_people * synthetic_tokens // max(human_tokens, 1))
    limits = np.maximum(as_people_do, max(per_million * (human_tokens + synthetic_tokens) // _TOKENS_PER_RATE, fewest))
    asked = np.flatnonzero((of_models > limits)[marks.codes] & ~of_people)
    rows, owners = np.unique(marks.rows[asked], return_inverse=True)
    gone = _beyond(marks, asked, limits, sieve.keys(rows, seed)[owners])
    leaves = np.array(sorted(gone), dtype=np.int64)
    left = np.bincount(marks.codes[~of_people & ~np.isin(marks.rows, leaves)], minlength=marks.count)
    document = {
        "distinct": marks.count,
        "over_limit": int((of_models > limits).sum()),
        "human": collisions(by_people, int(human.sum())),
        "synthetic": collisions(of_models, int((~human).sum())),
        "left": collisions(left, int((~human).sum()) - leaves.size),
    }
    charged = [gone[place] for place in leaves.tolist()]
    return sieve.without(leaves, f"template-{marks.kind}", _details(marks.kind, of_models[charged], limits[charged])), document


def collisions(counts: Places, rows: int) -> int:
    """How many marks two different rows have in common on average, in millionths: of openings and outlines, the chance of a collision."""
    return int((counts * (counts - 1)).sum()) * _PAIRS // max(rows * (rows - 1), 1)


def _beyond(marks: Marks, asked: Places, limits: Places, keys: Hashes) -> dict[int, int]:
    """Row that leaves -> the mark that it is charged to. Only rows with a mark over its limit are walked: `asked` are the places of their
    pairs, and `keys` those of the rows.
    """
    order = asked[np.lexsort((marks.codes[asked], marks.rows[asked], keys))]
    room = limits.tolist()
    gone: dict[int, int] = {}
    held: list[int] = []
    rows, codes = marks.rows[order].tolist(), marks.codes[order].tolist()
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
