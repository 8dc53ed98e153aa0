"""What the filters on texts may take and must leave: the section [selection] of the policy."""

from dataclasses import dataclass

DROP, FLAG, REFUSE, REPORT = "drop", "flag", "refuse", "report"

_PERCENTAGES = {"survival_floor_percent": (0, 100), "rare_slice_percent": (0, 50), "looping_percent": (20, 100)}
_PERCENTAGES |= {"diversity_loss_percent": (1, 99), "diversity_alike_percent": (1, 99)}
_CHOICES = {
    "artefacts": (DROP, FLAG),
    "human_damage": (DROP, FLAG),
    "diversity": (DROP, REFUSE, REPORT),
    "own_success": (FLAG, DROP, REFUSE),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionRules:
    """Limits are whole numbers, so that every one is compared in integers."""

    survival_floor_percent: int = 50
    """Human rows and human tokens of a slice that all filters of choice together leave in, at least."""
    rare_slice_percent: int = 2
    """A slice is rare where it holds at most so many percent of the human rows of the batch and the anchors."""
    artefacts: str = DROP
    """Synthetic rows with an artefact (docs/selection.md): dropped, or flagged."""
    human_damage: str = FLAG
    """Human rows that are clearly damaged: flagged, or dropped as far as the survival floor lets them go."""
    looping_percent: int = 50
    """Runs of five words that a text held already, of all its runs, from which on it loops."""
    own_success: str = FLAG
    """Synthetic rows that were picked or weighted by how well they did: flagged, left out, or a reason to refuse the batch."""
    diversity: str = DROP
    """Synthetic rows of a generator in a slice that are less diverse than people's: left out, a reason to refuse the batch, or reported."""
    diversity_loss_percent: int = 25
    """Distinct 2-grams and 3-grams that such rows may lack, of people's at the same length."""
    diversity_alike_percent: int = 10
    """How much more often than two rows of people two such rows may open alike, and phrases be in another row too; in points."""
    frames_per_million_tokens: int = 30
    """Synthetic rows that may have one sentence frame; people's own rate, and `fewest_openings` of [mixing], may allow more."""
    outlines_per_million_tokens: int = 30
    """Synthetic rows that may have one outline, such as prose, number, prose; people's own rate, and `fewest_outlines`, may allow more."""
    fewest_outlines: int = 20
    """So many synthetic rows may share an outline however small the batch is: there are few outlines, and rows share one by chance."""

    def __post_init__(self) -> None:
        for name, (low, high) in _PERCENTAGES.items():
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not a percentage in {low}..{high}")
        for name in ("frames_per_million_tokens", "outlines_per_million_tokens", "fewest_outlines"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least 1")
        for name, choices in _CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name}: {getattr(self, name)!r} is none of {', '.join(choices)}")
