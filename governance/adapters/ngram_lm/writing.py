"""Many texts at once from an n-gram model at temperature 1, a token each per step: for drills that need whole corpora of model text."""

import numpy as np

from governance.adapters.ngram_lm.counts import Counts, Ints, Table
from governance.adapters.ngram_lm.words import END_ID


def write_texts(counts: Counts, texts: int, most_tokens: int, stream: np.random.Generator) -> list[Ints]:
    """So many texts from their beginning to their end token, or to `most_tokens`, without the end token.

    The distribution is that of `Counts.distribution`. Its mixture is drawn as it is written: from a context's own counts with chance
    total / (total + kinds), else from the shorter context's, and at last from all tokens alike. So a step is a few searches, whatever the
    vocabulary.
    """
    written = np.full((texts, most_tokens), END_ID, dtype=np.int64)
    running = [np.concatenate([[0.0], np.cumsum(table.counts)]) for table in counts.tables]
    before, last = np.full(texts, END_ID), np.full(texts, END_ID)
    going = np.arange(texts)
    for place in range(most_tokens):
        tokens = _next(counts, running, before[going], last[going], stream)
        written[going, place] = tokens
        before[going], last[going] = last[going], tokens
        going = going[tokens != END_ID]
        if not going.size:
            break
    return [row[: _length(row)] for row in written]


def _next(counts: Counts, running: list[np.ndarray], before: Ints, last: Ints, stream: np.random.Generator) -> Ints:
    size = counts.vocabulary
    tokens = stream.integers(0, size, len(last))
    undecided = np.arange(len(last))
    contexts = (before * size + last, last, np.zeros_like(last))
    for table, sums, context in zip(reversed(counts.tables), reversed(running), contexts, strict=True):
        drawn = _drawn(table, sums, context[undecided], size, stream.random(undecided.size))
        tokens[undecided] = np.where(drawn < 0, tokens[undecided], drawn)
        undecided = undecided[drawn < 0]
    return tokens


def _drawn(table: Table, sums: np.ndarray, contexts: Ints, size: int, uniforms: np.ndarray) -> Ints:
    """A token of each context's own counts, or -1 where the shorter context shall decide."""
    first, after = table.span(contexts, size)
    total, kinds = sums[after] - sums[first], after - first
    targets = uniforms * (total + kinds)
    own = targets < total
    entries = np.clip(np.searchsorted(sums, sums[first] + targets, side="right") - 1, first, np.maximum(after - 1, first))
    keys = table.keys[np.minimum(entries, max(len(table.keys) - 1, 0))] if len(table.keys) else np.zeros_like(contexts)
    return np.where(own, keys - contexts * size, -1)


def _length(row: Ints) -> int:
    ends = np.flatnonzero(row == END_ID)
    return int(ends[0]) if ends.size else len(row)
