"""What a benchmark is held to once a cycle began with it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Pin:
    """The sha256 of a benchmark's file, and the columns that hold its texts."""

    sha256: str
    columns: tuple[str, ...]
