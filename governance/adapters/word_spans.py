"""From tokens to words: which words of a text a model would have written by itself."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from governance.ports.language_model import Span


def tokens_of(offsets: Sequence[Span], word: Span) -> range:
    """The places of the tokens that a word has a part in; offsets are those of a text's tokens, in order."""
    starts, ends = np.array(offsets, dtype=np.int64).reshape(-1, 2).T
    return range(int(np.searchsorted(ends, word[0], side="right")), int(np.searchsorted(starts, word[1], side="left")))


def whole_words(offsets: Sequence[Span], chosen: npt.NDArray[np.bool_], words: Sequence[Span]) -> tuple[bool, ...]:
    """For each word, whether all its tokens were chosen; a word that no token covers was not written."""
    places = [tokens_of(offsets, word) for word in words]
    return tuple(len(place) > 0 and bool(chosen[place.start : place.stop].all()) for place in places)
