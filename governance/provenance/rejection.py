"""Rejection sampling against people's text: of several drafts the one nearest to its human reference, never the one a model likes best.

R24: a line may improve on its own text only by rejection against human or gold labels. No model takes part in this choice; its own score
prefers the mode of its own distribution, which is the collapse that we guard against.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise

import numpy as np

from governance.provenance.hashing import Hashes
from governance.provenance.shingles import Shingles, shingles
from governance.provenance.synthesis import RejectionRules
from governance.provenance.words import read_words

PAIR, RUN = 2, 5
NO_REFERENCE, COPY, UNLIKE, BEATEN = "no-reference", "copy-of-reference", "unlike-reference", "another-was-nearer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """For each request the place of the draft that was accepted, None where none was; and why every other draft was not."""

    accepted: tuple[int | None, ...]
    rejected: Mapping[str, int]
    """Reason -> drafts."""

    @property
    def drafts_rejected(self) -> int:
        return sum(self.rejected.values())


def choose(drafts: Sequence[Sequence[str]], references: Sequence[str], rules: RejectionRules) -> Choice:
    """One draft at most for each request; `references` are texts of people, one a request.

    Similarity is F1 over distinct pairs of neighbouring words, 0 where either text has none. A draft that shares more than
    `most_copied_percent` of its runs of five words with the reference is its copy. Of equals the first is taken.
    """
    if rules.off:
        return Choice(accepted=tuple(0 for _ in drafts), rejected={})
    people, tries = _read(references), iter(_read([text for tried in drafts for text in tried]))
    accepted, reasons = list[int | None](), Counter[str]()
    for tried, reference in zip(drafts, people, strict=True):
        verdicts = [_judged(draft, reference, rules) for draft in islice(tries, len(tried))]
        accepted.append(_best(verdicts))
        reasons.update(said if isinstance(said, str) else BEATEN for place, said in enumerate(verdicts) if place != accepted[-1])
    return Choice(accepted=tuple(accepted), rejected=dict(sorted(reasons.items())))


def similarity(text: str, reference: str) -> float:
    """F1 over distinct pairs of neighbouring words."""
    one, other = _read([text, reference])
    return _f1(one.pairs, other.pairs)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Text:
    """Distinct hashes of a text's runs of two and of five words."""

    pairs: Hashes
    runs: Hashes


def _read(texts: Sequence[str]) -> list[_Text]:
    words = read_words(texts)
    pairs, runs = (_distinct(shingles(words, size)) for size in (PAIR, RUN))
    return [_Text(pairs=pair, runs=run) for pair, run in zip(pairs, runs, strict=True)]


def _distinct(found: Shingles) -> list[Hashes]:
    return [np.unique(found.hashes[first:after]) for first, after in pairwise(found.bounds.tolist())]


def _judged(draft: _Text, reference: _Text, rules: RejectionRules) -> float | str:
    """The similarity of a draft, or why it is out."""
    if not reference.pairs.size:
        return NO_REFERENCE
    if np.isin(draft.runs, reference.runs).sum() * 100 > rules.most_copied_percent * draft.runs.size:
        return COPY
    found = _f1(draft.pairs, reference.pairs)
    return UNLIKE if found * 100 < rules.least_percent else found


def _f1(one: Hashes, other: Hashes) -> float:
    together = one.size + other.size
    return 2 * float(np.isin(one, other).sum()) / together if together else 0.0


def _best(verdicts: Sequence[float | str]) -> int | None:
    """The place of the highest similarity, the first of equals."""
    able = [(-found, place) for place, found in enumerate(verdicts) if not isinstance(found, str)]
    return min(able)[1] if able else None
