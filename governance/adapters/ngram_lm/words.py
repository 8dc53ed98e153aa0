"""Words, and bytes for every word that is not known: so that any text has tokens and no byte is free."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

END_ID = 0
FIRST_BYTE, FIRST_WORD = 1, 257
PIECE = re.compile(r" ?\w+| ?[^\w\s]+|\s+")
"""A word, a run of signs or a run of white space; every character is in exactly one piece."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """Token 0 ends a text, 1..256 are bytes, the rest are words in order of frequency."""

    words: tuple[str, ...]
    numbers: dict[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if len(set(self.words)) != len(self.words) or "" in self.words:
            raise ValueError("words: a word is empty or occurs twice")
        object.__setattr__(self, "numbers", {word: number for number, word in enumerate(self.words, FIRST_WORD)})

    @property
    def size(self) -> int:
        """Tokens in all."""
        return FIRST_WORD + len(self.words)

    def encode(self, text: str) -> list[int]:
        """`decode(encode(text)) == text`, for any text."""
        tokens: list[int] = []
        for piece in PIECE.findall(text):
            number = self.numbers.get(piece)
            tokens += [number] if number is not None else [FIRST_BYTE + byte for byte in piece.encode()]
        return tokens

    def places(self, text: str) -> list[tuple[int, int]]:
        """Where each token of `encode(text)` begins and ends, in characters; the bytes of an unknown piece have all of it in common."""
        found: list[tuple[int, int]] = []
        for piece in PIECE.finditer(text):
            found += [piece.span()] * (1 if piece[0] in self.numbers else len(piece[0].encode()))
        return found

    def decode(self, tokens: Sequence[int]) -> str:
        """The text of tokens without an end token; bytes that are no UTF-8 become the replacement character."""
        parts = [bytes([t - FIRST_BYTE]) if t < FIRST_WORD else self.words[t - FIRST_WORD].encode() for t in tokens]
        return b"".join(parts).decode("utf-8", errors="replace")


def learn_words(texts: Iterable[str], vocabulary: int) -> Words:
    """The most frequent pieces that occur at least twice, as many as make `vocabulary` tokens in all; ties by the piece itself."""
    seen = Counter(piece for text in texts for piece in PIECE.findall(text))
    ranked = sorted((-count, piece) for piece, count in seen.items() if count > 1)
    return Words(words=tuple(piece for _, piece in ranked[: max(0, vocabulary - FIRST_WORD)]))
