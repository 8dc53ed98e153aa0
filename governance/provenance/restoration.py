"""How much of a hybrid row its human editor gave back, read so that small edits prove nothing: words, passages and tail words of the
machine draft that survive, each counted against the editor where it is in doubt.

Three readings of one row, each a share of its own words that may still be the draft's; the worst of them counts.
- words: the word stands anywhere in the draft, in any order, or no human text that we know has it (a misspelling, a look-alike letter).
- passages: the word is part of a run of three words of the draft, or of a stretch too short to be a passage between two such runs.
- tail: of the words that are rare in human text, those that were in the draft, or that nobody human is known to have written.
So punctuation, letter case, spacing, invisible characters and word order change nothing, a swapped word here and there nothing either,
and words that are only swapped everywhere leave the rest of the draft counted.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, mixed
from governance.provenance.shingles import shingles
from governance.provenance.words import Words, read_words

WHOLE = 1000
"""Weights and readings are thousandths, rounded up: a row of weight 1000 counts as synthetic in full."""
RUN_WORDS = 3
PASSAGE_WORDS = 8
"""Fewer new words than this between two surviving runs are no passage; eight words is what overlaps with pinned texts are counted in."""
STEM_CHARACTERS = 5
"""Words are compared by their first characters, so that an ending or a spelling variant makes no new word."""
COMMON_PERCENT = 90
"""Tail words are known to the reference, and outside its most frequent words that make up this percentage of it."""
FEWEST_TAIL_WORDS = 5
"""A row with fewer tail words than this proves nothing about the tail."""

Mask = NDArray[np.bool_]

_LETTER = "[0-9A-Za-z_\u00c0-\u052f]"
_ENDINGS = re.compile(rf"({_LETTER}{{{STEM_CHARACTERS}}}){_LETTER}+")
"""Latin, Greek and Cyrillic letters: scripts whose words have endings and stand apart."""
_OWNER_STEP = np.uint64(0x9E3779B97F4A7C15)


@dataclass(frozen=True, slots=True, kw_only=True)
class HumanReference:
    """The words of trusted human texts: `known` are sorted, `rare` says of each whether it is one of the tail."""

    known: Hashes
    rare: Mask

    @classmethod
    def of(cls, texts: Sequence[str]) -> "HumanReference":
        """The reference that these texts are."""
        known, counts = np.unique(stems(texts).ids, return_counts=True)
        order = np.lexsort((known, -counts))
        before = np.cumsum(counts[order]) - counts[order]
        rare = np.empty(known.size, dtype=np.bool_)
        rare[order] = before * 100 >= COMMON_PERCENT * int(counts.sum())
        return cls(known=known, rare=rare)

    def places(self, words: Hashes) -> tuple[Places, Mask]:
        """(place of each word among the known ones, whether it is there at all)."""
        place = np.minimum(np.searchsorted(self.known, words), max(self.known.size - 1, 0))
        return place, (self.known[place] == words if self.known.size else np.zeros(words.size, dtype=np.bool_))


@dataclass(frozen=True, slots=True, kw_only=True)
class Restorations:
    """What survives of the draft in each of some rows, as counts of the row's words: `tail_kept[i]` of `tail[i]` tail words, and so on.

    `runs[i]` are the words that lie in a run of the draft: without them the row was not made from it.
    """

    words: Places
    words_kept: Places
    runs: Places
    passages_kept: Places
    tail: Places
    tail_kept: Places

    @property
    def readings(self) -> dict[str, Places]:
        """Reading -> thousandths of each row that may still be the draft's, rounded up."""
        tail = np.where(self.tail >= FEWEST_TAIL_WORDS, _thousandths(self.tail_kept, self.tail), WHOLE)
        return {
            "words": _thousandths(self.words_kept, self.words),
            "passages": _thousandths(self.passages_kept, self.words),
            "tail": tail,
        }

    @property
    def weights(self) -> Places:
        """The worst reading of each row."""
        worst: Places = np.max(np.stack(list(self.readings.values())), axis=0)
        return worst


def restorations(rows: Sequence[str], drafts: Sequence[str], originals: Sequence[str], reference: HumanReference) -> Restorations:
    """Read rows against their drafts; `originals` are the human texts that each row names as its parents, empty where it names none."""
    words, machine, human = stems(rows), stems(drafts), stems(originals)
    owners = np.repeat(np.arange(words.texts), words.lengths)
    mine = _owned(words.ids, owners)
    place, known = reference.places(words.ids)
    known |= np.isin(mine, _owned(human.ids, np.repeat(np.arange(human.texts), human.lengths)))
    in_draft = np.isin(mine, _owned(machine.ids, np.repeat(np.arange(machine.texts), machine.lengths)))
    kept = in_draft | ~known
    runs = _in_runs(words, machine)
    closed = _closed(runs, words)
    rare = ~known | (reference.rare[place] if reference.rare.size else True)
    return Restorations(
        words=words.lengths,
        words_kept=_counted(kept, owners, words.texts),
        runs=_counted(runs, owners, words.texts),
        passages_kept=_counted(closed, owners, words.texts),
        tail=_counted(rare, owners, words.texts),
        tail_kept=_counted(rare & kept, owners, words.texts),
    )


def stems(texts: Sequence[str]) -> Words:
    """The words of texts by their first characters, without marks and characters that do not show."""
    return read_words([_ENDINGS.sub(r"\1", _bare(text)) for text in texts])


def _bare(text: str) -> str:
    if text.isascii():
        return text
    split = unicodedata.normalize("NFKD", text)
    return "".join(c for c in split if unicodedata.category(c) not in {"Mn", "Cf"})


def _owned(ids: Hashes, owners: Places) -> Hashes:
    """Words that are equal only where they are the same word of the same text."""
    return mixed(ids + owners.astype(np.uint64) * _OWNER_STEP)


def _in_runs(words: Words, drafts: Words) -> Mask:
    """Words that lie in a run of `RUN_WORDS` words of the draft."""
    mine, theirs = shingles(words, RUN_WORDS), shingles(drafts, RUN_WORDS)
    shared = np.isin(_owned(mine.hashes, mine.owners), _owned(theirs.hashes, theirs.owners))
    offsets = np.arange(mine.hashes.size) - mine.bounds[:-1][mine.owners]
    starts = (words.bounds[:-1][mine.owners] + offsets)[shared]
    found = np.zeros(words.ids.size, dtype=np.bool_)
    for offset in range(RUN_WORDS):
        found[starts + offset] = True
    return found


def _closed(runs: Mask, words: Words) -> Mask:
    """The same with every stretch of fewer than `PASSAGE_WORDS` other words filled in, at the ends of a text too."""
    owners = np.repeat(np.arange(words.texts), words.lengths)
    if not runs.size:
        return runs
    fresh = np.ones(runs.size, dtype=np.bool_)
    fresh[1:] = (runs[1:] != runs[:-1]) | (owners[1:] != owners[:-1])
    stretch = np.cumsum(fresh) - 1
    short: Mask = np.bincount(stretch)[stretch] < PASSAGE_WORDS
    return runs | short


def _counted(mask: Mask, owners: Places, texts: int) -> Places:
    return np.bincount(owners[mask], minlength=texts)


def _thousandths(part: Places, whole: Places) -> Places:
    """A part of a whole in thousandths, rounded up; all of it where there is nothing to count."""
    return np.where(whole > 0, -(-part * WHOLE // np.maximum(whole, 1)), WHOLE)
