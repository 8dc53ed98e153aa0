"""The n-gram model behind the port, and its checkpoint: counts as safetensors, words as JSON."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from governance.adapters.checkpoint_folder import check_folder, read_settings, write_folder
from governance.adapters.ngram_lm.counts import Counts, Floats, Ints, Table, contexts_of
from governance.adapters.ngram_lm.curvature import curvatures
from governance.adapters.ngram_lm.drawing import Inverse, Nucleus, coldest, nuclei
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
AT_ONCE = 64
"""Contexts whose distribution is worked out together: a megabyte of it for two thousand words."""
Context = tuple[int, int]
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
        spans = [tokens_of(places, word) for word in words]
        asked = sorted({at for span in spans for at in span})
        opened = np.array([END_ID, END_ID, *tokens], dtype=np.int64)
        likeliest = self.counts.distributions(opened[asked], opened[[at + 1 for at in asked]]).argmax(axis=1) if asked else ()
        right = {at: choice == tokens[at] for at, choice in zip(asked, likeliest, strict=True)}
        return tuple(len(span) > 0 and all(right[at] for at in span) for span in spans)

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, up to the end token; prompt number i draws its own numbers from (seed, i)."""
        if prompts and decoding.temperature == 1 and decoding.top_p == 1 and decoding.mark is None:
            return self._continue_honestly(prompts, decoding)
        return self._continue_together(prompts, decoding)

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

    def _continue_together(self, prompts: Sequence[str], decoding: Decoding) -> list[str]:
        """All prompts a token at a time: what a decoding leaves after two tokens is worked out for many contexts at once."""
        written = [[END_ID, END_ID, *self.words.encode(prompt)] for prompt in prompts]
        read = [len(tokens) for tokens in written]
        numbers = [uniforms(decoding.seed, number, decoding.max_new_tokens) for number in range(len(prompts))]
        kept: dict[Context, Nucleus] = {}
        going = list(range(len(prompts)))
        for place in range(decoding.max_new_tokens):
            met = self._nuclei([(written[number][-2], written[number][-1]) for number in going], decoding, kept)
            for number in going:
                tokens = written[number]
                tokens.append(met[tokens[-2], tokens[-1]].draw(float(numbers[number][place])))
            going = [number for number in going if written[number][-1] != END_ID]
            if not going:
                break
        return [self.words.decode(_until_end(np.array(tokens[start:]))) for tokens, start in zip(written, read, strict=True)]

    def _nuclei(self, contexts: Sequence[Context], decoding: Decoding, kept: dict[Context, Nucleus]) -> dict[Context, Nucleus]:
        """What the decoding leaves after each two tokens; the first contexts that were met are kept, because sharp texts return to them."""
        met = {context: kept[context] for context in contexts if context in kept}
        new = [context for context in dict.fromkeys(contexts) if context not in met]
        at_once = AT_ONCE if decoding.mark is None else 1
        for start in range(0, len(new), at_once):
            some = new[start : start + at_once]
            met.update(zip(some, self._left(np.array(some, dtype=np.int64), decoding), strict=True))
        kept.update((context, met[context]) for context in new[: MOST_KEPT - len(kept)])
        return met

    def _left(self, contexts: Ints, decoding: Decoding) -> list[Nucleus]:
        """A watermark favours other tokens after each last one, so its contexts come one at a time."""
        before, last = contexts.T
        favour = factors(decoding.mark, int(last[0]), self.words.size) if decoding.mark else None
        if decoding.temperature <= 0:
            chances = self.counts.distributions(before, last)
            return coldest(chances if favour is None else chances * favour)
        return nuclei(self.counts.sharpened(before, last, 1 / decoding.temperature), decoding.top_p, favour)


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
