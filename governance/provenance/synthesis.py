"""How model text may be made and how it is remembered: the section [synthesis] of the policy (docs/synthesis.md)."""

from dataclasses import dataclass, field

from governance.provenance.watermark import Mark

FEWEST_HASHES = 1_000
"""A smaller sample says little about any text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EmissionLimits:
    """How many hashes the emission ledger keeps at most: of runs of words, and of whole rows.

    A million words of fresh text are about a million runs, and 8 bytes each. Beyond the limit every second hash is kept, and so on.
    """

    runs: int = 4_000_000
    rows: int = 500_000

    def __post_init__(self) -> None:
        for name in ("runs", "rows"):
            if getattr(self, name) < FEWEST_HASHES:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {FEWEST_HASHES}")


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodingRules:
    """The decoding that every teacher writes with; there is no other place to set it.

    Temperature 1 with top-p 1 is the model's own distribution. Sharper decoding costs tails (+6.6 to +11 % tail perplexity where
    temperature 1 costs +1.7 to +3.7 %: SCIENCE section 4), so it runs only where this section says so, and then it is warned about and
    recorded.
    """

    temperature: float = 1.0
    top_p: float = 1.0
    max_new_tokens: int = 96

    def __post_init__(self) -> None:
        if not 0 < self.temperature <= 2:
            raise ValueError(f"temperature: {self.temperature} is not in (0, 2]")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: {self.top_p} is not in (0, 1]")
        if self.max_new_tokens < 1:
            raise ValueError(f"max_new_tokens: {self.max_new_tokens} is not at least 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptRules:
    """What a teacher may be asked. It goes on from the first words of a human row; what the mix keeps human is never asked for."""

    slices: tuple[str, ...] = ()
    """Slices that may be asked for; empty permits all."""
    tasks: tuple[str, ...] = ()
    """Tasks that may be asked for; empty permits all."""
    opening_words: int = 4
    human_percent: int = 35
    """Share of the sentences of a hybrid that come from its human parent."""
    most_rows_percent: int = 100
    """Rows asked for, in percent of the human rows that they open like, at most."""
    instruction: str = "Continue this text in its own language and style. Answer with the continuation alone.\n\n{opening}"
    """What a chat endpoint is told; other generators go on from the opening as it stands."""

    def __post_init__(self) -> None:
        if self.opening_words < 1:
            raise ValueError(f"opening_words: {self.opening_words} is not at least 1")
        if not 1 <= self.human_percent <= 99:
            raise ValueError(f"human_percent: {self.human_percent} is not a percentage in 1..99")
        if "{opening}" not in self.instruction:
            raise ValueError("instruction: has no place for {opening}")
        if not 0 <= self.most_rows_percent <= 1000:
            raise ValueError(f"most_rows_percent: {self.most_rows_percent} is not a percentage in 0..1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class WatermarkRules:
    """How text is marked where there is a key; `required` refuses to write without one. Share and bias are those of `Mark`."""

    required: bool = False
    green_percent: int = 25
    bias: float = 2.0

    def __post_init__(self) -> None:
        Mark(key=1, green_percent=self.green_percent, bias=self.bias)


HUMAN_REFERENCE = "human-reference"


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectionRules:
    """How many drafts a prompt gets, and by what one of them is chosen: nearness to people's text, and nothing else (R24)."""

    candidates: int = 1
    choose_by: str = HUMAN_REFERENCE
    least_percent: int = 0
    """Similarity to the reference that a draft must have."""
    most_copied_percent: int = 50
    """Runs of five words that it may share with the reference: beyond that it is a copy."""

    def __post_init__(self) -> None:
        if self.choose_by != HUMAN_REFERENCE:
            raise ValueError(
                f"choose_by: {self.choose_by!r} would let a model's own score choose; only {HUMAN_REFERENCE!r} is allowed"
                " (R24: self-improvement only by rejection sampling against human or gold labels)"
            )
        for name, least, most in (("candidates", 1, 64), ("least_percent", 0, 100), ("most_copied_percent", 0, 100)):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name}: {getattr(self, name)} is not in {least}..{most}")

    @property
    def off(self) -> bool:
        """True where every draft becomes a row."""
        return self.candidates == 1 and self.least_percent == 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SynthesisRules:
    """What every text that a model of ours writes is held to."""

    decoding: DecodingRules = field(default_factory=DecodingRules)
    prompts: PromptRules = field(default_factory=PromptRules)
    rejection: RejectionRules = field(default_factory=RejectionRules)
    watermark: WatermarkRules = field(default_factory=WatermarkRules)
    emissions: EmissionLimits = field(default_factory=EmissionLimits)
    endpoints: tuple[str, ...] = ()
    """Addresses that a teacher may be asked at, such as `https://host/v1`: openings of human rows go there. Empty: none."""
