"""What a probe asks of every model: the section [probe] of the policy."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ProbePlan:
    """The same prompts, draws and decoding for candidate, champion and baseline; readings of different plans are never compared.

    Draw `d` of prompt number `i` at any temperature is sampled with a seed derived from (cycle seed, temperature, d), the same for
    all three models. 375 prompts with 4 draws are the 1,500 samples that the starting margins were sized for (SCIENCE section 2).
    """

    temperatures: tuple[float, ...] = (0.7, 1.0)
    gate_temperature: float = 1.0
    """The temperature whose samples the gates read; must be one of `temperatures`. Sharper ones hide the tails."""
    samples_per_prompt: int = 4
    max_new_tokens: int = 64
    top_p: float = 1.0
    training_sample: int = 200
    """Documents scored from the candidate's own human training rows, for the train/human gap."""
    bootstrap_draws: int = 2000
    retrain_noise_percent: float = 0.4
    """Assumed sd, in percent of a reading, between two retrains that differ in seed alone: 0.3-0.4 on a tiny model (SCIENCE rule 3)."""
    minimum_slice_documents: int = 30
    """A slice with fewer source documents is too small to judge."""

    def __post_init__(self) -> None:
        if not self.temperatures or not all(0 < t <= 2 for t in self.temperatures):
            raise ValueError(f"temperatures: {self.temperatures} are not one or more numbers in (0, 2]")
        if len(set(self.temperatures)) != len(self.temperatures):
            raise ValueError(f"temperatures: {self.temperatures} holds one twice")
        if self.gate_temperature not in self.temperatures:
            raise ValueError(f"gate_temperature: {self.gate_temperature} is not one of temperatures {self.temperatures}")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p: {self.top_p} is not in (0, 1]")
        for name, least in (("samples_per_prompt", 1), ("max_new_tokens", 1), ("training_sample", 0), ("minimum_slice_documents", 2)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {least}")
        if not 200 <= self.bootstrap_draws <= 100_000:
            raise ValueError(f"bootstrap_draws: {self.bootstrap_draws} is not in 200..100000")
        if not 0 <= self.retrain_noise_percent <= 10:
            raise ValueError(f"retrain_noise_percent: {self.retrain_noise_percent} is not in 0..10")
