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
from governance.adapters.ngram_lm.watermark import factors, green_after
from governance.adapters.ngram_lm.words import END_ID, Words
from governance.adapters.uniforms import uniforms
from governance.digest import read_document, write_document
from governance.errors import IntegrityError
from governance.ports.language_model import Decoding, Score
from governance.provenance.watermark import Greens, Mark, count_green

SCHEMA = "heirloom/ngram/1"
WEIGHTS, VOCABULARY = "model.safetensors", "vocabulary.json"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ngram:
    """Words and their counts; a pure function of both, without state."""

    words: Words
    counts: Counts

    def score(self, texts: Sequence[str]) -> Sequence[Score]:
        """Total bits per text: each token is predicted from the two before it, the first ones from the start of the text."""
        tokens = [self.words.encode(text) for text in texts]
        before, last, here, owners = contexts_of(tokens)
        bits = -np.log2(self.counts.probabilities(before, last, here))
        sums = np.bincount(owners, weights=bits, minlength=len(texts))
        return [Score(bits=float(total), tokens=len(t)) for total, t in zip(sums, tokens, strict=True)]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, up to the end token; prompt number i draws its own numbers from (seed, i)."""
        return [self._continue(prompt, decoding, number) for number, prompt in enumerate(prompts)]

    def greens(self, texts: Sequence[str], mark: Mark) -> Greens:
        """What a detector with the key counts in texts, by this model's tokens."""
        tokens = [self.words.encode(text) for text in texts]
        return count_green(tokens, lambda before: green_after(mark, before, self.words.size), mark)

    def curvatures(self, texts: Sequence[str]) -> Floats:
        return curvatures(self.counts, [self.words.encode(text) for text in texts])

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return [len(self.words.encode(text)) for text in texts]

    def _continue(self, prompt: str, decoding: Decoding, number: int) -> str:
        tokens = [END_ID, END_ID, *self.words.encode(prompt)]
        read = len(tokens)
        for uniform in uniforms(decoding.seed, number, decoding.max_new_tokens):
            chances = self.counts.distribution(tokens[-2], tokens[-1])
            favour = factors(decoding.mark, tokens[-1], self.words.size) if decoding.mark else None
            chosen = draw(chances, float(uniform), decoding, favour)
            if chosen == END_ID:
                break
            tokens.append(chosen)
        return self.words.decode(tokens[read:])


def draw(chances: npt.NDArray[np.float64], uniform: float, decoding: Decoding, favour: npt.NDArray[np.float64] | None = None) -> int:
    """One token by inverting the distribution function at `uniform`, after temperature and top_p; temperature 0 takes the likeliest.

    `favour` multiplies what these two left, token by token.
    """
    if decoding.temperature <= 0:
        return int((chances if favour is None else chances * favour).argmax())
    weights = chances if decoding.temperature == 1 else (chances / chances.max()) ** (1 / decoding.temperature)
    if decoding.top_p < 1:
        weights = weights / weights.sum()
        order = np.argsort(-weights, kind="stable")
        before = np.cumsum(weights[order]) - weights[order]
        weights = np.where(np.isin(np.arange(len(weights)), order[before < decoding.top_p]), weights, 0.0)
    mass = np.cumsum(weights if favour is None else weights * favour)
    return min(int(np.searchsorted(mass, uniform * mass[-1], side="right")), len(mass) - 1)


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
