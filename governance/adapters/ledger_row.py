"""A row of a ledger's table as the event that it keeps, whichever database the table is in."""

import json
from pathlib import Path
from typing import Any

from governance.errors import IntegrityError
from governance.release.ledger import Event


def event_of_row(row: tuple[Any, ...], place: str | Path) -> Event:
    """The event of (seq, previous, kind, actor, at, body, digest). Raises: IntegrityError where the body is no JSON object."""
    seq, previous, kind, actor, at, body, digest = row
    try:
        content = json.loads(body)
    except (TypeError, ValueError) as error:
        raise IntegrityError("the body is no JSON", where=f"{place}, ledger seq {seq}") from error
    if not isinstance(content, dict):
        raise IntegrityError("the body is no JSON object", where=f"{place}, ledger seq {seq}")
    return Event(seq=seq, previous=previous, kind=kind, actor=actor, at=at, body=content, digest=digest)
