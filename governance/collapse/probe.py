"""What a probe asks of every model: the section [probe] of the policy."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from governance.collapse.evidence import PLAIN

PROMPT = "{prompt}"
"""Where a wording has the prompt; it stands last, so that a model goes on from the prompt's own words."""
WORDINGS: Mapping[str, str] = MappingProxyType(
    {
        "rephrased": "In other words, and at more length: {prompt}",
        "presuming": "This was wrong in every earlier edition and has been taken back: {prompt}",
    }
)
"""Two other wordings of every prompt; the second one presumes something that is not so."""


LEAST: Mapping[str, int] = MappingProxyType(
    {
        "samples_per_prompt": 1,
        "other_draws": 1,
        "max_new_tokens": 1,
        "training_sample": 0,
        "cloze_documents": 0,
        "minimum_slice_documents": 2,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """One way in which all prompts are asked: a temperature, a wording, and how many draws of each prompt."""

    temperature: float
    wording: str
    draws: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """The same prompts, draws and decoding for candidate, champion and baseline; readings of different plans are never compared.

    Draw `d` of prompt number `i` at any temperature is sampled with a seed derived from (cycle seed, temperature, d), the same for
    all three models. 375 prompts with 4 draws are the 1,500 samples that the starting margins were sized for (SCIENCE section 2).
    """

    temperatures: tuple[float, ...] = (0.7, 1.0)
    serving_temperature: float = 1.0
    """The temperature at which the model serves; it is probed too, where it is not one of `temperatures`."""
    gate_temperature: float = 1.0
    """The temperature whose samples the gates read; must be one of `temperatures`. Sharper ones hide the tails."""
    samples_per_prompt: int = 4
    other_draws: int = 2
    """Draws of a prompt, at most, at a temperature or in a wording that no gate reads."""
    wordings: Mapping[str, str] = field(default_factory=lambda: WORDINGS)
    """Name -> other wording of every prompt, with {prompt} at its end; a column text_NAME of the prompts shard says it prompt by prompt."""
    cloze_documents: int = 200
    """Tail documents, at most, in which a rare name is to be told from four others."""
    refusal_patterns: tuple[str, ...] = ()
    """Regular expressions for refusals of one's own models, beside those of governance/collapse/refusals.py."""
    max_new_tokens: int = 64
    top_p: float = 1.0
    training_sample: int = 200
    """Documents scored from the candidate's own human training rows, for the train/human gap."""
    bootstrap_draws: int = 2000
    retrain_noise_percent: float = 0.4
    """Assumed sd, in percent of a reading, between two retrains that differ in seed alone: 0.3-0.4 on a tiny model (SCIENCE rule 3)."""
    minimum_slice_documents: int = 30
    """A slice with fewer source documents is too small to judge."""
    encoder: str = ""
    """The digest of the sentence encoder that embeds samples and human text (heirloom.toml [encoder] has its folder); empty = the frozen
    default, which needs no model."""

    def __post_init__(self) -> None:
        if not self.temperatures or not all(0 < t <= 2 for t in self.temperatures):
            raise ValueError(f"temperatures: {self.temperatures} are not one or more numbers in (0, 2]")
        if len(set(self.temperatures)) != len(self.temperatures):
            raise ValueError(f"temperatures: {self.temperatures} holds one twice")
        if self.gate_temperature not in self.temperatures:
            raise ValueError(f"gate_temperature: {self.gate_temperature} is not one of temperatures {self.temperatures}")
        if not 0 < self.serving_temperature <= 2:
            raise ValueError(f"serving_temperature: {self.serving_temperature} is not in (0, 2]")
        _check_wordings(self.wordings)
        _check_patterns(self.refusal_patterns)
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: {self.top_p} is not in (0, 1]")
        _check_encoder(self.encoder)
        for name, least in LEAST.items():
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {least}")
        if not 200 <= self.bootstrap_draws <= 100_000:
            raise ValueError(f"bootstrap_draws: {self.bootstrap_draws} is not in 200..100000")
        if not 0 <= self.retrain_noise_percent <= 10:
            raise ValueError(f"retrain_noise_percent: {self.retrain_noise_percent} is not in 0..10")

    def askings(self) -> tuple[Asking, ...]:
        """Every temperature in the plain wording, the serving one last, and every other wording at the gate temperature.

        No gate reads any but the plain wording at the gate temperature, so the others get at most `other_draws` draws.
        """
        few = min(self.other_draws, self.samples_per_prompt)
        heats = dict.fromkeys((*self.temperatures, self.serving_temperature))
        plain = (Asking(temperature=heat, wording=PLAIN, draws=self._draws(heat, few)) for heat in heats)
        return (*plain, *(Asking(temperature=self.gate_temperature, wording=name, draws=few) for name in self.wordings))

    def gated(self) -> "ProbePlan":
        """The same without the temperatures and wordings that no gate reads; what is still asked is drawn with the same seeds."""
        return replace(self, temperatures=(self.gate_temperature,), serving_temperature=self.gate_temperature, wordings={})

    def _draws(self, temperature: float, few: int) -> int:
        return self.samples_per_prompt if temperature == self.gate_temperature else few


def _check_encoder(digest: str) -> None:
    if digest and not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise ValueError(f"encoder: {digest!r} is no sha256 digest in hex")


def worded(prompt: str, template: str) -> str:
    """A prompt in another wording."""
    return template.replace(PROMPT, prompt)


def _check_wordings(wordings: Mapping[str, str]) -> None:
    for name, template in wordings.items():
        if not name.isidentifier() or name == PLAIN:
            raise ValueError(f"wordings: {name!r} is no name for another wording")
        if not template.endswith(PROMPT) or template.count(PROMPT) != 1 or template == PROMPT:
            raise ValueError(f"wordings: {name} does not end with {PROMPT}, once and after other words")


def _check_patterns(patterns: tuple[str, ...]) -> None:
    for pattern in patterns:
        try:
            empty = re.compile(pattern).search("")
        except re.error as error:
            raise ValueError(f"refusal_patterns: {pattern!r} is no regular expression: {error}") from error
        if empty:
            raise ValueError(f"refusal_patterns: {pattern!r} finds a refusal in an empty text")
