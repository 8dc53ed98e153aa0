"""Who teaches whom, and how: the section [training] of the policy."""

from dataclasses import dataclass, field

from governance.training.recipe import Recipe

START_BASE, START_CHAMPION = "base", "champion"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingRules:
    """A cycle starts from the pre-synthetic checkpoint (`base`) or from what serves now (`champion`), and one trainer does the work."""

    start: str = START_CHAMPION
    trainer: str = "transformers"
    recipe: Recipe = field(default_factory=Recipe)
    preference_tuned: bool = False
    """Whether the base, or the model that was adopted, was tuned on preferences (RLHF, DPO and the like): said in every decision."""

    def __post_init__(self) -> None:
        if self.start not in (START_BASE, START_CHAMPION):
            raise ValueError(f"start: {self.start!r} is neither 'base' nor 'champion'")
        if not self.trainer:
            raise ValueError("trainer: '' names no trainer")
