"""The page of a version in the registry as it was written down: the description that a person reads, and the tags that programs read."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from governance.errors import UsageError

LONGEST_DESCRIPTION = 20_000
"""Characters. A table of gates with its sentences is some two thousand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What a version's page says. No description = nobody wrote down which one it should have."""

    description: str = ""
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))

    def document(self) -> dict[str, Any]:
        """The page as an event keeps it. Raises: UsageError for a description that no reviewer would read to its end."""
        if len(self.description) > LONGEST_DESCRIPTION:
            raise UsageError(
                f"a description of {len(self.description)} characters", where="registry page", expected=f"at most {LONGEST_DESCRIPTION}"
            )
        return {"description": self.description, "tags": dict(self.tags)}

    @classmethod
    def from_document(cls, document: Mapping[str, Any] | None) -> "Page | None":
        """None where an older version wrote no page down."""
        return cls(description=document["description"], tags=MappingProxyType(dict(document["tags"]))) if document else None
