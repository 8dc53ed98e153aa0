"""What a metric is: one file with one constant `METRIC`, a frozen value with a name and the function that takes the reading."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from governance.collapse.drawn import Drawn, draws_of
from governance.collapse.evidence import PLAIN, Evidence, Unmeasured
from governance.collapse.intervals import Comparison
from governance.collapse.noise import Noise, assumed
from governance.collapse.probe import ProbePlan
from governance.collapse.samples import Samples


class Better(StrEnum):
    """Where a good model is. Diversity is two-sided: garbage is diverse."""

    LOWER = "lower"
    HIGHER = "higher"
    TWO_SIDED = "two-sided"


class Kind(StrEnum):
    """How a reading is resampled: by source document (perplexity, or questions answered by likelihood), or by prompt (a statistic of the
    set, or of its distance to human text, both without refusals and at equal budgets; or of the samples as they were written).
    """

    PAIRED_DOCUMENTS = "paired-documents"
    QUESTIONS = "questions"
    SAMPLED_SET = "sampled-set"
    DISTRIBUTION = "distribution"
    WRITTEN = "written"

    @property
    def of_samples(self) -> bool:
        """Whether the reading is of samples, and so has another value at another temperature."""
        return self not in (Kind.PAIRED_DOCUMENTS, Kind.QUESTIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Everything a metric may look at: the evidence, its samples at equal word budgets, the plan that made them and a seed."""

    evidence: Evidence
    samples: Samples | Unmeasured
    plan: ProbePlan
    seed: int
    temperature: float | None = None
    """Of the samples; None is the one that gates read."""
    wording: str = PLAIN

    def drawn(self) -> Drawn | Unmeasured:
        """The samples as they were written, refusals among them."""
        heat = self.plan.gate_temperature if self.temperature is None else self.temperature
        return draws_of(self.evidence, heat, self.wording)

    pooled: Noise | None = None
    """Retrain noise of the metric at hand from human-only controls, where there are enough of them."""

    @property
    def noise(self) -> Noise:
        """What retraining alone moves the metric at hand by: pooled over controls, else the value that the policy assumes."""
        return self.pooled or assumed(self.plan.retrain_noise_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a metric says of each model, and of the candidate against each reference: a number, or why there is none."""

    values: Mapping[str, float | Unmeasured]
    against: Mapping[str, Comparison | Unmeasured]
    units: int
    """Independent units that the candidate was read on: source documents, or prompts."""
    slices: Mapping[str, Comparison | Unmeasured] = field(default_factory=lambda: MappingProxyType({}))
    """Against the baseline, where the metric is one of documents."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """A plug-in: `METRIC` in governance/collapse/metrics/NAME.py. `measure` is a pure function and reads no text but the evidence's."""

    name: str
    title: str
    unit: str
    better: Better
    kind: Kind
    measure: Callable[[Case], Reading]

    def __post_init__(self) -> None:
        if not self.name.isidentifier():
            raise ValueError(f"name: {self.name!r} is not an identifier")
