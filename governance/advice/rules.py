"""How readily advice is given, and what an hour of people costs: the section [advice] of heirloom.toml. Nothing here decides anything."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AdviceRules:
    """Steps of the cap controller in percentage points, and the time that a person needs for a row."""

    stable_cycles: int = 4
    """So many passed cycles in a row under the present cap, without a decline, before a looser cap is proposed."""
    cut_points: int = 10
    """How far the cap is cut after a cycle whose tails declined; twice that after two in a row, and never more at once."""
    loosen_points: int = 5
    """How far it is loosened at once."""
    lowest_cap_percent: int = 5
    """Cuts stop here; below it the advice is human text only."""
    minutes_per_row: float | None = None
    """Minutes that writing or reading a row takes a person; without it, hours are not known."""

    def __post_init__(self) -> None:
        for name, low, high in (("stable_cycles", 2, 50), ("cut_points", 1, 25), ("loosen_points", 1, 10), ("lowest_cap_percent", 1, 50)):
            if not low <= getattr(self, name) <= high:
                raise ValueError(f"{name}: {getattr(self, name)} is not in {low}..{high}")
        if self.minutes_per_row is not None and not 0 < self.minutes_per_row <= 10_000:
            raise ValueError(f"minutes_per_row: {self.minutes_per_row} is not in (0, 10000]")
