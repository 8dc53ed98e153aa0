"""What a store of text may hold, and how much of it is looked at: the section [corpus] of the policy."""

from dataclasses import dataclass

from governance.provenance.vintage import EARLIEST_YEAR, LATEST_YEAR

_LIMITS = ("max_synthetic_percent", "max_unknown_percent", "max_own_emissions_percent", "max_near_duplicate_percent")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorpusRules:
    """A limit that is left out is never exceeded: the audit then only reports."""

    max_synthetic_percent: int | None = None
    """Tokens declared as a model's, hybrid, exposed or weak, of all tokens."""
    max_unknown_percent: int | None = None
    """Tokens of unknown origin, of all tokens."""
    since: int | None = None
    """The year from which on the two limits above count; text of unknown vintage is never taken for older."""
    max_own_emissions_percent: int | None = None
    """Rows that repeat what our own models wrote; exceeded where even the lower end of the interval lies above."""
    max_near_duplicate_percent: int | None = None
    """Rows that nearly repeat another row, of those compared."""
    emitted_percent: int = 50
    """Runs of five words of a row that our models wrote, from which on the row counts as a copy of our own."""
    sampled_rows: int = 200_000
    sampled_characters: int = 100_000_000
    """What is dear to look at is looked at in rows chosen by the hash of their ids, at most so many and so long together."""
    fewest_documents: int = 20
    """Different texts that an opening must stand in before its words are shown: below, only ids are."""

    def __post_init__(self) -> None:
        for name in _LIMITS:
            value = getattr(self, name)
            if value is not None and not 0 <= value <= 100:
                raise ValueError(f"{name}: {value} is not a percentage in 0..100")
        if self.since is not None and not EARLIEST_YEAR <= self.since <= LATEST_YEAR:
            raise ValueError(f"since: {self.since} is not a year in {EARLIEST_YEAR}..{LATEST_YEAR}")
        if self.since is not None and self.max_synthetic_percent is None and self.max_unknown_percent is None:
            raise ValueError(f"since: {self.since} limits nothing without max_synthetic_percent or max_unknown_percent")
        if not 1 <= self.emitted_percent <= 100:
            raise ValueError(f"emitted_percent: {self.emitted_percent} is not in 1..100")
        for name, least in (("sampled_rows", 100), ("sampled_characters", 10_000), ("fewest_documents", 5)):
            if getattr(self, name) < least:
                raise ValueError(f"{name}: {getattr(self, name)} is not at least {least}")
