"""A decoder behind the port: it scores text in bits and writes text from prompts."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from governance.adapters.torch_lm.checkpoint import load_decoder
from governance.adapters.torch_lm.sampling import sample_tokens
from governance.adapters.torch_lm.scoring import document_choices, document_curvatures, document_nats
from governance.adapters.torch_lm.tokenizer import TokenCounter, encode, encode_places
from governance.adapters.torch_lm.watermark import green_lists
from governance.adapters.word_spans import whole_words
from governance.ports.language_model import Decoding, Score, Span
from governance.provenance.laundering.signal import Floats
from governance.provenance.watermark import Greens, Mark, count_green

NATS_PER_BIT = 0.6931471805599453


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Decoder:
    """A loaded checkpoint on one device. `context` is the longest run of tokens that the model has positions for."""

    model: Any
    tokenizer: Any
    end: int
    context: int

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        """Total bits per text. A text longer than the context is cut into windows that do not overlap; each token is paid once.

        The first token of a text is predicted from the start-of-text token, the first of a later window from the last token before it.
        """
        if words:
            return self._score_words(texts, words)
        tokens = list(encode(self.tokenizer, texts))
        nats = document_nats(self.model, tokens, end=self.end, context=self.context)
        return [Score(bits=n / NATS_PER_BIT, tokens=len(t)) for n, t in zip(nats, tokens, strict=True)]

    def _score_words(self, texts: Sequence[str], words: Sequence[Sequence[Span]]) -> Sequence[Score]:
        placed = list(encode_places(self.tokenizer, texts))
        found = document_choices(self.model, [tokens for tokens, _ in placed], end=self.end, context=self.context)
        return [
            Score(bits=nats / NATS_PER_BIT, tokens=len(tokens), first_choices=whole_words(offsets, chosen, asked))
            for (tokens, offsets), (nats, chosen), asked in zip(placed, found, words, strict=True)
        ]

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, up to the end token; prompt number i draws its own numbers from (seed, i)."""
        tokens = list(encode(self.tokenizer, prompts))
        written = sample_tokens(self.model, tokens, decoding, end=self.end, context=self.context)
        return list(self.tokenizer.decode_batch(written, skip_special_tokens=True))

    def greens(self, texts: Sequence[str], mark: Mark) -> Greens:
        """What a detector with the key counts in texts, by this model's tokens."""
        return count_green(list(encode(self.tokenizer, texts)), green_lists(mark, self.model.config.vocab_size).after, mark)

    def curvatures(self, texts: Sequence[str]) -> Floats:
        """One number a text; a text longer than the context is cut as in `score`."""
        tokens = list(encode(self.tokenizer, texts))
        return np.array(document_curvatures(self.model, tokens, end=self.end, context=self.context), dtype=np.float64)

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        return TokenCounter(self.tokenizer)(texts)


def open_decoder(folder: Path) -> Decoder:
    """Load a checkpoint folder for scoring and sampling. Raises: IntegrityError naming the file that is not allowed or broken."""
    import torch

    model, tokenizer = load_decoder(folder)
    model.to("cuda" if torch.cuda.is_available() else "cpu")
    model.eval()
    model.requires_grad_(requires_grad=False)
    settings = model.config
    return Decoder(model=model, tokenizer=tokenizer, end=settings.eos_token_id, context=settings.max_position_embeddings)
