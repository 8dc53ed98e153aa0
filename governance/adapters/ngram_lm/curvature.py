"""Likelihood curvature under the n-gram model: exact moments of its next-token distributions, without writing any of them out.

A context's distribution is a shorter context's, scaled, but for the tokens that were seen after it: so the moments of log-probability are
the shorter context's, scaled, and a correction for each of those tokens.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from governance.adapters.ngram_lm.counts import Counts, Floats, Ints, Table, contexts_of
from governance.provenance.hashing import ranges

Chances = Callable[[Ints, Ints], Floats]
"""(place of the context among those asked about, token) -> probability under the shorter context."""


def curvatures(counts: Counts, documents: Sequence[Sequence[int]]) -> Floats:
    """See `governance.ports.curvature`; one number a document."""
    before, last, here, owners = contexts_of(documents)
    contexts, places = np.unique(before * counts.vocabulary + last, return_inverse=True)
    means, squares = moments(counts, contexts)
    gains = np.log(counts.probabilities(before, last, here)) - means[places]
    spreads = np.maximum(squares - means**2, 0.0)[places]
    above = np.bincount(owners, weights=gains, minlength=len(documents))
    spread = np.bincount(owners, weights=spreads, minlength=len(documents))
    found: Floats = np.divide(above, np.sqrt(spread), out=np.full(len(documents), np.nan), where=spread > 0)
    return found


def moments(counts: Counts, contexts: Ints) -> tuple[Floats, Floats]:
    """The mean of log P and of (log P)^2 over every token after each context; a context is `before * vocabulary + last`, and all differ."""
    size, (one, two, three) = counts.vocabulary, counts.tables
    empty = Table(keys=one.keys[:0], counts=one.counts[:0])
    alone, pairs = replace(counts, tables=(one, empty, empty)), replace(counts, tables=(one, two, empty))
    lasts, behind = np.unique(contexts % size, return_inverse=True)
    flat = np.full(1, -np.log(size))
    nowhere = np.zeros(1, dtype=np.int64)
    found = _longer(one, nowhere, size, (flat, flat**2), lambda _, tokens: np.full(len(tokens), 1.0 / size))
    found = _longer(
        two, lasts, size, (found[0].repeat(len(lasts)), found[1].repeat(len(lasts))), lambda _, t: alone.probabilities(t * 0, t * 0, t)
    )
    return _longer(
        three, contexts, size, (found[0][behind], found[1][behind]), lambda c, t: pairs.probabilities(t * 0, contexts[c] % size, t)
    )


def _longer(table: Table, contexts: Ints, size: int, shorter: tuple[Floats, Floats], chances: Chances) -> tuple[Floats, Floats]:
    """Both moments after contexts of a table, from those after the same contexts cut by one token."""
    first, after = table.span(contexts, size)
    kinds = after - first
    running = np.concatenate([[0.0], np.cumsum(table.counts)])
    whole = np.maximum(running[after] - running[first] + kinds, 1e-300)
    part = np.where(kinds > 0, kinds / whole, 1.0)
    scale = np.log(part)
    mean, square = shorter
    owners, entries = np.repeat(np.arange(len(contexts)), kinds), ranges(first, kinds)
    faded = part[owners] * chances(owners, table.keys[entries] - contexts[owners] * size)
    mixed = table.counts[entries] / whole[owners] + faded
    gained = mixed * np.log(mixed) - faded * np.log(faded)
    gained_square = mixed * np.log(mixed) ** 2 - faded * np.log(faded) ** 2
    return (
        part * (scale + mean) + np.bincount(owners, weights=gained, minlength=len(contexts)),
        part * (scale**2 + 2 * scale * mean + square) + np.bincount(owners, weights=gained_square, minlength=len(contexts)),
    )
