"""Byte-level BPE, learnt from given texts alone: any text can be written in it, and no byte is lost."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from governance.errors import IntegrityError

END = "<|endoftext|>"
END_ID = 0
SLICE = 2000
"""Texts encoded at a time, to bound memory."""


def learn_tokenizer(texts: Sequence[str], vocabulary: int) -> Any:
    """A `tokenizers.Tokenizer` of at most this many tokens; token 0 opens and ends every document. The same texts give the same bytes."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocabulary,
        min_frequency=2,
        special_tokens=[END],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer


def save_tokenizer(tokenizer: Any, folder: Path) -> None:
    """Write tokenizer.json and its settings, as `transformers` reads them."""
    from transformers import PreTrainedTokenizerFast

    PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token=END, eos_token=END).save_pretrained(str(folder))


def load_tokenizer(folder: Path) -> Any:
    """The tokenizer of a checked checkpoint, special tokens in texts taken for plain characters.

    Raises: IntegrityError where tokenizer.json is missing or broken.
    """
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    try:
        tokenizer = Tokenizer.from_file(str(path))
    except Exception as error:  # the library raises bare Exception
        raise IntegrityError(f"cannot be read as a tokenizer: {error}", where=str(path)) from error
    return _plain(tokenizer)


def _plain(tokenizer: Any) -> Any:
    tokenizer.encode_special_tokens = True
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


def encode(tokenizer: Any, texts: Sequence[str]) -> Iterator[list[int]]:
    """Token ids of each text in order, without start and end tokens."""
    return (encoding.ids for encoding in _encodings(tokenizer, texts))


def _encodings(tokenizer: Any, texts: Sequence[str]) -> Iterator[Any]:
    for first in range(0, len(texts), SLICE):
        yield from tokenizer.encode_batch_fast(list(texts[first : first + SLICE]), add_special_tokens=False)


def encode_places(tokenizer: Any, texts: Sequence[str]) -> Iterator[tuple[list[int], list[tuple[int, int]]]]:
    """Token ids of each text and where each token begins and ends in it, in characters; a character of several tokens is in all of them."""
    for first in range(0, len(texts), SLICE):
        for encoding in tokenizer.encode_batch(list(texts[first : first + SLICE]), add_special_tokens=False):
            yield encoding.ids, encoding.offsets


@dataclass(frozen=True, slots=True, eq=False)
class TokenCounter:
    """Tokens of each text, without start and end tokens; in another process too, to which a tokenizer by itself does not bring that
    special tokens in texts are plain characters.
    """

    tokenizer: Any

    def __call__(self, texts: Sequence[str]) -> list[int]:
        return [len(encoding) for encoding in _encodings(self.tokenizer, texts)]

    def __reduce__(self) -> tuple[Any, ...]:
        return _counter, (self.tokenizer.to_str(),)


def _counter(said: str) -> TokenCounter:
    from tokenizers import Tokenizer

    return TokenCounter(_plain(Tokenizer.from_str(said)))
