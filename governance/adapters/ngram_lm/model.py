"""The n-gram model behind the port, and its checkpoint: counts as safetensors, words as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from governance.adapters.checkpoint_folder import check_folder, read_settings, write_folder
from governance.adapters.ngram_lm.counts import Counts, Floats, Table, contexts_of
from governance.adapters.ngram_lm.curvature import curvatures
from governance.adapters.ngram_lm.drawing import Inverse, Nucleus, nucleus
from governance.adapters.ngram_lm.watermark import factors, green_after
from governance.adapters.ngram_lm.words import END_ID, Words
from governance.adapters.uniforms import uniforms
from governance.adapters.word_spans import tokens_of
from governance.digest import read_document, write_document
from governance.errors import IntegrityError
from governance.ports.language_model import Decoding, Score, Span
from governance.provenance.watermark import Greens, Mark, count_green

SCHEMA = "heirloom/ngram/1"
MOST_KEPT = 1_024
"""Contexts whose distribution is kept while texts are written: tens of megabytes at most."""
WEIGHTS, VOCABULARY = "model.safetensors", "vocabulary.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ngram:
    """Words and their counts; a pure function of both, without state."""

    words: Words
    counts: Counts

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        """Total bits per text: each token is predicted from the two before it, the first ones from the start of the text."""
        tokens = [self.words.encode(text) for text in texts]
        before, last, here, owners = contexts_of(tokens)
        bits = -np.log2(self.counts.probabilities(before, last, here))
        sums = np.bincount(owners, weights=bits, minlength=len(texts))
        chosen = [self._first_choices(*asked) for asked in zip(texts, tokens, words, strict=True)] if words else [()] * len(texts)
        return [Score(bits=float(b), tokens=len(t), first_choices=c) for b, t, c in zip(sums, tokens, chosen, strict=True)]

    def _first_choices(self, text: str, tokens: Sequence[int], words: Sequence[Span]) -> tuple[bool, ...]:
        places = self.words.places(text)
        opened = [END_ID, END_ID, *tokens]
        return tuple(
            len(asked) > 0 and all(self.counts.distribution(*opened[at : at + 2]).argmax() == tokens[at] for at in asked)
            for asked in (tokens_of(places, word) for word in words)
        )

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, up to the end token; prompt number i draws its own numbers from (seed, i)."""
        if prompts and decoding.temperature == 1 and decoding.top_p == 1 and decoding.mark is None:
            return self._continue_honestly(prompts, decoding)
        kept: dict[tuple[int, int], Nucleus] = {}
        return [self._continue(prompt, decoding, number, kept) for number, prompt in enumerate(prompts)]

    def greens(self, texts: Sequence[str], mark: Mark) -> Greens:
        """What a detector with the key counts in texts, by this model's tokens."""
        tokens = [self.words.encode(text) for text in texts]
        return count_green(tokens, lambda before: green_after(mark, before, self.words.size), mark)

    def curvatures(self, texts: Sequence[str]) -> Floats:
        return curvatures(self.counts, [self.words.encode(text) for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(self.words.encode(text)) for text in texts]

    def _continue_honestly(self, prompts: Sequence[str], decoding: Decoding) -> list[str]:
        """All prompts a token at a time: at temperature 1 and with no mark nothing but the distribution function is needed."""
        read = [[END_ID, END_ID, *self.words.encode(prompt)] for prompt in prompts]
        numbers = np.array([uniforms(decoding.seed, number, decoding.max_new_tokens) for number in range(len(prompts))])
        before, last = (np.array([tokens[place] for tokens in read], dtype=np.int64) for place in (-2, -1))
        written = np.full((len(prompts), decoding.max_new_tokens), END_ID, dtype=np.int64)
        inverse, going = Inverse(counts=self.counts), np.arange(len(prompts))
        for place in range(decoding.max_new_tokens):
            tokens = inverse.tokens(before[going], last[going], numbers[going, place])
            written[going, place] = tokens
            before[going], last[going] = last[going], tokens
            going = going[tokens != END_ID]
            if not going.size:
                break
        return [self.words.decode(_until_end(row)) for row in written]

    def _continue(self, prompt: str, decoding: Decoding, number: int, kept: dict[tuple[int, int], Nucleus]) -> str:
        tokens = [END_ID, END_ID, *self.words.encode(prompt)]
        read = len(tokens)
        for uniform in uniforms(decoding.seed, number, decoding.max_new_tokens):
            chosen = self._nucleus((tokens[-2], tokens[-1]), decoding, kept).draw(float(uniform))
            if chosen == END_ID:
                break
            tokens.append(chosen)
        return self.words.decode(tokens[read:])

    def _nucleus(self, context: tuple[int, int], decoding: Decoding, kept: dict[tuple[int, int], Nucleus]) -> Nucleus:
        """What the decoding leaves after two tokens; the first contexts that were met are kept, because sharp texts return to them."""
        if context in kept:
            return kept[context]
        favour = factors(decoding.mark, context[1], self.words.size) if decoding.mark else None
        found = nucleus(self.counts.distribution(*context), decoding, favour)
        if len(kept) < MOST_KEPT:
            kept[context] = found
        return found


def _until_end(row: npt.NDArray[np.int64]) -> list[int]:
    ends = np.flatnonzero(row == END_ID)
    return [int(token) for token in (row[: ends[0]] if ends.size else row)]


def save_ngram(words: Words, counts: Counts, folder: Path) -> None:
    """Write a checkpoint, whole or not at all."""
    from safetensors.numpy import save_file

    def fill(partial: Path) -> None:
        arrays: dict[str, npt.NDArray[Any]] = {}
        for order, table in enumerate(counts.tables, 1):
            arrays[f"keys_{order}"], arrays[f"counts_{order}"] = np.ascontiguousarray(table.keys), np.ascontiguousarray(table.counts)
        save_file(arrays, partial / WEIGHTS)
        write_document(partial / VOCABULARY, {"words": list(words.words)})
        write_document(partial / "config.json", {"schema": SCHEMA, "vocabulary": words.size})

    write_folder(folder, fill)


def open_ngram(folder: Path) -> Ngram:
    """Load a checkpoint folder.

    Raises: IntegrityError naming the file: anything but safetensors and JSON, or content that is no n-gram model.
    """
    check_folder(folder)
    if read_settings(folder).get("schema") != SCHEMA:
        raise IntegrityError("is no n-gram model", where=str(folder / "config.json"), expected=f"schema {SCHEMA}")
    try:
        words = Words(words=tuple(read_document(folder / VOCABULARY)["words"]))
    except (KeyError, TypeError, ValueError) as error:
        raise IntegrityError(f"is no list of words: {error}", where=str(folder / VOCABULARY)) from error
    return Ngram(words=words, counts=_read_counts(folder / WEIGHTS, words.size))


def _read_counts(path: Path, vocabulary: int) -> Counts:
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays = load_file(path)
        one, two, three = (Table(keys=arrays[f"keys_{order}"], counts=arrays[f"counts_{order}"]) for order in (1, 2, 3))
    except (OSError, KeyError, SafetensorError) as error:
        raise IntegrityError(f"cannot be read as counts: {error}", where=str(path)) from error
    for order, table in enumerate((one, two, three), 1):
        if table.keys.shape != table.counts.shape or not np.isfinite(table.counts).all() or (np.diff(table.keys) <= 0).any():
            raise IntegrityError(f"counts of order {order} are broken", where=str(path))
    return Counts(vocabulary=vocabulary, tables=(one, two, three))
