"""Which words of the locked documents are asked about: rare ones, chosen from the texts alone and by no tokenizer."""

from collections import Counter
from collections.abc import Sequence

from governance.collapse.words import WORD

RARE_IN = 2
"""A word is rare that is in at most so many of the documents."""
SHORTEST = 3
MOST_PER_DOCUMENT = 12


def rare_word_spans(texts: Sequence[str]) -> list[list[tuple[int, int]]]:
    """For each text, where its rare words begin and end, in characters: the first place of each of the first twelve.

    The first word of a text is never asked about, since nothing stands before it. Upper and lower case count as one word.
    """
    found = [[(match.group().casefold(), match.span()) for match in WORD.finditer(text)] for text in texts]
    held = Counter(word for words in found for word in {word for word, _ in words})
    return [_first_places(words[1:], held) for words in found]


def _first_places(words: Sequence[tuple[str, tuple[int, int]]], held: Counter[str]) -> list[tuple[int, int]]:
    places: dict[str, tuple[int, int]] = {}
    for word, span in words:
        if held[word] <= RARE_IN and len(word) >= SHORTEST and any(map(str.isalpha, word)):
            places.setdefault(word, span)
    return list(places.values())[:MOST_PER_DOCUMENT]
