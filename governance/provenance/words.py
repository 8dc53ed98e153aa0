"""Texts as runs of word hashes: what duplicates, overlaps and openings are counted in.

A word is a run of letters, digits, marks and underscores, in lower case and NFKC; in scripts that are written without spaces every
letter is a word. Punctuation, markup and emoji are between the words, so an edit of those alone makes no new text.
"""

import re
import sys
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from governance.provenance.hashing import Hashes, Places, mixed, ranges, segment_hashes
from governance.provenance.kernels import NUMPY, Flags, Kernels

CountTokens = Callable[[Sequence[str]], Sequence[int]]
"""Texts -> tokens of each, in order, as some model or somebody without one counts them; it can be sent to another process."""

CHUNK_CHARACTERS = 60_000
"""So that the numbers of a chunk stay in a core's own cache: 1 << 20 costs one and a half times the CPU."""
MARKUP = (
    r"(?i)</?(?:a|abbr|b|big|blockquote|br|button|caption|center|cite|code|col|colgroup|dd|del|details|div|dl|dt|em|embed|figcaption|figure"
    r"|font|footer|form|h[1-6]|header|hr|i|iframe|img|input|ins|label|li|link|main|meta|nav|ol|p|param|pre|script|section|small|span|strike"
    r"|strong|style|sub|summary|sup|svg|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|video)(?:\s[^<>]{0,2000})?/?>|&(?:nbsp|#160|#xa0);"
)
"""Tags of HTML and hard spaces. Only names of HTML: what stands between angle brackets in code and in prose is text."""
_MARKUP = re.compile(MARKUP)
_ASCII = 128
_BETWEEN, _INSIDE, _ALONE = 0, 1, 2
_UNSPACED = ((0x0E00, 0x0EFF), (0x1000, 0x109F), (0x1780, 0x17FF), (0x3040, 0x30FF), (0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x3FFFF))
"""Thai, Lao, Burmese, Khmer, kana and Chinese characters (blocks of the Unicode standard)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Word hashes of texts, one text after the other: text i owns `ids[bounds[i]:bounds[i + 1]]`."""

    ids: Hashes
    bounds: Places

    def __post_init__(self) -> None:
        if self.bounds.size < 1 or self.bounds[0] != 0 or self.bounds[-1] != self.ids.size:
            raise ValueError("bounds do not cover the words")

    @property
    def texts(self) -> int:
        return int(self.bounds.size) - 1

    @property
    def lengths(self) -> Places:
        """Words of each text."""
        return np.diff(self.bounds)

    def packed(self) -> "Words":
        return self

    def take(self, places: Places) -> "Words":
        """The words of chosen texts, in the order of `places`; a text may be taken more than once."""
        if places.size and (np.diff(places) == 1).all():
            edges = self.bounds[places[0] : places[-1] + 2]
            return Words(ids=self.ids[edges[0] : edges[-1]], bounds=edges - edges[0])
        lengths = self.lengths[places]
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
        return Words(ids=self.ids[ranges(self.bounds[:-1][places], lengths)], bounds=bounds)

    def heads(self, lengths: Places) -> "Words":
        """The first words of each text: so many, which are no more than it has."""
        bounds = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(lengths)))
        return Words(ids=self.ids[ranges(self.bounds[:-1], lengths)], bounds=bounds)

    def followed_by(self, other: "Words") -> "Words":
        """The words of these texts and then of others."""
        bounds = np.concatenate((self.bounds, other.bounds[1:] + self.bounds[-1]))
        return Words(ids=np.concatenate((self.ids, other.ids)), bounds=bounds)

    def chunks(self, words: int) -> Iterator[tuple[int, "Words"]]:
        """(place of the first text, words) of consecutive texts, about so many words at a time and at least one text."""
        first = 0
        while first < self.texts:
            last = max(first + 1, int(np.searchsorted(self.bounds, self.bounds[first] + words, side="right")) - 1)
            low, high = int(self.bounds[first]), int(self.bounds[last])
            yield first, Words(ids=self.ids[low:high], bounds=self.bounds[first : last + 1] - low)
            first = last


class AnyWords(Protocol):
    """Words of texts that lie in memory or in a file: what is asked of either before some of them are packed together."""

    @property
    def texts(self) -> int: ...

    @property
    def lengths(self) -> Places:
        """Words of each text."""

    def take(self, places: Places) -> "AnyWords":
        """The words of chosen texts, in the order of `places`; a text may be taken more than once."""

    def packed(self) -> Words:
        """All of them in memory, one text after the other."""

    def chunks(self, words: int) -> Iterator[tuple[int, Words]]:
        """(place of the first text, words) of consecutive texts, about so many words at a time and at least one text."""


def read_words(texts: Sequence[str], kernels: Kernels = NUMPY) -> Words:
    """The words of texts; memory beyond the result is bounded by the longest text."""
    parts: list[Hashes] = []
    counts: list[Places] = []
    for chunk in _chunks(texts):
        ids, per_text = _read_chunk(chunk, kernels)
        parts.append(ids)
        counts.append(per_text)
    lengths = np.concatenate([np.zeros(1, dtype=np.int64), *counts])
    return Words(ids=np.concatenate([np.zeros(0, dtype=np.uint64), *parts]), bounds=np.cumsum(lengths))


def _chunks(texts: Sequence[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    characters = 0
    for text in texts:
        if chunk and characters + len(text) > CHUNK_CHARACTERS:
            yield chunk
            chunk, characters = [], 0
        chunk.append(_plain(text))
        characters += len(text) + 1
    if chunk:
        yield chunk


def _plain(text: str) -> str:
    if "<" in text or "&" in text:
        text = _MARKUP.sub(" ", text)
    return text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).lower()


def _read_chunk(texts: list[str], kernels: Kernels) -> tuple[Hashes, Places]:
    """Word hashes of a chunk and the number of words of each text; every text ends in a line break, which is in no word."""
    values = _values()
    joined = "\n".join(texts) + "\n"
    text_ends = np.cumsum(np.fromiter((len(text) + 1 for text in texts), dtype=np.int64, count=len(texts)))
    if joined.isascii():
        return kernels.plain_words(joined.encode(), text_ends, _inside_ascii(), values[:256])
    codes = np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
    kinds = _classes()[codes]
    starts, ends = _word_edges(kinds)
    before = np.searchsorted(starts, text_ends)
    return segment_hashes(values[codes], starts, ends), np.diff(before, prepend=0)


def _word_edges(kinds: NDArray[np.uint8]) -> tuple[Places, Places]:
    held = np.concatenate((np.zeros(1, dtype=np.uint8), kinds, np.zeros(1, dtype=np.uint8)))
    left, right = held[:-1], held[1:]
    cut = (left != right) | (right == _ALONE)
    starts = np.flatnonzero(cut & (right != _BETWEEN))
    ends = np.flatnonzero(cut & (left != _BETWEEN))
    return starts, ends


@lru_cache(maxsize=1)
def _inside_ascii() -> Flags:
    """For every byte whether it stands inside a word; a byte that is no ASCII does not occur. No ASCII character is a word alone."""
    return np.array([_in_word(chr(code)) for code in range(_ASCII)] + [False] * _ASCII, dtype=np.uint8)


@lru_cache(maxsize=1)
def _values() -> Hashes:
    """For every code point a random-looking value."""
    return mixed(np.arange(sys.maxunicode + 1, dtype=np.uint64))


@lru_cache(maxsize=1)
def _classes() -> NDArray[np.uint8]:
    """For every code point its class: it takes a moment to make, and texts of ASCII alone never ask for it."""
    classes = np.zeros(sys.maxunicode + 1, dtype=np.uint8)
    inside = [code for code in range(0x40000) if _in_word(chr(code))]
    classes[inside] = _INSIDE
    for low, high in _UNSPACED:
        classes[low : high + 1] *= _ALONE
    return classes


def _in_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.category(character)[0] == "M"
