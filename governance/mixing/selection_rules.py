"""What the filters on texts may take and must leave: the section [selection] of the policy."""

from dataclasses import dataclass

_PERCENTAGES = {"survival_floor_percent": (0, 100), "rare_slice_percent": (0, 50)}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRules:
    """Limits are whole numbers, so that every one is compared in integers."""

    survival_floor_percent: int = 50
    """Human rows and human tokens of a slice that all filters of choice together leave in, at least."""
    rare_slice_percent: int = 2
    """A slice is rare where it holds at most so many percent of the human rows of the batch and the anchors."""

    def __post_init__(self) -> None:
        for name, (low, high) in _PERCENTAGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not a percentage in {low}..{high}")
