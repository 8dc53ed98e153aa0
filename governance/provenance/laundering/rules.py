"""What the policy makes of an estimated gap: the section [laundering]."""

from dataclasses import dataclass

BLOCK, REPORT, REFUSE = "block", "report", "refuse"


@dataclass(frozen=True, slots=True, kw_only=True)
class LaunderingRules:
    """Limits in whole percent. No setting lets a detector drop or relabel a row: doubtful rows wait for a person."""

    gap: str = BLOCK
    """What a gap that is surely beyond `max_gap_percent` does: `block` stops the batch before training, `report` shows it."""
    not_identifiable: str = REPORT
    """What a batch does whose share cannot be told: `report` shows it, `refuse` waits until a person changes the policy or the batch."""
    max_gap_percent: int = 10
    """Rows of a group that may turn out to be model text beyond what was declared, in percent of the group's rows."""
    widest_half_width_percent: int = 15
    """An interval wider than this either way says nothing: the answer is then `not-identifiable`."""
    min_youden_percent: int = 40
    """True-positive rate less false-positive rate that a detector surely keeps for one more generator, at its best line, to be believed:
    with less, 1,000 rows do not give a half-width of 0.08 (docs/laundering.md)."""
    min_rows: int = 100
    """Rows of a group that claim to be human, below which no share is estimated."""
    min_references: int = 100
    """Pinned human rows of a domain, below which a detector's false alarms are not known."""
    min_generators: int = 4
    """Held-out generators below which the spread of the true-positive rate is not known."""
    doubt_per_thousand: int = 10
    """False alarms among human rows that one signal may raise, in a thousand: what makes a row doubtful."""
    queue_limit: int = 1_000
    """Doubtful rows that one cycle puts into the queue, strongest first; the rest is counted (attack A30)."""
    rows_scored: int = 20_000
    """Rows that are looked at, chosen by the hash of their ids, so that the audit of ten million rows costs what this one costs."""
    curvature_rows: int = 300
    """Rows of each kind that known teachers read for the likelihood curvature: 0 leaves it unmeasured, where a pass costs too much."""
    relabel_alarm_percent: int = 1
    """Rows of a batch that may have been relabelled towards human before the audit raises the alarm."""

    def __post_init__(self) -> None:
        if self.gap not in (BLOCK, REPORT):
            raise ValueError(f"gap: {self.gap!r} is neither 'block' nor 'report'")
        if self.not_identifiable not in (REFUSE, REPORT):
            raise ValueError(f"not_identifiable: {self.not_identifiable!r} is neither 'refuse' nor 'report'")
        for name in ("max_gap_percent", "widest_half_width_percent", "min_youden_percent"):
            if not 0 < getattr(self, name) < 100:
                raise ValueError(f"{name}: {getattr(self, name)} is not in 1..99")
        for name, least in (("min_rows", 20), ("min_references", 30), ("min_generators", 3), ("queue_limit", 1), ("rows_scored", 100)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {least}")
        if self.curvature_rows < 0:
            raise ValueError(f"curvature_rows: {self.curvature_rows} is negative")
        if not 1 <= self.doubt_per_thousand <= 100:
            raise ValueError(f"doubt_per_thousand: {self.doubt_per_thousand} is not in 1..100")
        if not 0 <= self.relabel_alarm_percent <= 100:
            raise ValueError(f"relabel_alarm_percent: {self.relabel_alarm_percent} is not in 0..100")
