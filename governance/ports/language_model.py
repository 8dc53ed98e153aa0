"""A trained model as the platform sees it: it scores text in bits and writes text from prompts, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from governance.provenance.synthesis import DecodingRules
from governance.provenance.watermark import Mark

Span = tuple[int, int]
"""Where a word of a text begins and ends, in characters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """The surprise of one document: total bits over all its predicted tokens, and how many tokens those were.

    Every byte of the document is paid for: an opening token is predicted from the start-of-text token, long documents are cut into windows
    whose bits are added up. So bits per UTF-8 byte can be compared between models with different tokenizers.
    """

    bits: float
    tokens: int
    first_choices: tuple[bool, ...] = ()
    """For each word that was asked about, whether the model's first choice, token by token, writes the whole word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decoding:
    """How text is sampled. Temperature 1 with top_p 1 is the honest distribution; anything sharper is recorded and warned about."""

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 64
    seed: int = 0
    mark: Mark | None = None
    """The watermark that the text shall carry; it is preferred after temperature and top_p have had their say."""

    @property
    def sharpened(self) -> bool:
        """True where the decoding prefers the mode of the distribution to its tails."""
        return self.temperature < 1.0 or self.top_p < 1.0

    @classmethod
    def of(cls, rules: DecodingRules, *, seed: int, mark: Mark | None = None) -> "Decoding":
        """The decoding that a policy says."""
        return cls(temperature=rules.temperature, top_p=rules.top_p, max_new_tokens=rules.max_new_tokens, seed=seed, mark=mark)

    def document(self) -> dict[str, Any]:
        """The decoding as it is recorded, without the mark: its key is never shown."""
        settings = {name: getattr(self, name) for name in ("temperature", "top_p", "max_new_tokens", "seed")}
        return {**settings, "sharpened": self.sharpened}


class LanguageModel(Protocol):
    """What can be asked of a loaded checkpoint."""

    def score(self, texts: Sequence[str], words: Sequence[Sequence[Span]] = ()) -> Sequence[Score]:
        """One score per text, in order; the same to 1e-3 relative whatever the batching.

        `words` asks about words of each text, in the same pass: every token that a word has a part in must be the likeliest one after the
        true text before it. So the question is one of words, and not of tokens, whose number and borders are the tokenizer's.
        """

    def sample(self, prompts: Sequence[str], decoding: Decoding) -> Sequence[str]:
        """One continuation per prompt, in order, without the prompt; a function of (weights, prompts, decoding) alone."""

    def count_tokens(self, texts: Sequence[str]) -> Sequence[int]:
        """Tokens of each text in this model's own vocabulary, without start and end tokens."""
