"""What of its own line went into a candidate, and which releases therefore descend from one that was recalled."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Kinship:
    """`start` is the version whose weights it started from, None for fresh ones; `authors` are those that wrote rows of its mix.

    `recalled` are the quarantined versions whose words its cycle barred: every one of then.
    """

    start: int | None
    authors: tuple[int, ...]
    recalled: tuple[int, ...]

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "Kinship | None":
        """What a `candidate.registered` event says; None where an older version said nothing."""
        if not document:
            return None
        return cls(start=document["start"], authors=tuple(document["authors"]), recalled=tuple(document["recalled"]))

    def document(self) -> dict[str, Any]:
        return {"start": self.start, "authors": list(self.authors), "recalled": list(self.recalled)}


Parents = Mapping[int, Sequence[int]]


def descended(parents: Parents, ancestors: Iterable[int]) -> frozenset[int]:
    """Every version that comes from one of the ancestors, at whatever distance, through weights or rows; the ancestors apart."""
    first = frozenset(ancestors)
    reached, found = first, set[int]()
    while reached:
        reached = frozenset(version for version, above in parents.items() if version not in found and not reached.isdisjoint(above))
        found |= reached
    return frozenset(found - first)


def way_to(parents: Parents, version: int, ancestors: Iterable[int]) -> tuple[int, ...]:
    """The shortest way from a version to the nearest of the ancestors, both ends in it; empty where it comes from none of them."""
    ways: list[tuple[int, ...]] = [(version,)]
    wanted, seen = frozenset(ancestors), {version}
    for way in ways:
        for parent in parents.get(way[-1], ()):
            if parent in wanted:
                return (*way, parent)
            if parent not in seen:
                seen.add(parent)
                ways.append((*way, parent))
    return ()
